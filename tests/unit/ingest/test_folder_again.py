"""A watched folder that goes and comes back, and files in it that cannot be looked at."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest.sources.base import FolderMemory, Source
from ingest.sources.captured import SourceUnavailable
from ingest.sources.open import open_source
from ingest.sources.picture_files import list_pictures
from shelfstream.clock import ManualClock
from tests.unit.ingest.ingest_samples import START, jpeg, opening, shade_of
from tests.unit.ingest.running_ingest import QUICK, site, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "uploads"
    made.mkdir()
    return made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def _put(path: Path, shade: int, at: datetime = START) -> None:
    path.write_bytes(jpeg(shade))
    os.utime(path, (at.timestamp(), at.timestamp()))


def _shades(source: Source) -> list[int]:
    """Every picture that the source has to give now."""
    found = []
    while (captured := source.read(0.5)) is not None:
        found.append(round(shade_of(captured.picture), -1))
    return found


def _away_and_back(folder: Path, source: Source) -> None:
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(SourceUnavailable):
        source.read(0.5)
    source.close()
    away.rename(folder)


def test_a_folder_that_comes_back_gives_only_what_arrived_meanwhile(folder: Path, clock: ManualClock) -> None:
    """An archive is given once in a process: opened again, the folder goes on with what is new, dated by its file."""
    _put(folder / "a.jpg", 20)
    _put(folder / "b.jpg", 60)
    memory = FolderMemory()
    source = open_source(str(folder), {}, opening(clock, folder=memory))
    assert _shades(source) == [20, 60]
    _away_and_back(folder, source)
    _put(folder / "c.jpg", 140, START + timedelta(minutes=3))
    again = open_source(str(folder), {}, opening(clock, folder=memory))
    captured = again.read(1)
    assert captured is not None
    assert captured.captured_at == START + timedelta(minutes=3)
    assert _shades(again) == []


def test_pictures_that_were_not_given_yet_are_given_after_the_folder_is_back(folder: Path, clock: ManualClock) -> None:
    """A folder that goes in the middle of what was there loses nothing of it and repeats nothing."""
    for place, shade in enumerate((20, 60, 100)):
        _put(folder / f"{place}.jpg", shade)
    memory = FolderMemory()
    source = open_source(str(folder), {}, opening(clock, folder=memory))
    assert source.read(1) is not None
    _away_and_back(folder, source)
    assert _shades(open_source(str(folder), {}, opening(clock, folder=memory))) == [60, 100]


def test_a_mount_point_that_is_empty_for_a_while_does_not_make_news_of_the_archive(
    folder: Path, clock: ManualClock
) -> None:
    """While a disk is away its folder may be there and empty; what comes back with the disk is known."""
    _put(folder / "a.jpg", 20)
    source = open_source(str(folder), {}, opening(clock))
    assert _shades(source) == [20]
    (folder / "a.jpg").rename(folder.parent / "a.jpg")
    assert _shades(source) == []
    (folder.parent / "a.jpg").rename(folder / "a.jpg")
    assert _shades(source) == []


def test_what_cannot_be_looked_at_is_left_out_and_told_once(folder: Path, clock: ManualClock) -> None:
    """A link that leads to itself costs neither the other pictures nor a line of the log at every look."""
    (folder / "loop.jpg").symlink_to("loop.jpg")
    _put(folder / "a.jpg", 20)
    with capture_logs() as logs:
        source = open_source(str(folder), {}, opening(clock))
        assert _shades(source) == [20]
    assert [line["file"] for line in logs if "left out" in line["event"]] == ["loop.jpg"]


class _ClosedFolder:
    """``os.walk`` as it goes where a folder below may not be entered."""

    def __init__(self, closed: Path) -> None:
        self._closed = closed

    def __call__(self, top: Path, onerror: object = None) -> object:
        assert callable(onerror)
        onerror(PermissionError(13, "Permission denied", str(self._closed)))
        return iter([(str(top), [], ["a.jpg"])])


def test_a_closed_folder_below_is_left_out_and_the_folder_itself_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as ``lost+found`` on a disk of its own; a folder that is closed as a whole is unavailable, and says why."""
    _put(folder / "a.jpg", 20)
    monkeypatch.setattr(os, "walk", _ClosedFolder(folder / "lost+found"))
    seen = list_pictures(folder)
    assert (list(seen.found), seen.left_out) == (["a.jpg"], {"lost+found": "Permission denied"})
    monkeypatch.setattr(os, "walk", _ClosedFolder(folder))
    with pytest.raises(SourceUnavailable, match="Permission denied"):
        list_pictures(folder)


def test_the_running_service_does_not_give_an_archive_again(folder: Path) -> None:
    """Ingest connects to a folder that was away, and the bus sees each old picture once."""
    for place in range(3):
        _put(folder / f"{place}.jpg", 20 + 40 * place)
    with site() as main, main.ingest(QUICK):
        main.put("left", str(folder))
        until(lambda: len(main.frames("left")) == 3)
        away = folder.rename(folder.with_name("away"))
        until(lambda: main.state("left") == "offline")
        away.rename(folder)
        _put(folder / "new.jpg", 180)
        until(lambda: len(main.frames("left")) > 3)
        until(lambda: main.state("left") == "offline")  # nothing more has come for a while
        shades = [round(shade_of(picture), -1) for _, picture in main.frames("left")]
    assert shades == [20, 60, 100, 180]
