"""What is remembered of each camera: a shelf that stands still is not looked at again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.naming.memory import LastLook, Memory
from detector.pipeline import Detector, FrameToSee
from tests.unit.detector.detector_rig import BrightThings, MeanColours, naming_by_colour, seeing_bright_things, shelf

RED, BLUE, GREEN = (30, 30, 250), (250, 40, 30), (40, 230, 40)
Image = NDArray[np.uint8]


class Watched:
    """A detector, how often its networks ran, and a gallery of red and blue."""

    def __init__(self, budget_s: float = 1.0) -> None:
        self.colours = MeanColours()
        self.detector: Detector
        self.network: BrightThings
        self.detector, self.network = seeing_bright_things(naming_by_colour(self.colours, budget_s=budget_s))
        looks = [self.detector.look_of(shelf(colour)[120:220, 40:100]) for colour in (RED, BLUE)]
        self.gallery = gallery_of([Reference("red", "r"), Reference("blue", "b")], looks)
        self.colours.pictures = 0

    def look(self, image: Image, before: LastLook | None, gallery: Gallery | None = None) -> LastLook:
        return self.detector.see_next(image, gallery or self.gallery, before)


def _noisy(image: Image, seed: int) -> Image:
    noise = np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def _names(seen: LastLook) -> dict[int, str]:
    """Product by place from the left."""
    facings = seen.facings.select(seen.rows)
    lefts = facings.boxes_xyxy[:, 0] // 80
    return {
        int(left): facings.gtins[row[0]] for left, row in zip(lefts, facings.candidates, strict=True) if row[0] >= 0
    }


def test_a_frame_without_change_is_not_looked_at() -> None:
    """Noise and a darker room change nothing: neither network runs, and the facings stay."""
    watched = Watched()
    first = watched.look(shelf(RED, BLUE, RED), None)
    runs, pictures = watched.network.runs, watched.colours.pictures
    second = watched.look(_noisy(shelf(RED, BLUE, RED), 1), first)
    third = watched.look(np.asarray(shelf(RED, BLUE, RED) * 0.9, np.uint8), second)
    assert (watched.network.runs, watched.colours.pictures) == (runs, pictures)
    assert third.facings is first.facings
    assert _names(third) == {0: "red", 1: "blue", 2: "red"}


def test_only_the_facing_that_changed_is_looked_at() -> None:
    """Of three packs one is swapped: the network for names sees that one alone, and the others keep theirs."""
    watched = Watched()
    first = watched.look(shelf(RED, BLUE, RED), None)
    watched.colours.pictures = 0
    second = watched.look(shelf(RED, RED, RED), first)
    assert watched.colours.pictures == 1
    assert _names(second) == {0: "red", 1: "red", 2: "red"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from([RED, BLUE, GREEN]), min_size=1, max_size=5), min_size=1, max_size=6))
def test_what_is_remembered_changes_no_answer(shelves: list[list[tuple[int, int, int]]]) -> None:
    """Whatever stood there before, a frame is seen as if it were the first."""
    watched = Watched()
    seen: LastLook | None = None
    for number, colours in enumerate(shelves):
        image = _noisy(shelf(*colours), number)
        seen = watched.look(image, seen)
        alone = watched.look(image, None)
        assert _names(seen) == _names(alone)
        assert np.allclose(seen.facings.boxes_xyxy, alone.facings.boxes_xyxy, atol=4)


def test_another_gallery_names_everything_anew() -> None:
    """A product that is added is found on a shelf where nothing moved."""
    watched = Watched()
    first = watched.look(shelf(RED, GREEN), None)
    assert _names(first) == {0: "red"}
    looks = [*watched.gallery.looks, watched.detector.look_of(shelf(GREEN)[120:220, 40:100])]
    larger = gallery_of([*watched.gallery.references, Reference("green", "g")], looks)
    assert _names(watched.look(shelf(RED, GREEN), first, larger)) == {0: "red", 1: "green"}


def test_prints_that_were_not_compared_are_compared_with_the_next_frame() -> None:
    """Where a budget ended before all was done, the next frame goes on though nothing moved."""
    watched = Watched(budget_s=0.0)
    first = watched.look(shelf(RED, GREEN), None)
    assert not first.named.compared.all()
    watched.colours.pictures = 0
    watched.look(shelf(RED, GREEN), first)
    assert watched.colours.pictures == int((~first.named.compared).sum())


def test_nothing_is_believed_for_ever() -> None:
    """After an hour of frames a minute without change, one is looked at all the same."""
    watched = Watched()
    seen = watched.look(shelf(RED), None)
    runs = watched.network.runs
    for _ in range(61):
        seen = watched.look(shelf(RED), seen)
    assert watched.network.runs == runs + 1


@pytest.mark.parametrize("most", [0, 1, 3])
def test_memory_is_bounded(most: int) -> None:
    """The cameras seen longest ago are forgotten."""
    memory, seen = Memory(most), Watched().look(shelf(RED), None)
    for number in range(5):
        memory.keep(f"c{number}", replace(seen, repeats=number))
    known = [number for number in range(5) if memory.recall(f"c{number}") is not None]
    assert known == list(range(5 - most, 5))


@pytest.mark.parametrize("most_at_once", [1, 2, 8])
def test_frames_of_one_size_are_looked_at_together(most_at_once: int) -> None:
    """Five frames of two sizes, one of which nothing moved in, are seen as each by itself, in their order."""
    together, network = seeing_bright_things(most_at_once=most_at_once)
    alone, _ = seeing_bright_things()
    wide = [shelf(RED, BLUE), shelf(GREEN), shelf(BLUE, BLUE, RED)]
    small = [shelf(RED, size_wh=(320, 256)), shelf(RED, GREEN, size_wh=(320, 256))]
    images = [wide[0], small[0], wide[1], small[1], wide[2]]
    # Every camera is known: how far away its packs are need not be found out.
    shown = [wide[1] if image is wide[1] else image[::-1] for image in images]
    frames = [
        FrameToSee(image, Gallery(), together.see_next(before, Gallery(), None))
        for image, before in zip(images, shown, strict=True)
    ]
    network.runs = 0
    for image, seen in zip(images, together.see_batch(frames), strict=True):
        assert np.array_equal(seen.facings.boxes_xyxy, alone.see(image).boxes_xyxy)
    assert network.runs == 2 * -(-2 // most_at_once)


def test_slow_changes_add_up() -> None:
    """A pack that fades into another one over many frames, each hardly other than the one before, is named anew."""
    watched = Watched()
    red, blue = shelf(RED).astype(np.float32), shelf(BLUE).astype(np.float32)
    seen = watched.look(shelf(RED), None)
    for step in np.linspace(0, 1, 80):
        seen = watched.look(np.asarray(red + (blue - red) * step, np.uint8), seen)
    assert _names(seen) == {0: "blue"}


def test_slow_changes_add_up_while_prints_are_left_to_compare() -> None:
    """A budget that never suffices keeps nothing from being looked at after sixty frames."""
    watched = Watched(budget_s=0.0)
    seen = watched.look(shelf(GREEN), None)
    runs = watched.network.runs
    for _ in range(61):
        seen = watched.look(shelf(GREEN), seen)
    assert watched.network.runs == runs + 1


def test_a_facing_is_named_again_though_only_others_move() -> None:
    """Somebody moves in every frame: what stands still beside it is named anew after sixty of them."""
    watched = Watched()
    seen = watched.look(shelf(RED, GREEN), None)
    watched.colours.pictures = 0
    for number in range(1, 62):
        seen = watched.look(shelf(RED, *([BLUE] if number % 2 else [GREEN])), seen)
    assert watched.colours.pictures == 61 + 1
