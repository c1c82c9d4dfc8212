"""Opens a source by its URL: the one place that knows all kinds."""

from collections.abc import Mapping

from ingest.sources.address import Address, SourceKind, read_address
from ingest.sources.base import OpeningOptions, Source
from ingest.sources.captured import BadAddress, SourceUnavailable
from ingest.sources.folder import open_folder
from ingest.sources.http import target_of
from ingest.sources.mjpeg import MjpegSource
from ingest.sources.picture_files import PICTURE_SUFFIXES, open_picture_file
from ingest.sources.rtsp import open_rtsp
from ingest.sources.simulated import open_simulated
from ingest.sources.snapshot import SnapshotSource
from ingest.sources.video import open_video
from shelfstream.catalogue.camera_urls import with_secrets
from shelfstream.errors import Faults


def open_http(address: Address, opening: OpeningOptions) -> SnapshotSource | MjpegSource:
    """Connect and see what the camera gives. Raises ``SourceUnavailable``. Redirects are not followed."""
    target = target_of(address.url)
    stream = MjpegSource(target, opening)
    if stream.begins():
        return stream
    stream.close()
    return SnapshotSource(target, opening)


_OPENERS = {
    SourceKind.RTSP: open_rtsp,
    SourceKind.HTTP: open_http,
    SourceKind.SIM: open_simulated,
}


def open_source(url: str, environment: Mapping[str, str], opening: OpeningOptions) -> Source:
    """Open what ``url`` names, its ``${NAME}`` references filled in from ``environment``.

    Raises ``BadAddress`` for a URL that cannot work as it is, ``SourceUnavailable`` for one that may work later,
    ``BadPicture`` where the first thing that came is none.
    """
    try:
        address = read_address(with_secrets(url, environment))
    except Faults as exc:
        names = ", ".join(fault.where for fault in exc.faults)
        raise BadAddress(f"the URL needs {names}, which is not set in the environment of ingest") from exc
    if address.kind is SourceKind.PATH:
        return _open_path(address, opening)
    return _OPENERS[address.kind](address, opening)


def _open_path(address: Address, opening: OpeningOptions) -> Source:
    try:
        if address.path.is_dir():
            return open_folder(address, opening)
        if not address.path.exists():
            raise SourceUnavailable("there is no such file or folder")
    except OSError as exc:
        raise SourceUnavailable(f"the file or folder cannot be looked at: {exc.strerror}") from exc
    if address.path.suffix.lower() in PICTURE_SUFFIXES:
        return open_picture_file(address, opening)
    return open_video(address, opening)
