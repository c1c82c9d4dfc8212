"""What is really on the shelves of a simulated store. For scoring, tests, training and benchmarks alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.model import Slot
from shelfstream.clock import ManualClock
from simulator.render.canvas import Ids
from simulator.render.instance_ids import FIRST_GAP_ID, FIRST_TAG_ID
from simulator.render.labels import SMALLEST_PX, boxes_of
from simulator.store.camera import SimCamera
from simulator.store.sim_time import SimTime, SimUrl
from simulator.store.store import SimulatedStore


class TrueState(StrEnum):
    """What a slot truly is."""

    STOCKED = "STOCKED"
    LOW = "LOW"
    OUT = "OUT"


@dataclass(frozen=True)
class SlotTruth:
    """A slot at a time. ``facings_visible`` counts fronts on the shelf, whoever stands before them."""

    slot: str
    gtin: str
    facings_visible: int
    facings_planned: int
    state: TrueState


@dataclass(frozen=True)
class OutTruth:
    """A time in which a slot was out, whole: wall-clock times."""

    slot: str
    gtin: str
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """Every facing and every gap in a camera's picture.

    Facings: ``boxes_xyxy`` (N, 4) float32 px, the slot and GTIN of each; ``ids`` (H, W) uint16 has row + 1 where the
    facing's pixels are, else 0. Gaps, in the same way: ``gap_boxes_xyxy`` (M, 4), ``gap_slots``, ``gap_ids``.
    """

    boxes_xyxy: NDArray[np.float32]
    slots: tuple[str, ...]
    gtins: tuple[str, ...]
    ids: NDArray[np.uint16]
    gap_boxes_xyxy: NDArray[np.float32]
    gap_slots: tuple[str, ...]
    gap_ids: NDArray[np.uint16]


class StoreTruth:
    """The truth about one store in simulated time that all its cameras share."""

    def __init__(self, store: SimulatedStore, time: SimTime) -> None:
        self._store = store
        self._time = time

    @classmethod
    def of_url(cls, url: str) -> "StoreTruth":
        """The truth behind a simulated camera's URL. Raises ``ValueError`` for one that names no such store."""
        parsed = SimUrl.parse(url)
        return cls(_store_of(parsed), parsed.time)

    def slots_at(self, now: datetime) -> tuple[SlotTruth, ...]:
        """Every slot at a wall-clock time, by id."""
        at_s = self._time.seconds_at(now)
        return tuple(self._slot(slot, at_s) for slot in self._store.slots)

    def states(self, slot: str, start: datetime, stop: datetime) -> frozenset[TrueState]:
        """Every state that a slot was in at some moment from ``start`` to ``stop``, both included."""
        entity = self._store.slots[self._store.numbers[slot]]
        start_s, stop_s = self._time.seconds_at(start), self._time.seconds_at(stop)
        moments = [start_s, *self._store.world.changes(self._store.numbers[slot], start_s, stop_s)]
        return frozenset(self._slot(entity, moment).state for moment in moments)

    def out_episodes(self, start: datetime, stop: datetime) -> Iterator[OutTruth]:
        """All times of being out that touch the span, whole, slot by slot."""
        span = self._time.seconds_at(start), self._time.seconds_at(stop)
        for number, slot in enumerate(self._store.slots):
            for outage in self._store.world.outages(number, *span):
                began, ended = self._time.wall_at(outage.began_s), self._time.wall_at(outage.ended_s)
                yield OutTruth(slot.id, slot.gtin, began, ended)

    def _slot(self, slot: Slot, at_s: float) -> SlotTruth:
        visible = self._store.stock(slot.id, at_s).facings
        low = visible < slot.presentation_min
        state = TrueState.OUT if visible == 0 else TrueState.LOW if low else TrueState.STOCKED
        return SlotTruth(slot.id, slot.gtin, visible, slot.facings_wide * slot.facings_high, state)


def frame_truth(url: str, now: datetime) -> FrameTruth:
    """What a simulated camera's picture shows at a wall-clock time; people before the shelf hide what they hide."""
    picture = SimCamera(url, ManualClock(now)).picture_at(now)
    gtin_of = {slot.id: slot.gtin for slot in _store_of(SimUrl.parse(url)).slots}
    present, boxes, counts = boxes_of(picture.ids)
    facing = (present > 0) & (present < FIRST_TAG_ID)
    gap = (present >= FIRST_GAP_ID) & (counts >= SMALLEST_PX)
    slots = tuple(picture.slots[number - 1] for number in present[facing])
    return FrameTruth(
        boxes_xyxy=boxes[facing],
        slots=slots,
        gtins=tuple(gtin_of[slot] for slot in slots),
        ids=_by_row(picture.ids, present[facing]),
        gap_boxes_xyxy=boxes[gap],
        gap_slots=tuple(picture.gap_slots[number - FIRST_GAP_ID] for number in present[gap]),
        gap_ids=_by_row(picture.ids, present[gap]),
    )


def _by_row(ids: Ids, rows: Ids) -> Ids:
    """Row + 1 where the picture has the id of that row, else 0."""
    table = np.zeros(65536, np.uint16)
    table[rows] = np.arange(1, len(rows) + 1)
    return np.asarray(table[ids], np.uint16)


def _store_of(url: SimUrl) -> SimulatedStore:
    return SimulatedStore.open(url.seed, url.catalogue, url.store)
