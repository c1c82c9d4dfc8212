"""Frame ids as they come over the bus: ``store/camera/epoch-sequence``. What has this form leads nowhere else."""

import re
from typing import Annotated

from pydantic import AfterValidator

from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import check_slug

_MOST = 192
_ORDER = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


def check_frame_id(text: str) -> str:
    """Return ``text`` if it is a frame id, else raise ``ValueError``."""
    parts = text.split("/") if len(text) <= _MOST else []
    if len(parts) != 3 or not _ORDER.fullmatch(parts[2]):
        raise ValueError("no frame id: store/camera/epoch-sequence is needed")
    check_slug(parts[0])
    check_slug(parts[1])
    return text


def require_frame_id(text: str) -> None:
    """Raise ``InvalidMessage`` for what is no frame id."""
    try:
        check_frame_id(text)
    except ValueError as exc:
        raise InvalidMessage(str(exc)) from exc


FrameId = Annotated[str, AfterValidator(check_frame_id)]
