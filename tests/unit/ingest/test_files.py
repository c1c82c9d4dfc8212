"""Folders, picture files and video files as sources."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from ingest.sources.base import Source
from ingest.sources.captured import BadPicture, SourceEnded, SourceUnavailable
from ingest.sources.open import open_source
from shelfstream.clock import ManualClock
from tests.unit.ingest.ingest_samples import START, image, jpeg, opening, png, shade_of

_FPS = 10.0
_SHADES = [20, 60, 100, 140, 180]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def _open(url: str, clock: ManualClock, interval_s: float = 1.0) -> Source:
    return open_source(url, {}, opening(clock, interval_s))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A real MP4 of one second per shade."""
    path = tmp_path / "shelf.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), _FPS, (64, 48))
    for shade in _SHADES:
        for _ in range(int(_FPS)):
            writer.write(image(shade))
    writer.release()
    return path


def _shades(source: Source, clock: ManualClock, step_s: float, count: int) -> list[int]:
    found = []
    for _ in range(count):
        captured = source.read(1)
        assert captured is not None
        found.append(min(_SHADES, key=lambda shade: abs(shade - shade_of(captured.picture))))
        clock.advance(step_s)
    return found


def test_a_video_at_real_pace_shows_the_picture_of_the_moment(video: Path, clock: ManualClock) -> None:
    """Read every 2 s, a video skips what nobody asked for, and ends."""
    source = _open(str(video), clock)
    assert source.live
    clock.advance(0.5)
    assert _shades(source, clock, 2.0, 3) == [20, 100, 180]
    with pytest.raises(SourceEnded):
        source.read(1)
    source.close()


def test_a_fast_video_gives_one_picture_per_interval_without_waiting(video: Path, clock: ManualClock) -> None:
    """At fast pace pictures are an interval of the video's own time apart, and time need not pass."""
    source = _open(f"file://{video}?pace=fast&start=2026-01-01T00:00:00Z", clock, interval_s=1.0)
    assert not source.live
    captured = [source.read(1) for _ in _SHADES]
    told = [each.captured_at for each in captured if each is not None]
    first = datetime(2026, 1, 1, tzinfo=UTC)
    assert told == [first + timedelta(seconds=second) for second in range(5)]
    with pytest.raises(SourceEnded):
        source.read(1)


def test_a_video_can_loop(video: Path, clock: ManualClock) -> None:
    """A looping video begins again, as often as it takes."""
    source = _open(f"file://{video}?loop=1", clock)
    clock.advance(0.5)
    assert _shades(source, clock, 1.0, 7) == [*_SHADES, 20, 60]
    clock.advance(50.0)
    assert _shades(source, clock, 1.0, 1) == [100]


def test_a_file_that_is_no_video_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    """Junk under a video's name, and a file that is not there, are told apart."""
    (tmp_path / "junk.mp4").write_bytes(b"no video")
    with pytest.raises(SourceUnavailable, match="no video"):
        _open(str(tmp_path / "junk.mp4"), clock)
    with pytest.raises(SourceUnavailable, match="no such file"):
        _open(str(tmp_path / "gone.mp4"), clock)


def test_a_folder_gives_what_is_there_and_then_what_arrives(tmp_path: Path, clock: ManualClock) -> None:
    """Existing pictures come in the order of their names, also from folders below; then arrivals, each once."""
    (tmp_path / "day-2").mkdir()
    (tmp_path / "b.jpg").write_bytes(jpeg(60))
    (tmp_path / "a.PNG").write_bytes(png())
    (tmp_path / "day-2" / "c.jpg").write_bytes(jpeg(140))
    (tmp_path / "notes.txt").write_text("no picture")
    source = _open(str(tmp_path), clock)
    assert [shade_of(_picture(source)) for _ in range(3)] == [120, 60, 140]
    assert source.read(0.5) is None
    _arrive(tmp_path / "0.jpg", jpeg(180), START - timedelta(minutes=2))
    captured = source.read(1)
    assert captured is not None
    assert shade_of(captured.picture) in range(178, 183)
    assert captured.captured_at == START - timedelta(minutes=2)
    assert captured.received_at == clock.now()
    assert source.read(0.5) is None


def _picture(source: Source) -> bytes:
    captured = source.read(1)
    assert captured is not None
    assert isinstance(captured.picture, bytes)
    return captured.picture


def _arrive(path: Path, data: bytes, at: datetime) -> None:
    path.write_bytes(data)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_backlog_of_arrivals_is_shortened_to_the_newest(tmp_path: Path, clock: ManualClock) -> None:
    """Of a burst of thirty arrivals the ten newest are taken, the oldest of them first."""
    source = _open(str(tmp_path), clock)
    for number in range(30):
        _arrive(tmp_path / f"{number:02}.jpg", jpeg(number * 8), START + timedelta(seconds=number))
    captured = source.read(1)
    assert captured is not None
    assert captured.captured_at == START + timedelta(seconds=20)


def test_a_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """A picture is taken once it stops growing, not in halves."""
    whole = jpeg(90)
    path = tmp_path / "new.jpg"

    class GrowingClock(ManualClock):
        """Each wait brings some more of the file."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            have = path.stat().st_size if path.exists() else 0
            path.write_bytes(whole[: have + 300])

    clock = GrowingClock(START)
    source = _open(str(tmp_path), clock)
    captured = None
    while captured is None:
        captured = source.read(1)
    assert captured.picture == whole


def test_a_folder_that_is_not_watched_ends_and_one_can_begin_with_arrivals(tmp_path: Path, clock: ManualClock) -> None:
    """``watch=no`` ends after the last picture, ``existing=no`` leaves out what is there, ``loop=yes`` starts over."""
    (tmp_path / "a.jpg").write_bytes(jpeg(60))
    ending = _open(f"file://{tmp_path}?watch=no", clock)
    assert ending.read(1) is not None
    with pytest.raises(SourceEnded):
        ending.read(1)
    assert _open(f"file://{tmp_path}?existing=no", clock).read(0.5) is None
    looping = _open(f"file://{tmp_path}?loop=yes", clock)
    assert all(looping.read(1) is not None for _ in range(5))


def test_a_picture_that_goes_or_is_too_large_is_one_bad_picture(tmp_path: Path, clock: ManualClock) -> None:
    """One file that cannot be read does not end the folder; a folder that is gone does."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg(60))
    source = open_source(str(tmp_path), {}, opening(clock, bytes_max=len(jpeg(60))))
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(BadPicture):
        source.read(1)
    (tmp_path / "b.jpg").write_bytes(jpeg(60) + b"x")
    with pytest.raises(BadPicture, match="larger"):
        source.read(1)
    (tmp_path / "b.jpg").unlink()
    tmp_path.rmdir()
    with pytest.raises(SourceUnavailable):
        source.read(1)


def test_a_single_picture_is_a_camera_that_never_changes(tmp_path: Path, clock: ManualClock) -> None:
    """The same file is given again and again, as it is now."""
    path = tmp_path / "shelf.jpg"
    path.write_bytes(jpeg(60))
    source = _open(str(path), clock)
    assert [shade_of(_picture(source)) for _ in range(2)] == [60, 60]
    path.write_bytes(jpeg(140))
    assert shade_of(_picture(source)) == 140
