"""The archive: each record once and in order, however often it was written, joined or begun anew."""

import random
import threading
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.archive.__main__ import ArchivistHandler, build
from analytics.archive.archive import SUFFIX, TOP, Archive, in_order
from analytics.archive.settings import ArchivistSettings
from analytics.archive.upkeep import Upkeep
from detector.contract import FrameFacings
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.topics import ANSWERS, CAMERAS, FACINGS
from shelfstream.clock import ManualClock, SystemClock
from shelfstream.errors import Faults
from shelfstream.file_store import FileStore, PictureStore, archive_at
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.analytics.analytics_rig import send, until
from tests.unit.analytics.analytics_shelf import START, STORE, frame

_HOURS = timedelta(hours=6)


def record(offset: int, minutes: float, store: str = STORE, topic: str = FACINGS) -> Record:
    """A record as the log gives it."""
    at = START + timedelta(minutes=minutes)
    return Record(Partition(topic, 3), offset, f"{store}/c1".encode(), b"%d" % offset, (("h", b"\x00\xff"),), at)


@pytest.fixture(params=["memory", "folder"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """An archive's files, in memory and in a folder."""
    return archive_at(f"memory://{tmp_path.name}" if request.param == "memory" else str(tmp_path / "archive"))


times = st.lists(st.floats(0, 240, allow_nan=False), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(minutes=times, chance=st.randoms(use_true_random=False))
def test_every_record_is_read_once_and_in_order(minutes: list[float], chance: random.Random) -> None:
    """Batches in any order, some written again, hours joined in between and a joining that a crash undid by half."""
    archive = Archive(archive_at(f"memory://archive-{uuid4().hex}"))
    found = [record(offset, each, chance.choice((STORE, "other"))) for offset, each in enumerate(minutes)]
    batches = [found[start : start + 5] for start in range(0, len(found), 5)]
    for batch in [*batches, *chance.choices(batches, k=3)]:
        archive.write(batch)
        if chance.random() < 0.3:
            archive.join(START + _HOURS)
    archive.write(found)
    for store in (STORE, "other"):
        wanted = sorted((each for each in found if (each.key or b"").startswith(store.encode())), key=in_order)
        assert list(archive.read(store, START, START + _HOURS)) == wanted
        start, stop = START + timedelta(minutes=50), START + timedelta(minutes=130)
        within = [each for each in wanted if start <= each.appended_at < stop]
        assert list(archive.read(store, start, stop)) == within


def test_an_hour_that_is_over_becomes_one_file_of_the_same_bytes(files: FileStore) -> None:
    """Joined files say the same, are joined once, and two archives of equal records are equal; a young hour waits."""
    archive = Archive(files)
    for offset in range(6):
        archive.write([record(offset, 20.0 * offset)])
    assert archive.join(START + timedelta(minutes=70)) == 0
    assert archive.join(START + timedelta(minutes=80)) == 1
    assert archive.join(START + timedelta(minutes=80)) == 0
    whole = [stored.id for stored in files.list(TOP) if "/09-" in stored.id]
    assert len(whole) == 1
    assert [each.offset for each in archive.read(STORE, START, START + _HOURS)] == list(range(6))
    other = archive_at("memory://other-archive")
    Archive(other).write([record(offset, 20.0 * offset) for offset in (2, 0, 1)])
    assert [other.get(stored.id) for stored in other.list(TOP)] == [files.get(whole[0])]


def test_days_are_forgotten_whole_and_no_younger_one_is(files: FileStore) -> None:
    """What is older than the days to be kept goes, empty folders too; the upkeep does so without being told twice."""
    archive = Archive(files)
    archive.write([record(offset, 24 * 60.0 * offset) for offset in range(5)])
    clock = ManualClock(START + timedelta(days=4))
    upkeep = Upkeep(archive, ArchivistSettings(keep_days=2), clock)
    upkeep.round_if_due()
    days = sorted(stored.id.split("/")[2] for stored in files.list(TOP))
    assert days == ["2026-03-04", "2026-03-05", "2026-03-06"]
    assert archive.forget(date(2027, 1, 1)) == 3
    assert list(files.list(TOP)) == []


@pytest.mark.parametrize("data", [b"", b"PAR1 no more than that", b"x" * 1000])
def test_a_spoilt_file_is_told_by_its_name(files: FileStore, data: bytes) -> None:
    """A file that is no Parquet ends reading with a sentence that names it, and nothing is made up from it."""
    archive = Archive(files)
    archive.write([record(1, 0.0)])
    files.put(f"{TOP}/{STORE}/2026-03-02/09-spoilt{SUFFIX}", data)
    with pytest.raises(Faults, match="09-spoilt"):
        list(archive.read(STORE, START, START + _HOURS))


def test_what_analytics_would_not_take_in_is_not_kept() -> None:
    """Junk, claims and deletions are skipped: they move no belief. Facings are kept to the byte."""
    handler = ArchivistHandler()
    good = frame(1).message()
    at = Partition(FACINGS, 0)
    taken = Record(at, 0, good.key.encode(), good.value, (), START)
    assert handler.decode(taken) is taken
    assert handler.decode(Record(at, 1, good.key.encode(), b"junk", (), START)) is None
    assert handler.decode(Record(at, 2, b"other/c1", good.value, (), START)) is None
    assert handler.decode(Record(Partition(CAMERAS, 0), 3, b"mill-road/c1", None, (), START)) is None
    assert handler.decode(Record(Partition(ANSWERS, 0), 4, b"mill-road/s1-1", b"{}", (), START)) is None


def test_a_stop_does_not_wait_for_the_batchs_minute() -> None:
    """What came before a stop is written and committed at once, and the next start writes nothing again."""
    bus = EmbeddedBus(None, SystemClock())
    engine, metrics = engine_of("sqlite://"), Metrics()
    files = archive_at("memory://archive-of-a-stop")
    parts = StageContext(bus, SystemClock(), PictureStore("memory://"), "a", None, engine, metrics, archive=files)
    send(bus, [frame(n).message() for n in range(3)])
    for _ in range(2):
        service, stop = build(ArchivistSettings(write_every_s=60), parts), threading.Event()
        thread = threading.Thread(target=service.run, args=(stop,))
        thread.start()
        until(service.ready, "the archivist")
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    now = SystemClock().now()
    kept = list(Archive(files).read(STORE, now - timedelta(hours=1), now + timedelta(hours=1)))
    assert [FrameFacings.decode(each.value).sequence for each in kept] == [0, 1, 2]
    assert metrics.value("shelfstream_archivist_records_total") == 3
    bus.close()
