"""What every picture store promises, on a folder and in memory."""

import os
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfstream.errors import Faults, Unavailable
from shelfstream.file_store import PictureStore

_PLATE = "plates/mill-road/aisle-1/00000012-00000034.jpg"
_EVIDENCE = "evidence/mill-road/e1/after.png"


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PictureStore:
    """One empty store of each kind."""
    if request.param == "folder":
        return PictureStore(f"file://{tmp_path}/pictures")
    return PictureStore(f"memory://{uuid.uuid4().hex}")


def test_gives_back_what_was_put(store: PictureStore) -> None:
    """A picture is there, byte by byte, after it was put, and not before."""
    assert store.get(_PLATE) is None
    assert not store.exists(_PLATE)
    store.put(_PLATE, b"\xff\xd8picture")
    assert store.get(_PLATE) == b"\xff\xd8picture"
    assert store.exists(_PLATE)


def test_putting_again_replaces(store: PictureStore) -> None:
    """The same id twice is one picture: the later one."""
    store.put(_PLATE, b"old")
    store.put(_PLATE, b"newer")
    assert store.get(_PLATE) == b"newer"
    assert [stored.size_bytes for stored in store.list()] == [5]


def test_forgets(store: PictureStore) -> None:
    """A deleted picture is gone, and deleting it again is no fault."""
    store.put(_PLATE, b"x")
    store.delete(_PLATE)
    store.delete(_PLATE)
    assert store.get(_PLATE) is None
    assert list(store.list()) == []


def test_lists_below_a_prefix(store: PictureStore) -> None:
    """Listing tells ids, sizes and times of the pictures below whole leading parts, and of no others."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    store.put(_PLATE, b"plate")
    store.put(_EVIDENCE, b"crop")
    store.put("plates/mill-road-2/c/1-1.jpg", b"other store")
    (found,) = store.list("plates/mill-road")
    assert (found.id, found.size_bytes) == (_PLATE, 5)
    assert before <= found.written_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert {stored.id for stored in store.list()} == {_PLATE, _EVIDENCE, "plates/mill-road-2/c/1-1.jpg"}
    assert list(store.list("nothing/here")) == []


def test_deletes_what_is_older(store: PictureStore) -> None:
    """Retention deletes what was written before a time, only below its prefix, and counts it."""
    store.put(_PLATE, b"plate")
    store.put(_EVIDENCE, b"crop")
    assert store.delete_older("plates", datetime.now(UTC) - timedelta(hours=1)) == 0
    assert store.delete_older("plates", datetime.now(UTC) + timedelta(hours=1)) == 1
    assert [stored.id for stored in store.list()] == [_EVIDENCE]


@pytest.mark.parametrize(
    "wrong",
    [
        "../secret.jpg",
        "/etc/passwd.jpg",
        "plates/../../x.jpg",
        "plates//x.jpg",
        "a/.hidden.jpg",
        "a/x.gif",
        "",
        "a\0.jpg",
    ],
)
def test_refuses_what_is_no_id(store: PictureStore, wrong: str) -> None:
    """No id leads out of the store or to another kind of file."""
    for ask in (store.get, store.exists, store.delete, lambda each: store.put(each, b"")):
        with pytest.raises(ValueError, match="no "):
            ask(wrong)


@given(parts=st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_slugs_make_an_id(store: PictureStore, parts: list[str]) -> None:
    """Whatever slugs an id is made of, its picture comes back and is listed under that id."""
    picture_id = f"any/{uuid.uuid4().hex}/{'/'.join(parts)}.jpg"
    store.put(picture_id, picture_id.encode())
    assert store.get(picture_id) == picture_id.encode()
    assert picture_id in {stored.id for stored in store.list(picture_id.rpartition("/")[0])}
    store.delete(picture_id)


def test_readers_never_see_half_a_picture(store: PictureStore) -> None:
    """While one thread replaces a picture again and again, another sees whole pictures only."""
    whole = {bytes([value]) * 200_000 for value in range(4)}
    done = threading.Event()
    store.put(_PLATE, b"\0" * 200_000)

    def write() -> None:
        value = 0
        while not done.is_set():
            value = (value + 1) % 4
            store.put(_PLATE, bytes([value]) * 200_000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [store.get(_PLATE) for _ in range(300)]
    finally:
        done.set()
        writer.join()
    assert set(seen) <= whole


def test_writers_and_deletions_do_not_disturb_one_another(store: PictureStore) -> None:
    """Pictures put beside others that are being deleted are all there in the end."""

    def churn() -> None:
        for number in range(200):
            store.put(f"evidence/s/e{number % 3}/before.jpg", b"x")
            store.delete(f"evidence/s/e{number % 3}/before.jpg")

    thread = threading.Thread(target=churn)
    thread.start()
    for number in range(200):
        store.put(f"evidence/s/e{number % 3}/after.jpg", b"y")
    thread.join()
    assert all(store.get(f"evidence/s/e{number}/after.jpg") == b"y" for number in range(3))


def _in_folder(act: Callable[[PictureStore], object], folder: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        act(PictureStore(str(folder)))
    assert str(folder) in caught.value.what


def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    """A store whose place is taken by a file says that it is away instead of crashing its stage."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    _in_folder(lambda store: store.put(_PLATE, b"x"), blocked)


def test_leaves_no_empty_folders_and_no_halves(tmp_path: Path) -> None:
    """Retention also removes emptied folders of events, and what a crash left half-written."""
    store = PictureStore(str(tmp_path))
    store.put(_EVIDENCE, b"crop")
    half = tmp_path / "evidence" / "mill-road" / f".{uuid.uuid4().hex}.partial"
    half.write_bytes(b"ha")
    old_s = time.time() - 3600
    os.utime(half, (old_s, old_s))
    os.utime(tmp_path / _EVIDENCE, (old_s, old_s))
    assert [stored.id for stored in store.list()] == [_EVIDENCE]
    assert store.delete_older("evidence", datetime.now(UTC) - timedelta(minutes=1)) == 1
    assert not half.exists()
    assert not (tmp_path / "evidence" / "mill-road" / "e1").exists()


def test_an_unknown_kind_of_url_is_a_fault() -> None:
    """A URL that nothing can open is told as a fault of the settings, not as a crash."""
    with pytest.raises(Faults, match="nonsense"):
        PictureStore("nonsense://bucket")
