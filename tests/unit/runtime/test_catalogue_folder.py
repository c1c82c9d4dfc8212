"""A catalogue folder that is followed: edits hold, faults are told, and nothing is taken up half."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.demo.settings import DEMO_STORE
from deploy.runtime.catalogue_folder import FolderFollower, fingerprint
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.catalogue.view import CatalogueView
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.migrations.upgrade import upgrade
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

_STORE = "demo-market"
_WITHIN_S = 20.0


class Place:
    """A folder, what follows it, and what holds on the bus."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.bus = EmbeddedBus(None, SystemClock())
        engine = engine_of(f"sqlite:///{data / 'a.db'}")
        upgrade(engine)
        pictures = PictureStore(str(data / "pictures"))
        self.context = StageContext(self.bus, SystemClock(), pictures, "test", None, engine, Metrics())
        self._view = CatalogueView(range(4), lambda record, invalid: None)

    def store_name(self) -> str:
        """The store's name as every stage knows it now."""
        with closing(self.bus.reader()) as reader:
            self._view.refresh(reader)
        stores = self._view.snapshot.catalogue.stores
        return stores[_STORE].name if _STORE in stores else ""

    def rename(self, name: str) -> None:
        """Edit the store's file."""
        path = self.folder / "store.yaml"
        lines = [f"name: {name}" if line.startswith("name:") else line for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines) + "\n")

    @contextmanager
    def followed(self) -> Iterator[FolderFollower]:
        """While the folder is followed."""
        follower, stop = FolderFollower(self.folder, self.context, every_s=0.05), threading.Event()
        thread = threading.Thread(target=follower.run, args=(stop,))
        thread.start()
        try:
            yield follower
        finally:
            stop.set()
            thread.join(_WITHIN_S)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(DEMO_STORE, tmp_path / "store")
    made = Place(tmp_path / "store", tmp_path)
    yield made
    made.context.engine.dispose()
    made.bus.close()


def until(done: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + _WITHIN_S
    while not done():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def test_a_folder_holds_from_the_start_and_so_do_its_edits(place: Place) -> None:
    """What the folder says is on the bus, and what it says after an edit, without anybody's doing."""
    with place.followed() as follower:
        until(follower.ready)
        first = place.store_name()
        place.rename("Corner Shop")
        until(lambda: place.store_name() == "Corner Shop")
    assert first not in ("", "Corner Shop")


def test_an_edit_with_faults_changes_nothing_and_is_told_with_its_line(place: Place) -> None:
    """The log names file and line once; what held before holds until the fault is mended."""
    with capture_logs() as logs, place.followed() as follower:
        until(follower.ready)
        before = place.store_name()
        sound = (place.folder / "store.yaml").read_text()
        (place.folder / "store.yaml").write_text(sound + "colour: green\n")
        until(lambda: any(entry["event"] == "catalogue_fault" for entry in logs))
        assert place.store_name() == before
        (place.folder / "store.yaml").write_text(sound)
        place.rename("Mended")
        until(lambda: place.store_name() == "Mended")
    faults = [entry for entry in logs if entry["event"] == "catalogue_fault"]
    assert len(faults) == 1
    assert faults[0]["where"].startswith("store.yaml:")
    assert "colour" in faults[0]["what"]


def test_a_folder_that_is_still_being_written_is_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as two looks see different files nothing is taken up: a copy half done would be a plan half gone."""
    looks: list[int] = []

    def moving(folder: Path) -> frozenset[tuple[str, int, int]]:
        looks.append(len(looks))
        return fingerprint(folder) | {("growing", len(looks) if 1 < len(looks) < 40 else 0, 0)}

    monkeypatch.setattr("deploy.runtime.catalogue_folder.fingerprint", moving)
    with place.followed() as follower:
        until(follower.ready)
        place.rename("Whole")
        until(lambda: len(looks) > 20)
        assert place.store_name() != "Whole"
        until(lambda: place.store_name() == "Whole")


def test_a_store_that_left_the_folder_is_told_and_stays(tmp_path: Path) -> None:
    """Whoever empties a folder by mistake loses no store: the log names the command that would end it."""
    folder = tmp_path / "stores"
    shutil.copytree(DEMO_STORE, folder / "one")
    shutil.copytree(DEMO_STORE, folder / "two")
    path = folder / "two" / "store.yaml"
    path.write_text(path.read_text().replace(f"id: {_STORE}", "id: second"))
    cameras = folder / "two" / "cameras.yaml"
    cameras.write_text(cameras.read_text().replace(f"sim://{_STORE}/", "sim://second/"))
    place = Place(folder, tmp_path)
    with capture_logs() as logs, place.followed() as follower:
        until(follower.ready)
        shutil.rmtree(folder / "two")
        until(lambda: any(entry["event"] == "store_left_the_folder" for entry in logs))
    (left,) = (entry for entry in logs if entry["event"] == "store_left_the_folder")
    assert left["command"] == "shelfstream catalogue withdraw second"
    assert place.store_name()
