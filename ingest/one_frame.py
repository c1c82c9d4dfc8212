"""One frame of a camera or of a picture file, as ingest would publish it: upright, and as large."""

import time
from collections.abc import Mapping
from pathlib import Path

from ingest.frame_jpeg import FrameLimits, to_jpeg
from ingest.settings import IngestSettings
from ingest.sources.base import OpeningOptions
from ingest.sources.captured import BadPicture, BgrImage, SourceError
from ingest.sources.open import open_source
from shelfstream.catalogue.model import Camera
from shelfstream.clock import Clock
from shelfstream.errors import Fault, Faults

_WAIT_S = 30.0
_POLL_S = 1.0


def frame_of_file(path: Path, settings: IngestSettings) -> bytes:
    """A JPEG. Raises ``Faults`` for a file that cannot be read or is no picture."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise Faults("picture", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    return frame_of_bytes(data, str(path), settings)


def frame_of_bytes(data: bytes, name: str, settings: IngestSettings | None = None) -> bytes:
    """A JPEG. Raises ``Faults``, with the name, for bytes that are no picture."""
    try:
        return _jpeg(data, settings or IngestSettings())
    except BadPicture as exc:
        raise Faults("picture", [Fault(name, str(exc))]) from exc


def frame_of_camera(camera: Camera, settings: IngestSettings, environment: Mapping[str, str], clock: Clock) -> bytes:
    """A JPEG, the next that comes. Raises ``Faults`` where none comes, with the camera's reason."""
    opening = OpeningOptions(
        clock, camera.interval_s, settings.open_timeout_s, settings.read_timeout_s, settings.source_bytes_max
    )
    try:
        source = open_source(camera.url, environment, opening)
        try:
            ends_s = time.monotonic() + _WAIT_S
            while time.monotonic() < ends_s:
                captured = source.read(_POLL_S)
                if captured is not None:
                    return _jpeg(captured.picture, settings)
        finally:
            source.close()
    except SourceError as exc:
        raise Faults("camera", [Fault(f"camera {camera.id}", str(exc))]) from exc
    raise Faults("camera", [Fault(f"camera {camera.id}", f"no picture came within {_WAIT_S:g} s")])


def _jpeg(picture: bytes | BgrImage, settings: IngestSettings) -> bytes:
    limits = FrameLimits(settings.jpeg_quality, settings.picture_side_max_px, settings.picture_bytes_max)
    return to_jpeg(picture, limits).data
