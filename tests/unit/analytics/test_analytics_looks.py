"""What a slot looks like in a frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.looking.observe import Appearance, observe, visible
from detector.contract import FacingKind, Facings
from ingest.contract import Visibility
from tests.unit.analytics.analytics_shelf import GTINS, SETTINGS, SIZE_WH, SLOTS, bay, facings

BAY = bay()
LOOKS = st.sampled_from(["full", "partial", "gap", "wrong"])


def looks_of(shown: dict[int, str], grid: Visibility | None = None) -> list[Appearance | None]:
    return observe(BAY, facings(shown), SIZE_WH, grid, SETTINGS.look).named()


@given(st.dictionaries(st.integers(0, len(SLOTS) - 1), LOOKS))
def test_each_slot_looks_as_it_was_filled(shown: dict[int, str]) -> None:
    """Facings, gaps and wrong products count for the slot that they stand in, and for no other."""
    assert looks_of(shown) == [Appearance(shown.get(place, "full")) for place in range(len(SLOTS))]


def test_a_lone_bare_slot_is_bare_and_two_that_touch_are_blank() -> None:
    """Nothing in one slot may be an unseen gap; nothing in slots that touch may be somebody standing there."""
    assert looks_of({1: "bare"})[1] is Appearance.BARE
    found = looks_of({1: "bare", 4: "bare"})
    assert (found[1], found[4]) == (Appearance.BLANK, Appearance.BLANK)
    assert found[0] is Appearance.FULL


def test_an_empty_picture_hides_everything() -> None:
    """A dark or covered camera sees nothing: no slot is taken for empty."""
    assert observe(BAY, Facings.empty(), SIZE_WH, None, SETTINGS.look).named() == [Appearance.DARK] * len(SLOTS)


def test_what_the_grid_hides_is_not_seen() -> None:
    """The visibility grid's hidden cells make the slots under them unseen, the others stay."""
    grid = Visibility(columns=3, rows=1, age_s=(0, 9, 0), hidden_by=("", "person", ""))
    found = looks_of({1: "gap", 0: "gap"}, grid)
    assert (found[0], found[1], found[4], found[5]) == (Appearance.GAP, None, None, Appearance.FULL)


def test_an_occluder_hides_the_slots_behind_it() -> None:
    """A detected person or cart over a slot leaves no evidence about it."""
    over = facings({1: "bare"})
    person = Facings.of_boxes(
        np.array([[280, 0, 620, 1000]], np.float32),
        np.array([0.9], np.float32),
        np.array([FacingKind.OCCLUDER], np.int32),
    )
    both = Facings.of_boxes(
        np.concatenate([over.boxes_xyxy, person.boxes_xyxy]),
        np.concatenate([over.scores, person.scores]),
        np.concatenate([over.kinds, person.kinds]),
    )
    assert observe(BAY, both, SIZE_WH, None, SETTINGS.look).named()[1] is None


def test_what_lies_outside_the_picture_is_not_visible() -> None:
    """A camera that shows the left half of a bay sees the left slots alone."""
    shares = visible(BAY, Facings.empty(), (450, 1000), None)
    assert shares.tolist() == pytest.approx([1, 0.5, 0] * 2)


def test_an_unsure_product_is_not_called_wrong() -> None:
    """Only a confident other product counts against a slot; a close call between two products does not."""
    seen = facings({0: "wrong"})
    unsure = np.array(seen.candidate_scores)
    unsure[:, 0] = np.minimum(unsure[:, 0], SETTINGS.look.wrong_score_min - 0.05)
    doubtful = Facings(seen.boxes_xyxy, seen.scores, seen.kinds, seen.candidates, unsure, GTINS)
    assert observe(BAY, doubtful, SIZE_WH, None, SETTINGS.look).named()[0] is Appearance.FULL


@pytest.mark.parametrize(("other", "planned", "look"), [(0.5, 0.1, "wrong"), (0.5, 0.25, "full"), (0.35, 0.01, "full")])
def test_the_plan_is_the_prior_between_look_alikes(other: float, planned: float, look: str) -> None:
    """Another flavour must be several times likelier than the planned one, and likely at all, to count against it."""
    seen = facings({0: "wrong"})
    candidates, scores = np.array(seen.candidates), np.array(seen.candidate_scores)
    here = candidates[:, 0] == len(SLOTS)
    candidates[here, 1], scores[here, 0], scores[here, 1] = 0, other, planned
    alike = Facings(seen.boxes_xyxy, seen.scores, seen.kinds, candidates, scores, GTINS)
    assert here.any()
    assert observe(BAY, alike, SIZE_WH, None, SETTINGS.look).named()[0] is Appearance(look)
