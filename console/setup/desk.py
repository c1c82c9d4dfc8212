"""Where changes that are made on pages are written: the catalogue's folder, so that folder and bus say the same."""

import threading
from collections.abc import Mapping
from pathlib import Path

from analytics.plan_learning.draft import DraftPlan
from console.setup.drafting import with_draft
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity, subject_of
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.catalogue.folder.write import write_bays, write_cameras, write_folder, write_products, write_slots
from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Product, Reset
from shelfstream.errors import Fault, Faults


class CatalogueDesk:
    """A catalogue folder that pages may write to. Any thread may use it; one change at a time.

    Whoever follows the folder publishes what is written, as an edit by hand. Every method raises ``Faults``: for a
    folder that is faulty already, which is not made worse, and for a change that would make it so.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def add_camera(self, camera: Camera) -> None:
        """Write a camera that is new. Raises ``Faults`` where one of that name is there."""
        with self._lock:
            catalogue, place = self._read(camera.store)
            if (camera.store, camera.id) in catalogue.cameras:
                raise Faults("camera", [Fault(camera.id, "there is such a camera already: choose another name")])
            self._write_cameras(catalogue, place, camera)

    def put_camera(self, camera: Camera) -> None:
        """Write a camera as it is now."""
        with self._lock:
            self._write_cameras(*self._read(camera.store), camera)

    def put_product(self, product: Product, pictures: Mapping[str, bytes]) -> None:
        """Write a product as it is now; ``pictures`` are its new ones, by the names that it has for them."""
        with self._lock:
            catalogue, place = self._read(product.store)
            changed = _with(catalogue, product)
            _check(changed)

            def picture(name: str) -> bytes:
                return pictures[name] if name in pictures else picture_path(place, name).read_bytes()

            write_products([each for each in changed.products.values() if each.store == product.store], place, picture)

    def put_plan(self, draft: DraftPlan, camera: Camera) -> None:
        """Write a bay with its places and the products that are new in it, and the camera that sees it."""
        with self._lock:
            catalogue, place = self._read(camera.store)
            changed = with_draft(catalogue, draft, camera)
            _check(changed)
            alone = Catalogue.of(each for each in changed.entities() if _store_of(each) == camera.store)
            write_folder(alone, place, lambda name: picture_path(place, name).read_bytes())

    def take_out(self, store: str, slot: str, gtin: str) -> None:
        """Take a place out of the plan, if it is still planned for the product."""
        with self._lock:
            catalogue, place = self._read(store)
            planned = catalogue.slots.get((store, slot))
            if planned is None or planned.gtin != gtin:
                raise Faults("catalogue", [Fault(slot, "is planned for another product by now, or not at all")])
            left = [each for each in catalogue.slots.values() if each.store == store and each.id != slot]
            write_slots(left, place)

    def put_reset(self, store: str, bay: str, reset: Reset | None) -> None:
        """Write between which times a bay is rebuilt; ``None``: it is not."""
        with self._lock:
            catalogue, place = self._read(store)
            before = catalogue.bays.get((store, bay))
            if before is None:
                raise Faults("catalogue", [Fault(bay, "is no bay of the store any more")])
            changed = _with(catalogue, before.model_copy(update={"reset": reset}))
            write_bays([each for each in changed.bays.values() if each.store == store], place)

    def _read(self, store: str) -> tuple[Catalogue, Path]:
        checked = check_folder(self.folder)
        if checked.faults:
            raise Faults(f"catalogue in {self.folder}", checked.faults)
        if store not in checked.folders:
            raise Faults("catalogue", [Fault(str(self.folder), f"has no store {store}")])
        return checked.catalogue, checked.folders[store]

    def _write_cameras(self, catalogue: Catalogue, place: Path, camera: Camera) -> None:
        changed = _with(catalogue, camera)
        _check(changed)
        write_cameras([each for each in changed.cameras.values() if each.store == camera.store], place)


def _with(catalogue: Catalogue, entity: Bay | Camera | Product) -> Catalogue:
    subject = subject_of(entity)
    return Catalogue.of([*(each for each in catalogue.entities() if subject_of(each) != subject), entity])


def _store_of(entity: CatalogueEntity) -> str:
    return subject_of(entity).store


def _check(catalogue: Catalogue) -> None:
    found = [each for each in check_catalogue(catalogue) if each.severity is Severity.FAULT]
    if found:
        raise Faults("catalogue", [Fault(str(each.subject), each.what) for each in found])
