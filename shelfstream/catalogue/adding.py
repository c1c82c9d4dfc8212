"""New cameras and products as people name them, on a page or the command line. Pure; every fault is told at once."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import ValidationError

from shelfstream.catalogue.camera_urls import url_faults
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.pictures import picture_bytes_fault
from shelfstream.catalogue.model import Camera, Product
from shelfstream.catalogue.plan_files.to_catalogue import slug_of
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import check_gtin
from shelfstream.wire import summary

_INTERVAL_S = (0.1, 3600.0)
_FROM_SHELF = "-shelf-"
_SUFFIXES = {".jpg", ".jpeg", ".png"}


def new_camera(catalogue: Catalogue, store: str, url: str, name: str, interval_s: float) -> Camera:
    """A camera that sees no bay yet, its id made from its name. Raises ``Faults``."""
    address, name = url.strip(), name.strip()
    faults = [Fault("address", what.removeprefix("url ")) for what in url_faults(address) if address]
    if not address:
        faults.append(Fault("address", "is missing: docs/cameras.md has the forms that there are"))
    if not _INTERVAL_S[0] <= interval_s <= _INTERVAL_S[1]:
        faults.append(Fault("seconds between pictures", f"must lie in {_INTERVAL_S[0]:g} to {_INTERVAL_S[1]:g}"))
    if faults:
        raise Faults("camera", faults)
    taken = {camera for at, camera in catalogue.cameras if at == store}
    try:
        return Camera(
            store=store, id=free_name(slug_of(name) or "cam", taken), name=name, url=address, interval_s=interval_s
        )
    except ValidationError as exc:
        raise Faults("camera", [Fault("camera", summary(exc))]) from exc


def new_product(
    catalogue: Catalogue, store: str, gtin: str, name: str, photographs: Mapping[str, bytes]
) -> tuple[Product, dict[str, bytes]]:
    """A product, or one that is there with more photographs, and these by the names that they are given.

    Raises ``Faults``.
    """
    faults = []
    number, name = gtin.strip(), name.strip()
    try:
        number = check_gtin(number)
    except ValueError as exc:
        faults.append(Fault("number", str(exc)))
    known = catalogue.products.get((store, number))
    if known is None and not name:
        faults.append(Fault("name", "is missing: say what the product is called"))
    if not photographs:
        faults.append(Fault("photographs", "are missing: one of its front at least, or it cannot be recognised"))
    for file_name, data in photographs.items():
        if (what := picture_bytes_fault(data)) is not None:
            faults.append(Fault(file_name, what))
    if faults:
        raise Faults("product", faults)
    try:
        product = Product(store=store, gtin=number, name=name or (known.name if known else ""))
    except ValidationError as exc:
        raise Faults("product", [Fault("product", summary(exc))]) from exc
    known = known or product
    kept = tuple(each.removeprefix("products/") for each in known.pictures)
    pictures = _named(number, kept, photographs)
    return known.model_copy(update={"name": product.name, "pictures": (*kept, *pictures)}), pictures


def from_shelf(picture: str) -> bool:
    """Whether a product's picture, by its name in a folder, is one that the shelf gave (``with_shelf_pictures``)."""
    return _FROM_SHELF in PurePosixPath(picture).stem


def with_shelf_pictures(product: Product, jpegs: Sequence[bytes]) -> tuple[Product, dict[str, bytes]]:
    """The product with these pictures of its own facings instead of those it had, and they by their names."""
    kept = tuple(each for each in product.pictures if not from_shelf(each))
    pictures = {f"{product.gtin}{_FROM_SHELF}{number}.jpg": jpeg for number, jpeg in enumerate(jpegs, 1)}
    return product.model_copy(update={"pictures": (*kept, *pictures)}), pictures


def _named(gtin: str, kept: Collection[str], photographs: Mapping[str, bytes]) -> dict[str, bytes]:
    taken = {PurePosixPath(each).stem for each in kept}
    pictures: dict[str, bytes] = {}
    for file_name, data in photographs.items():
        stem = free_name(gtin, taken, first=1)
        taken.add(stem)
        suffix = PurePosixPath(file_name).suffix.lower()
        pictures[f"{stem}{suffix if suffix in _SUFFIXES else '.jpg'}"] = data
    return pictures


def free_name(stem: str, taken: Collection[str], first: int = 0) -> str:
    """The stem itself, or with the first number from 2 on that is free; with ``first`` 1 always with a number."""
    names = (
        stem if number == 0 else f"{stem}-{number}" for number in range(first, len(taken) + 3) if number != 1 or first
    )
    return next(name for name in names if name not in taken)
