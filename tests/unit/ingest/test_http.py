"""HTTP snapshots and MJPEG from a real local server."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from ingest.sources.base import Source
from ingest.sources.captured import BadPicture, Captured, SourceSilent, SourceUnavailable
from ingest.sources.open import open_source
from tests.unit.ingest.http_camera import HttpCamera, http_camera
from tests.unit.ingest.ingest_samples import jpeg, opening


@pytest.fixture
def camera() -> Iterator[HttpCamera]:
    with http_camera() as running:
        yield running


def _open(camera: HttpCamera, path: str, bytes_max: int = 5_000_000) -> Source:
    return open_source(f"http://user:${{P}}@{camera.base}{path}", {"P": "p@ss"}, opening(bytes_max=bytes_max))


def _read_until(source: Source, good: Callable[[Captured], bool]) -> Captured:
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        captured = source.read(2)
        if captured is not None and good(captured):
            return captured
    raise AssertionError("no such picture came")


@pytest.mark.parametrize("auth", [None, "basic", "digest"])
@pytest.mark.parametrize("path", ["/snapshot.jpg?size=1", "/mjpeg"])
def test_pictures_come_whatever_sign_in_the_camera_asks_for(camera: HttpCamera, path: str, auth: str | None) -> None:
    """Snapshot and MJPEG are told apart by what the camera answers, and pass unchanged."""
    camera.auth = auth
    source = _open(camera, path)
    for shade in (100, 200):
        camera.picture = jpeg(shade)
        found = _read_until(source, lambda captured: captured.picture == camera.picture)
        assert found.received_at.tzinfo is not None
    source.close()


def test_a_wrong_password_is_told(camera: HttpCamera) -> None:
    """A refusal is named as one."""
    camera.auth = "digest"
    with pytest.raises(SourceUnavailable, match="401"):
        open_source(f"http://user:wrong@{camera.base}/snapshot", {}, opening())


def test_the_cameras_clock_is_its_word(camera: HttpCamera) -> None:
    """``captured_at`` is what the camera says (HTTP date, X-Timestamp), even a day off; ``received_at`` is ours."""
    camera.date = "Mon, 02 Nov 2026 08:00:00 GMT"
    camera.timestamp = 1_793_606_400.5
    snapshot = _open(camera, "/snapshot").read(2)
    assert snapshot is not None
    assert snapshot.captured_at == datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    assert snapshot.received_at != snapshot.captured_at
    streamed = _open(camera, "/mjpeg").read(2)
    assert streamed is not None
    assert streamed.captured_at == datetime.fromtimestamp(1_793_606_400.5, UTC)
    camera.date = "the day before yesterday"
    unknown = _open(camera, "/snapshot").read(2)
    assert unknown is not None
    assert unknown.captured_at == unknown.received_at


def test_too_many_bytes_are_one_bad_picture_of_a_snapshot(camera: HttpCamera) -> None:
    """A picture over the cap is not read to its end; the next one is fine again."""
    source = _open(camera, "/snapshot", bytes_max=10_000)
    camera.picture = bytes(200_000)
    with pytest.raises(BadPicture, match="larger"):
        source.read(2)
    camera.picture = jpeg(100)
    assert source.read(2) is not None


def test_a_stream_with_too_large_a_picture_is_given_up(camera: HttpCamera) -> None:
    """An MJPEG stream cannot be trusted to go on after it."""
    camera.picture = bytes(200_000)
    with pytest.raises(SourceUnavailable, match="announces"):
        _open(camera, "/mjpeg", bytes_max=10_000).read(2)


def test_errors_and_ends_are_told(camera: HttpCamera) -> None:
    """A server error, a stream that ends and a server that is gone are unavailable, not crashes."""
    camera.status = 503
    with pytest.raises(SourceUnavailable, match="503"):
        _open(camera, "/snapshot")
    camera.status, camera.parts_max = 200, 1
    ending = _open(camera, "/mjpeg")
    assert ending.read(2) is not None
    with pytest.raises(SourceUnavailable, match="ended"):
        ending.read(2)


def test_a_frozen_stream_is_silent(camera: HttpCamera) -> None:
    """A stream that stands still is given up within the read limit."""
    source = _open(camera, "/mjpeg")
    assert source.read(2) is not None
    camera.frozen.set()
    with pytest.raises((SourceSilent, SourceUnavailable)):
        _read_on(source)
    source.close()


def _read_on(source: Source) -> None:
    while True:
        source.read(0.3)
