"""Writes a catalogue as a folder that a person can edit; ``read_folder`` reads back an equal one."""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import yaml

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.notation import hours_text, number_text, point_text
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import BAYS_FILE, CAMERAS_FILE, PRODUCTS_FILE, SLOTS_FILE, STORE_FILE
from shelfstream.catalogue.model import Bay, Calibration, Camera, Product, Route, Slot, Store
from shelfstream.catalogue.values import Entity

_CONTENT_PREFIX = "products/"
AnyPlaced = TypeVar("AnyPlaced", Camera, Bay, Slot, Product)


def write_folder(catalogue: Catalogue, path: Path, picture: Callable[[str], bytes]) -> None:
    """Write every store: one into ``path`` itself, several into sub-folders named by their ids.

    ``picture`` gives the bytes of a product picture by what ``Product.pictures`` calls it.
    """
    for store in catalogue.stores.values():
        folder = path if len(catalogue.stores) == 1 else path / store.id
        folder.mkdir(parents=True, exist_ok=True)
        _write_store(store, catalogue, folder)
        _write_pictures(_of(store, catalogue.products.values()), folder, picture)


def write_products(products: Sequence[Product], folder: Path, picture: Callable[[str], bytes]) -> None:
    """Write one store's products and their pictures into its folder; its other files are left alone."""
    _write_pictures(products, folder, picture)
    _write_table(folder / PRODUCTS_FILE, Product, [_product(each) for each in products])


def write_slots(slots: Sequence[Slot], folder: Path) -> None:
    """Write one store's slots into its folder; its other files are left alone."""
    _write_table(folder / SLOTS_FILE, Slot, [_fields(each) for each in slots])


def _write_pictures(products: Sequence[Product], folder: Path, picture: Callable[[str], bytes]) -> None:
    for product in products:
        for name in product.pictures:
            target = picture_path(folder, _file_name(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(picture(name))


def _write_store(store: Store, catalogue: Catalogue, folder: Path) -> None:
    fields = {**_fields(store), "hours": hours_text(store.hours)}
    if store.quiet:
        fields["quiet"] = hours_text(store.quiet)
    if store.routes:
        fields["routes"] = [_route(each) for each in store.routes]
    if store.budget is not None:
        fields["budget"] = store.budget.model_dump(mode="json")
    _write_yaml(folder / STORE_FILE, fields)
    write_cameras(_of(store, catalogue.cameras.values()), folder)
    write_bays(_of(store, catalogue.bays.values()), folder)
    write_slots(_of(store, catalogue.slots.values()), folder)
    _write_table(folder / PRODUCTS_FILE, Product, [_product(each) for each in _of(store, catalogue.products.values())])


def _route(route: Route) -> dict[str, object]:
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in _fields(route).items()}
    return {**fields, "hours": hours_text(route.hours)} if route.hours else fields


def write_cameras(cameras: Iterable[Camera], folder: Path) -> None:
    """Write one store's cameras into its folder; its other files are left alone."""
    (folder / CAMERAS_FILE).write_text(cameras_text(cameras), encoding="utf-8")


def write_bays(bays: Iterable[Bay], folder: Path) -> None:
    """Write one store's bays into its folder; its other files are left alone."""
    _write_yaml(folder / BAYS_FILE, [_bay(each) for each in bays])


def cameras_text(cameras: Iterable[Camera]) -> str:
    """One store's cameras as ``cameras.yaml`` has them."""
    return _yaml([_camera(each) for each in cameras])


def _of(store: Store, entities: Iterable[AnyPlaced]) -> list[AnyPlaced]:
    return [entity for entity in entities if entity.store == store.id]


def _camera(camera: Camera) -> dict[str, object]:
    return {**_fields(camera), "calibrations": [_calibration(each) for each in camera.calibrations]}


def _calibration(calibration: Calibration) -> dict[str, object]:
    lens = {} if calibration.lens is None else {"lens": _fields(calibration.lens)}
    points = [point_text(pair.image_px, pair.bay_mm) for pair in calibration.points]
    return {"bay": calibration.bay, **lens, "points": points}


def _bay(bay: Bay) -> dict[str, object]:
    times = {} if bay.reset is None else bay.reset.model_dump(mode="json")
    reset = {"reset": times} if times else {}
    return {**_fields(bay), **reset, "shelves": [_fields(each) for each in bay.shelves]}


def _product(product: Product) -> dict[str, object]:
    return {**_fields(product), "pictures": ";".join(_file_name(name) for name in product.pictures)}


def _file_name(name: str) -> str:
    return name.removeprefix(_CONTENT_PREFIX)


def _fields(entity: Entity) -> dict[str, object]:
    """Fields that differ from their defaults, in the model's order; numbers as texts that read back the same."""
    fields = {}
    for name, field in type(entity).model_fields.items():
        value = getattr(entity, name)
        if name != "store" and value is not None and (field.is_required() or value != field.default):
            fields[name] = value
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, Decimal | date) else value


def _write_yaml(path: Path, value: object) -> None:
    path.write_text(_yaml(value), encoding="utf-8")


def _yaml(value: object) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))


def _write_table(path: Path, model: type[Entity], rows: list[dict[str, object]]) -> None:
    columns = [name for name in model.model_fields if name != "store"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: object) -> str:
    return number_text(value) if isinstance(value, float) else str(value)
