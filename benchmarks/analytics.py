"""``python -m benchmarks.analytics``: frames a second that one core matches and believes.

One camera sees one bay. Facings come in as they were decoded; the new state and all messages about it, encoded, come
out: what the analytics stage does with a frame, without the bus. Pictures are noisy: boxes tremble, and now and then
a slot runs out. Time is the process's own, so that other work on the machine does not count.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.analytics_stage import received_of, restored_stage
from detector.contract import CANDIDATES, FacingKind, Facings, FrameFacings
from ingest.contract import FrameHeader
from shelfstream.catalogue.model import (
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    OpeningHours,
    PointPair,
    Product,
    Shelf,
    Slot,
    Store,
    Weekday,
)
from shelfstream.identifiers import gtin_check_digit

_STORE, _CAMERA, _BAY = "bench", "c1", "b1"
_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_SHELVES = 6
_SIZE_WH = (3000, 2400)


def _gtin(place: int) -> str:
    body = f"{400000000000 + place:013d}"
    return body + str(gtin_check_digit(body))


def _catalogue(slots: int, facings_wide: int) -> list[CatalogueEntity]:
    """A bay of six shelves whose pixels are millimetres."""
    wide, high = _SIZE_WH
    always: dict[Weekday, tuple[OpeningHours, ...]] = dict.fromkeys(
        get_args(Weekday), (OpeningHours(opens="00:00", closes="24:00"),)
    )
    step = high / _SHELVES
    shelves = tuple(Shelf(id=f"s{row}", y_mm=row * step + 10, clearance_mm=step - 20) for row in range(_SHELVES))
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=(float(x), float(high - y)))
        for x, y in ((0, 0), (wide, 0), (wide, high), (0, high))
    )
    camera = Camera(
        store=_STORE, id=_CAMERA, url="sim://bench/c1", calibrations=(Calibration(bay=_BAY, points=points),)
    )
    in_row = slots // _SHELVES
    width = wide / in_row
    found: list[CatalogueEntity] = [
        Store(id=_STORE, name="Bench", time_zone="UTC", hours=always),
        Bay(store=_STORE, id=_BAY, width_mm=wide, height_mm=high, shelves=shelves),
        camera,
    ]
    for place in range(slots):
        row, column = divmod(place, in_row)
        found.append(Product(store=_STORE, gtin=_gtin(place), name=f"Product {place}", price="2.50", sales_per_day=24))
        found.append(
            Slot(
                store=_STORE, id=f"s{row}-{column}", bay=_BAY, shelf=f"s{row}", gtin=_gtin(place),
                x_min_mm=column * width, x_max_mm=(column + 1) * width, facings_wide=facings_wide, presentation_min=2,
            )
        )  # fmt: skip
    return found


def _frames(slots: int, facings: int, count: int) -> Iterator[FrameFacings]:
    """What the detector says, a frame a second; each slot is empty for a while at a time of its own."""
    rng = np.random.default_rng(7)
    wide, high = _SIZE_WH
    in_row, step = slots // _SHELVES, high / _SHELVES
    width = wide / in_row
    owner = np.sort(np.arange(facings) % slots)
    place_in_slot = np.arange(facings) - np.searchsorted(owner, owner)
    in_slot = np.bincount(owner)[owner]
    pack = width / in_slot
    left = (owner % in_row) * width + place_in_slot * pack
    top = high - (owner // in_row + 1) * step + 30
    boxes = np.stack([left, top, left + pack, top + step - 50], axis=1)
    empty_from = rng.integers(10, 600, slots)
    gtins = tuple(_gtin(place) for place in range(slots))
    for sequence in range(count):
        kinds = np.full(facings, FacingKind.FACING, np.int32)
        emptied = (sequence % 600 >= empty_from) & (sequence % 600 < empty_from + 30)
        kinds[emptied[owner]] = FacingKind.GAP
        candidates = np.full((facings, CANDIDATES), -1, np.int32)
        candidates[:, 0] = owner
        scores = np.zeros((facings, CANDIDATES), np.float32)
        scores[:, 0] = 0.9
        noisy = np.clip(boxes + rng.normal(0, 2, boxes.shape), 0, max(_SIZE_WH)).astype(np.float32)
        found = Facings(noisy, np.full(facings, 0.8, np.float32), kinds, candidates, scores, gtins)
        at = _START + timedelta(seconds=sequence)
        header = FrameHeader(
            store=_STORE, camera=_CAMERA, epoch=1, sequence=sequence, captured_at=at, received_at=at,
            width_px=wide, height_px=high,
        )  # fmt: skip
        yield FrameFacings.of(header, found, model="bench")


def main(
    slots: Annotated[int, typer.Option(help="Slots of the bay, a multiple of six.")] = 60,
    facings: Annotated[int, typer.Option(help="Facings in each frame.")] = 400,
    frames: Annotated[int, typer.Option(help="Frames to measure.")] = 600,
    batch: Annotated[int, typer.Option(help="Frames that are handled together.")] = 1,
) -> None:
    """Measure matching and belief of one bay on one core."""
    catalogue = _catalogue(slots, max(1, facings // slots))
    stage, state = restored_stage(catalogue, _START)
    messages = [(each.message(), each.received_at) for each in _frames(slots, facings, frames)]
    decode_s = handle_s = 0.0
    sent_bytes = events = 0
    for begin in range(0, frames, batch):
        part = list(enumerate(messages))[begin : begin + batch]
        began_s = time.process_time()
        received = [received_of(stage, message, 10 + place, at) for place, (message, at) in part]
        decoded_s = time.process_time()
        outcome = stage.handler.handle(state, received, part[-1][1][1])
        handle_s += time.process_time() - decoded_s
        decode_s += decoded_s - began_s
        state = outcome.state
        sent = [message for wave in outcome.waves for message in wave]
        sent_bytes += sum(len(message.value or b"") for message in sent)
        events += sum(message.topic == "shelf.events" for message in sent)
    table = Table("what", "a frame", "frames a second")
    table.add_row(
        "matching and belief, messages encoded", f"{handle_s / frames * 1000:.2f} ms", f"{frames / handle_s:.0f}"
    )
    table.add_row("decoding the facings", f"{decode_s / frames * 1000:.2f} ms", f"{frames / decode_s:.0f}")
    table.add_row("written", f"{sent_bytes / frames / 1000:.1f} kB", f"{events} events in all")
    Console().print(f"{slots} slots, {facings} facings, {batch} frames a batch")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
