"""Cameras behind an HTTP URL: what the first answer is (one picture, or a stream of them) decides how it is read."""

from ingest.sources.address import Address
from ingest.sources.http_get import target_of
from ingest.sources.mjpeg import MjpegSource
from ingest.sources.snapshot import SnapshotSource
from ingest.sources.source import Opening


def open_http(address: Address, opening: Opening) -> SnapshotSource | MjpegSource:
    """Connect and see what the camera gives. Raises ``SourceUnavailable``. Redirects are not followed."""
    target = target_of(address.url)
    stream = MjpegSource(target, opening)
    if stream.begins():
        return stream
    stream.close()
    return SnapshotSource(target, opening)
