"""The demo's store, published from the folder that ``catalogue publish`` would read too, and its data folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.runtime.open import targets_on
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.catalogue.publish import publish
from shelfstream.errors import Fault, Faults
from shelfstream.service import StageContext

_LOCK = "demo.lock"

DEMO_STORE = Path(__file__).parents[1] / "demo_store"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and keep other demos out of it; the kernel lets go when this process ends, however it does.

    Raises ``Faults`` where it cannot be made, or another demo runs on it, which is left in peace.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a")
    except OSError as exc:
        raise Faults("demo", [Fault("--data", f"{folder} cannot be written to: {exc.strerror}")]) from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            message = f"another demo runs on {folder}; stop that one, or choose another folder"
            raise Faults("demo", [Fault("--data", message)]) from exc
        yield


def publish_store(folder: Path, parts: StageContext) -> Catalogue:
    """Check and publish a catalogue folder; returns what it says. Raises ``Faults`` and ``Unavailable``."""
    checked = check_folder(folder)
    if checked.faults:
        raise Faults(f"catalogue in {folder}", checked.faults)

    def picture_of(store: str, name: str) -> bytes:
        return picture_path(checked.folders[store], name).read_bytes()

    with targets_on(parts.bus, parts.engine, parts.pictures) as targets:
        publish(checked.catalogue, picture_of, targets, now=parts.clock.now())
    return checked.catalogue
