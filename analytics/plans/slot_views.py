"""Where the slots of each bay are in a camera's picture, worked out once per change of the catalogue.

``BayInPicture`` holds one bay as arrays; ``Plan`` all bays of one snapshot of the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.plans.watching import Watching, watching
from shelfstream.catalogue.catalogue import CatalogueSnapshot, Key, Planogram
from shelfstream.catalogue.geometry import bay_from_picture, bent, project, straightened
from shelfstream.catalogue.model import Camera, Lens, Reset, Slot

BINS = 24
"""A slot's width is looked at in so many strips."""

_SAMPLES_WIDE = 8
_SAMPLES_HIGH = 4

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BayInPicture:
    """The slots of one bay as one camera sees them, as arrays over S slots.

    ``x_mm``, ``y_mm`` (S, 2) from-to in bay millimetres; ``bins_mm`` (S, BINS) strip centres inside the margins;
    ``samples_px`` (S, P, 2) points spread over each slot, in the picture; ``adjacent`` (S, S) whether two slots
    touch, side by side or above each other; ``planned`` how many facings each slot has, ``wide`` (S,) of them side by
    side, ``need`` (S,) how many of all must be there for the slot to be presentable.
    """

    slots: tuple[Slot, ...]
    planned: tuple[int, ...]
    plan_version: str
    reset: Reset | None
    bay_from_image: Floats
    lens: Lens | None
    x_mm: Floats
    y_mm: Floats
    bins_mm: Floats
    samples_px: Floats
    adjacent: Bools
    wide: Floats
    need: Floats

    @property
    def needed(self) -> tuple[int, ...]:
        """``need`` as whole numbers."""
        return tuple(int(each) for each in self.need.tolist())

    def on_the_bay(self, points_px: Floats) -> Floats:
        """Picture points (N, 2) in bay millimetres; what lies on the horizon matches nothing."""
        return through(self.bay_from_image, straightened(self.lens, points_px))


def bays_of(camera: Camera, snapshot: CatalogueSnapshot, margin_share: float) -> tuple[BayInPicture, ...]:
    """Every bay with slots that a camera is calibrated for. A calibration that fixes no map is left out."""
    found = []
    for calibration in camera.calibrations:
        planogram = snapshot.planograms.get((camera.store, calibration.bay))
        if planogram is None or not planogram.slots:
            continue
        try:
            found.append(bay_in_picture(planogram, bay_from_picture(calibration), margin_share, calibration.lens))
        except ValueError:
            continue
    return tuple(found)


def bay_in_picture(
    planogram: Planogram, bay_from_image: Floats, margin_share: float, lens: Lens | None = None
) -> BayInPicture:
    """Lay a plan into a picture through the map ``bay_from_image`` (3, 3), which takes a straight picture."""
    slots = planogram.slots
    shelves = {shelf.id: shelf for shelf in planogram.bay.shelves}
    x_mm = np.array([(slot.x_min_mm, slot.x_max_mm) for slot in slots])
    feet = [shelves[slot.shelf] for slot in slots]
    y_mm = np.array([(shelf.y_mm, shelf.y_mm + shelf.clearance_mm) for shelf in feet])
    return BayInPicture(
        slots=slots,
        planned=tuple(slot.facings_planned for slot in slots),
        plan_version=planogram.version,
        reset=planogram.bay.reset,
        bay_from_image=bay_from_image,
        lens=lens,
        x_mm=x_mm,
        y_mm=y_mm,
        bins_mm=_spread(x_mm, BINS, margin_share),
        samples_px=bent(lens, _samples(x_mm, y_mm, inverse(bay_from_image))),
        adjacent=_adjacent(x_mm, y_mm),
        wide=np.array([float(slot.facings_wide) for slot in slots]),
        need=np.array([float(facings_needed(slot)) for slot in slots]),
    )


def through(homography: Floats, points_xy: Floats) -> Floats:
    """Points (N, 2) through a map; what lies on its horizon becomes NaN or infinite and matches nothing."""
    with np.errstate(all="ignore"):
        return project(homography, points_xy)


def inverse(homography: Floats) -> Floats:
    """The map back."""
    return np.asarray(np.linalg.inv(homography), dtype=np.float64)


def facings_needed(slot: Slot) -> int:
    """How many facings must be there for the slot to be presentable."""
    return min(slot.facings_planned, max(1, slot.presentation_min))


def _spread(ranges: Floats, count: int, margin_share: float) -> Floats:
    """``count`` centres (S, count) inside each range (S, 2), its margins left out."""
    steps = margin_share + (1 - 2 * margin_share) * (np.arange(count) + 0.5) / count
    return ranges[:, :1] + (ranges[:, 1:] - ranges[:, :1]) * steps


def _samples(x_mm: Floats, y_mm: Floats, image_from_bay: Floats) -> Floats:
    xs, ys = _spread(x_mm, _SAMPLES_WIDE, 0.0), _spread(y_mm, _SAMPLES_HIGH, 0.0)
    shape = (len(xs), _SAMPLES_HIGH, _SAMPLES_WIDE)
    grid = np.stack([np.broadcast_to(xs[:, None, :], shape), np.broadcast_to(ys[:, :, None], shape)], axis=-1)
    return through(image_from_bay, grid.reshape(-1, 2)).reshape(len(xs), -1, 2)


def _adjacent(x_mm: Floats, y_mm: Floats) -> Bools:
    _, row = np.unique(y_mm[:, 0], return_inverse=True)
    apart = np.abs(row[:, None] - row[None, :])
    left, right = x_mm[:, 0], x_mm[:, 1]
    overlap = (left[:, None] < right[None, :]) & (left[None, :] < right[:, None])
    reach = 0.5 * (right - left)
    touch = (left[:, None] - reach[:, None] < right[None, :]) & (left[None, :] < right[:, None] + reach[:, None])
    beside = (apart == 0) & touch
    np.fill_diagonal(beside, val=False)
    return np.asarray(((apart == 1) & overlap) | beside | beside.T, dtype=np.bool_)


class Plan:
    """One snapshot of the catalogue, with each camera's view of its bays."""

    def __init__(self, snapshot: CatalogueSnapshot, margin_share: float) -> None:
        self.snapshot = snapshot
        self._margin_share = margin_share
        self._bays: dict[Key, tuple[BayInPicture, ...]] = {}

    @property
    def stores(self) -> tuple[str, ...]:
        """Every store that is planned."""
        return tuple(sorted(self.snapshot.catalogue.stores))

    @cached_property
    def slots(self) -> Mapping[str, Mapping[str, Slot]]:
        """The planned slots of each store, by id."""
        found: dict[str, dict[str, Slot]] = {}
        for slot in self.snapshot.catalogue.slots.values():
            found.setdefault(slot.store, {})[slot.id] = slot
        return found

    @cached_property
    def watching(self) -> Mapping[Key, Watching]:
        """Which cameras see each slot, by (store, slot)."""
        return watching(self.snapshot)

    def knows_camera(self, store: str, camera: str) -> bool:
        """Whether the camera is in the catalogue."""
        return (store, camera) in self.snapshot.catalogue.cameras

    def bays(self, store: str, camera: str) -> tuple[BayInPicture, ...]:
        """The bays that a camera sees."""
        key = (store, camera)
        if key not in self._bays:
            self._bays[key] = bays_of(self.snapshot.catalogue.cameras[key], self.snapshot, self._margin_share)
        return self._bays[key]
