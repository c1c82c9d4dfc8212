"""What ``watch`` says in the terminal. Pure: events and status in, sentences out."""

from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from analytics.contract import SlotState, StockEvent
from detector.contract import FacingKind, FrameFacings
from ingest.contract import CameraState, CameraStatus

_HERE = (SlotState.STOCKED, SlotState.LOW)


def event_told(event: StockEvent, names: Mapping[str, str]) -> str | None:
    """What a change of a slot's state means to somebody watching; ``None`` for what is no news."""
    step = event.transition
    name = names.get(step.gtin, event.slot)
    if step.state is SlotState.OUT:
        return f"{name} is gone"
    if step.before is SlotState.OUT and step.state in _HERE:
        return f"{name} is back"
    return None


def seen_told(seen: FrameFacings) -> str:
    """What the detector saw in a frame."""
    facings = sum(kind == FacingKind.FACING for kind in seen.kinds)
    gaps = sum(kind == FacingKind.GAP for kind in seen.kinds)
    return f"{_counted(facings, 'item')} and {_counted(gaps, 'gap')} in {seen.width_px}×{seen.height_px}"


def source_told(given: str, url: str) -> str | None:
    """Which file is shown, where that is another one than was named: a video of a folder."""
    name = PurePath(unquote(urlsplit(url).path)).name
    return f"Shows {name}." if url.startswith("file:") and name != PurePath(given).name else None


def camera_told(status: CameraStatus) -> str:
    """How the camera does."""
    if status.state is CameraState.ONLINE:
        return "The camera is online."
    return f"No pictures: {status.detail or 'the camera is offline'}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
