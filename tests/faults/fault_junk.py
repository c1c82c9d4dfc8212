"""What nobody should ever send, for every topic that is read."""

from datetime import UTC, datetime

from ingest.contract import FrameHeader, frame_message
from shelfstream.bus.api import Message
from shelfstream.bus.topics import ANSWERS, CAMERAS, CATALOGUE, EVENTS, FACINGS, FRAMES, LEVELS

_HUGE_BYTES = 1_000_000
_HUGE_FRAME_BYTES = 4_000_000
_BOMB = bytes.fromhex("ffd8ffc0001108ea60ea6003012200021101031101ffd9")  # a header that says 60,000 by 60,000 px
_BEFORE_ALL_TIME = b'{"v": 1, "at": "0001-01-01T00:00:00+14:00"}'


def keys_in_use(store: str) -> dict[str, str]:
    """A key that others use too, by topic."""
    return {
        FRAMES: f"{store}/cam-left",
        FACINGS: f"{store}/cam-left",
        CAMERAS: f"{store}/cam-left",
        ANSWERS: f"{store}/b1-s1-01",
        LEVELS: f"{store}/b1-s1-01",
        EVENTS: f"{store}/b1-s1-01",
        CATALOGUE: f"{store}/slot/no-such-slot",
    }


def junk(store: str) -> list[Message]:
    """Bytes that are no message, too many of them, a version from the future, a time before all time; a picture that
    is cut short, one that is none, one as large as may be sent, and one that claims to be a hundred times larger.
    """
    now = datetime.now(UTC)
    header = FrameHeader(
        store=store,
        camera="cam-left",
        epoch=0,
        sequence=0,
        captured_at=now,
        received_at=now,
        width_px=64,
        height_px=64,
    )
    pictures = (b"\xff\xd8\xff\xe0 cut short", b"GIF89a", bytes(_HUGE_FRAME_BYTES), _BOMB)
    found = [frame_message(header, picture) for picture in pictures]
    for topic, key in keys_in_use(store).items():
        values = (b"\x00\xff no message", b'{"v": 99}', b"[" * _HUGE_BYTES, _BEFORE_ALL_TIME)
        found += [Message(topic, key, value) for value in values]
    return found
