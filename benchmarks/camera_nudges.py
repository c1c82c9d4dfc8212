"""Whether a nudged camera is noticed before an event is wrong: ``python -m benchmarks.camera_nudges``.

Cameras and bays of the simulator, calibrated exactly, a frame a minute. After five frames the camera is turned, by some
hundredths of a facing or by some facings, and rolled a little; six more frames follow. An event is wrong when it says
OUT of a place that holds goods, or STOCKED of an empty one, or MISPLACED. The same camera without the nudge is the
control: wrong events of slots that it is wrong about as well are the detector's.

``--still 30``: for so many days, how often a camera that hangs still is called moved: a frame a quarter of an hour
while its shelf sells out and is refilled.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import numpy as np
import structlog
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.contract import SlotState
from benchmarks.analytics_stage import received_of, restored_stage
from benchmarks.random_bays import AT_S, BAY, CAMERA, SIZE_WH, STORE, Difficulty, RandomCamera, random_camera
from detector.contract import FrameFacings
from detector.gallery.gallery import Gallery, Look, Reference, gallery_of
from detector.pipeline import Detector, open_detector
from detector.settings import DetectorSettings
from ingest.contract import FrameHeader
from shelfstream.catalogue.geometry import bent, project
from shelfstream.catalogue.model import Calibration, Camera, CatalogueEntity, Lens, PointPair
from simulator.dice import Dice
from simulator.render.view import View
from simulator.store.demo_store import reference_picture

_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_BEFORE, _AFTER, _FRAME_S, _QUARTER_HOUR_S = 5, 6, 60.0, 900.0
_BANDS = ((0.02, 0.15), (0.15, 0.3), (0.3, 1.0), (1.0, 3.0))
_ROLL_DEG = 0.3


@dataclass(frozen=True)
class _Run:
    """What analytics made of some frames: when the camera was first held and called moved (places of frames, ``None``:
    never), and wrong events as (place of the frame, slot).
    """

    held: int | None
    moved: int | None
    wrong: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Nudge:
    """One nudged camera: by how many facings, the frame after it that called it moved, and wrong events due to it."""

    facings: float
    noticed_at: int | None
    wrong: int


class _Eyes:
    """The detector with the references of the demo's products."""

    def __init__(self) -> None:
        self._detector: Detector = open_detector(DetectorSettings())
        self._looks: dict[str, Look] = {}

    def frame(self, camera: RandomCamera, image: NDArray[np.uint8], sequence: int, at: datetime) -> FrameFacings:
        """What is seen in an image, as the detector stage sends it."""
        header = FrameHeader(
            store=STORE, camera=CAMERA, epoch=0, sequence=sequence, captured_at=at, received_at=at,
            width_px=SIZE_WH[0], height_px=SIZE_WH[1],
        )  # fmt: skip
        return FrameFacings.of(header, self._detector.see(image, self._gallery(camera)), model="benchmark")

    def _gallery(self, camera: RandomCamera) -> Gallery:
        products = list(camera.plan.products.values())
        for product in products:
            if product.gtin not in self._looks:
                photograph = self._detector.open_photograph(reference_picture(product))
                self._looks[product.gtin] = self._detector.look_of(photograph)
        gtins = [product.gtin for product in products]
        return gallery_of([Reference(gtin, gtin) for gtin in gtins], [self._looks[gtin] for gtin in gtins])


def main(
    cameras: Annotated[int, typer.Option(help="How many cameras are nudged.")] = 100,
    first: Annotated[int, typer.Option(help="The seed of the first.")] = 1000,
    still: Annotated[int, typer.Option(help="Days that a camera hangs still, instead.")] = 0,
) -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    eyes = _Eyes()
    if still:
        _tell_still(eyes, first, still)
        return
    nudges = list(_nudges(eyes, range(first, first + cameras)))
    table = Table("nudged by, facings", "cameras", "called moved", "in frames", "wrong events", "cameras with some")
    for low, high in _BANDS:
        here = [each for each in nudges if low <= each.facings < high]
        noticed = [each.noticed_at for each in here if each.noticed_at is not None]
        table.add_row(
            f"{low:g}–{high:g}", str(len(here)), str(len(noticed)), f"{max(noticed, default=0)} at most",
            str(sum(each.wrong for each in here)), str(sum(each.wrong > 0 for each in here)),
        )  # fmt: skip
    Console().print(table)
    right = sum(not each.wrong for each in nudges)
    Console().print(f"{right} of {len(nudges)} cameras: no event was wrong by the nudge")


def _nudges(eyes: _Eyes, seeds: range) -> Iterator[_Nudge]:
    for seed in track(seeds, "cameras", transient=True):
        camera, dice = random_camera(seed, Difficulty()), Dice("nudge", seed)
        low, high = _BANDS[seed % len(_BANDS)]
        nudged, facings = _turned(camera, dice, low * (high / low) ** dice.between(0, 1))
        times_s = [AT_S + 7_000 * (seed % 5) + place * _FRAME_S for place in range(_BEFORE + _AFTER)]
        try:
            before, after = camera.painter(), camera.painter(nudged)
        except ValueError:  # a shelf is out of the picture
            continue
        images = [camera.image(before, at_s) for at_s in times_s]
        shown = images[:_BEFORE] + [camera.image(after, at_s) for at_s in times_s[_BEFORE:]]
        control = _run(eyes, camera, images, times_s)
        run = _run(eyes, camera, shown, times_s)
        usual = {slot for _, slot in control.wrong}
        wrong = [slot for place, slot in run.wrong if place >= _BEFORE and slot not in usual]
        yield _Nudge(facings, None if run.moved is None else run.moved - _BEFORE + 1, len(wrong))


