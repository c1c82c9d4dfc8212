"""Publishes the demo's store: the same folder that ``shelfstream catalogue publish`` would read."""

from contextlib import ExitStack, closing
from pathlib import Path

from shelfstream.catalogue.folder import check_folder
from shelfstream.catalogue.folder_pictures import picture_path
from shelfstream.catalogue.publish import Outlets, publish
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults
from shelfstream.parts import Parts

DEMO_STORE = Path(__file__).parents[1] / "demo_store"


def publish_store(folder: Path, parts: Parts) -> Catalogue:
    """Check and publish a catalogue folder; returns what it says. Raises ``Faults`` and ``Unavailable``."""
    checked = check_folder(folder)
    if checked.faults:
        raise Faults(f"catalogue in {folder}", checked.faults)
    if parts.engine is None:
        raise Faults("demo", [Fault("sql", "is needed for the catalogue's versions")])

    def picture_of(store: str, name: str) -> bytes:
        return picture_path(checked.folders[store], name).read_bytes()

    with ExitStack() as stack:
        outlets = Outlets(
            pictures=parts.pictures,
            engine=parts.engine,
            producer=stack.enter_context(closing(parts.bus.producer())),
            reader=stack.enter_context(closing(parts.bus.reader())),
            admin=stack.enter_context(closing(parts.bus.admin())),
        )
        publish(checked.catalogue, picture_of, outlets, now=parts.clock.now())
    return checked.catalogue
