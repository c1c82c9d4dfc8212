"""Whether states stand still where the shelf does: ``python -m benchmarks.still_view FOLDER``.

FOLDER holds pictures of one fixed camera in order of their names (numbers count as numbers): people passing, nothing
sold or refilled. What lasts becomes the plan, as ``shelfstream watch`` drafts it; then the same pictures go through
analytics at each of some intervals. No change between known states is right.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.contract import SlotState, StockEvent, Transition
from analytics.plan_learning.draft import draft_plan
from benchmarks.analytics_stage import received_of, restored_stage
from detector.contract import Facings, FrameFacings
from detector.pipeline import NO_GALLERY, open_for_photographs
from ingest.contract import FrameHeader
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.model import (
    WEEKDAYS,
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    OpeningHours,
    PointPair,
    Shelf,
    Slot,
    Store,
)

_STORE, _CAMERA = "still", "cam"
_START = datetime(2026, 3, 2, 12, tzinfo=UTC)
_MM_PER_PX = 2.0


def main(
    folder: Annotated[Path, typer.Argument(help="Pictures of one fixed view.", exists=True, file_okay=False)],
    every_s: Annotated[list[float] | None, typer.Option("--every", help="Seconds from picture to picture.")] = None,
) -> None:
    """Draft a plan from a fixed view and count changes of state that cannot be."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    pictures = sorted((each for each in folder.iterdir() if each.suffix.lower() in {".jpg", ".png"}), key=_by_number)
    if not pictures:
        raise typer.BadParameter(f"{folder} holds no JPEG or PNG")
    seen, size_wh = _seen(pictures)
    entities = list(_store(seen, size_wh))
    table = Table("a picture every", "changes between known states", "stocked that became out", "seen to be stocked")
    for interval_s in every_s or [1.0, 60.0]:
        changes = _changes(entities, seen, size_wh, interval_s)
        known = [each for each in changes if SlotState.UNKNOWN not in (each.before, each.state)]
        became = Counter(each.state for each in known)
        first = sum(each.state is SlotState.STOCKED for each in changes if each.before is SlotState.UNKNOWN)
        table.add_row(f"{interval_s:g} s", str(len(known)), str(became[SlotState.OUT]), str(first))
    console = Console()
    console.print(table)
    slots = sum(isinstance(entity, Slot) for entity in entities)
    console.print(f"{len(pictures)} pictures, {slots} places drafted from what lasts")


def _by_number(path: Path) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", f" {path.stem}")]


def _seen(pictures: Sequence[Path]) -> tuple[list[Facings], tuple[int, int]]:
    """What the shipped detector sees, as one camera's frames."""
    detector, before, found = open_for_photographs(None), None, []
    size_wh = (0, 0)
    for path in track(pictures, "looking"):
        image = detector.open_photograph(path.read_bytes())
        size_wh = (image.shape[1], image.shape[0])
        before = detector.see_next(image, NO_GALLERY, before)
        found.append(before.facings.select(before.rows))
    return found, size_wh


def _store(seen: Sequence[Facings], size_wh: tuple[int, int]) -> Iterator[CatalogueEntity]:
    """A store whose one bay is the whole picture, planned as drafted."""
    wide, high = size_wh
    bay = Bay(
        store=_STORE, id="bay", name="bay", width_mm=wide * _MM_PER_PX, height_mm=high * _MM_PER_PX,
        shelves=(Shelf(id="s1", y_mm=0, clearance_mm=100),),
    )  # fmt: skip
    corners = ((0, 0), (wide, 0), (wide, high), (0, high))
    points = tuple(PointPair(image_px=(x, y), bay_mm=(x * _MM_PER_PX, (high - y) * _MM_PER_PX)) for x, y in corners)
    calibration = Calibration(bay="bay", points=points)
    draft = draft_plan(bay, calibration, seen, [])
    always = dict.fromkeys(WEEKDAYS, (OpeningHours(opens="00:00", closes="24:00"),))
    yield Store(id=_STORE, name="A fixed view", time_zone="UTC", hours=always)
    yield draft.bay
    yield from draft.unnamed
    yield from draft.slots
    yield Camera(store=_STORE, id=_CAMERA, url="sim://still/cam", calibrations=(calibration,))


def _changes(
    entities: Sequence[CatalogueEntity], seen: Sequence[Facings], size_wh: tuple[int, int], every_s: float
) -> list[Transition]:
    """Every change of state that analytics tells, with its default settings."""
    stage, state = restored_stage(entities, _START)
    told: list[Transition] = []
    for number, facings in enumerate(seen):
        at = _START + timedelta(seconds=every_s * number)
        header = FrameHeader(
            store=_STORE, camera=_CAMERA, epoch=0, sequence=number, captured_at=at, received_at=at,
            width_px=size_wh[0], height_px=size_wh[1],
        )  # fmt: skip
        message = FrameFacings.of(header, facings, model="shipped").message()
        outcome = stage.handler.handle(state, (received_of(stage, message, number + 1, at),), at)
        state = outcome.state
        for wave in outcome.waves:
            told += [StockEvent.decode(each.value).transition for each in wave if each.topic == EVENTS]
    return told


if __name__ == "__main__":
    typer.run(main)