def _turned(camera: RandomCamera, dice: Dice, facings: float) -> tuple[View, float]:
    """The view after the camera was turned and rolled, so that places lie about so many facings elsewhere; how many."""
    corners, steps = _corners_mm(camera)
    lens = _lens(camera)
    before = bent(lens, project(camera.view.image_from_front(), corners))
    wide_px = np.linalg.norm(bent(lens, project(camera.view.image_from_front(), corners + steps)) - before, axis=1)
    direction, roll_deg = dice.between(0, 2 * np.pi), dice.gauss(_ROLL_DEG) * min(1.0, facings)
    away_mm = facings * float(np.median(steps[:, 0]))

    def view(scale: float) -> View:
        x, y = camera.view.look_mm
        look = (x + scale * away_mm * np.cos(direction), y + scale * away_mm * np.sin(direction))
        return replace(camera.view, look_mm=look, roll_deg=camera.view.roll_deg + scale * roll_deg)

    def off(scale: float) -> float:
        moved = bent(lens, project(view(scale).image_from_front(), corners))
        return float(np.median(np.linalg.norm(moved - before, axis=1) / wide_px))

    scale = facings / max(off(1.0), 1e-6)
    return view(scale), off(scale)


def _run(eyes: _Eyes, camera: RandomCamera, images: Sequence[NDArray[np.uint8]], times_s: Sequence[float]) -> _Run:
    stage, state = restored_stage(_catalogue(camera), _START)
    held = moved = None
    wrong: list[tuple[int, str]] = []
    known: dict[str, SlotState] = {}
    for place, (image, at_s) in enumerate(zip(images, times_s, strict=True)):
        at = _START + timedelta(seconds=at_s - times_s[0])
        received = received_of(stage, eyes.frame(camera, image, place, at).message(), 10 + place, at)
        state = stage.handler.handle(state, [received], at).state
        store = state.owned[0].stores[STORE]
        view = store.views[CAMERA]
        held = place if held is None and view.away else held
        moved = place if moved is None and view.moved else moved
        states = {slot: level.state for slot, level in store.slots.items()}
        changed = [slot for slot, now in states.items() if now is not known.get(slot, SlotState.UNKNOWN)]
        wrong += [(place, slot) for slot in changed if _is_wrong(camera, slot, states[slot], at_s)]
        known = states
    return _Run(held, moved, tuple(wrong))


def _is_wrong(camera: RandomCamera, slot: str, state: SlotState, at_s: float) -> bool:
    if slot not in camera.shelf.numbers:
        return state is SlotState.STOCKED
    # The event may be about what was so some frames ago.
    units = [camera.shelf.stock(slot, at_s - ago * _FRAME_S).units for ago in range(_AFTER)]
    if state is SlotState.OUT:
        return min(units) > 0
    return state is SlotState.MISPLACED or (state is SlotState.STOCKED and max(units) == 0)


def _catalogue(camera: RandomCamera) -> list[CatalogueEntity]:
    """The plan, with the camera calibrated as it truly hangs."""
    bay = camera.plan.bays[STORE, BAY]
    spots = np.array([(x, y) for x in (0.0, bay.width_mm) for y in (0.0, bay.height_mm)])
    spots = spots[[0, 1, 3, 2]]
    lens = _lens(camera)
    pixels = bent(lens, project(camera.view.image_from_front(), spots))
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=(float(left), float(up)))
        for (x, y), (left, up) in zip(pixels, spots, strict=True)
    )
    calibrated = Camera(
        store=STORE, id=CAMERA, url="sim://s/cam", interval_s=_FRAME_S,
        calibrations=(Calibration(bay=BAY, points=points, lens=lens),),
    )  # fmt: skip
    others = [entity for entity in camera.plan.entities() if not isinstance(entity, Camera)]
    return [*others, calibrated]


def _lens(camera: RandomCamera) -> Lens | None:
    if not camera.barrel:
        return None
    return Lens(width_px=SIZE_WH[0], height_px=SIZE_WH[1], bend=camera.barrel)


def _corners_mm(camera: RandomCamera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The feet (N, 2) of all slots' left corners, and the step (N, 2) of one facing there."""
    foot_mm = {shelf.id: shelf.y_mm for shelf in camera.plan.bays[STORE, BAY].shelves}
    slots = list(camera.plan.slots.values())
    corners = [(slot.x_min_mm, foot_mm[slot.shelf]) for slot in slots]
    steps = [((slot.x_max_mm - slot.x_min_mm) / slot.facings_wide, 0.0) for slot in slots]
    return np.array(corners), np.array(steps)


def _tell_still(eyes: _Eyes, seed: int, days: int) -> None:
    camera = random_camera(seed, Difficulty())
    painter = camera.painter()
    stage, state = restored_stage(_catalogue(camera), _START)
    held = moved = 0
    frames = int(days * 86_400 / _QUARTER_HOUR_S)
    for place in track(range(frames), "frames", transient=True):
        after_s = place * _QUARTER_HOUR_S
        at = _START + timedelta(seconds=after_s)
        frame = eyes.frame(camera, camera.image(painter, AT_S + after_s), place, at)
        before = state.owned[0].stores[STORE].views[CAMERA].moved if place else False
        state = stage.handler.handle(state, [received_of(stage, frame.message(), 10 + place, at)], at).state
        view = state.owned[0].stores[STORE].views[CAMERA]
        held += view.away > 0
        moved += view.moved and not before
    Console().print(f"{days} days, {frames} frames: {held} frames held back, {moved} times called moved")


if __name__ == "__main__":
    typer.run(main)
