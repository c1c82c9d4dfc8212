"""Publishing a catalogue: pictures first, then versions in SQL, then what holds now on the bus.

Each step may be repeated: after a crash anywhere, publishing again completes what is missing.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from shelfstream.bus.seam import Admin, Producer, Reader
from shelfstream.catalogue.bus_sync import BusChanges, bring_bus_to
from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.rules import check_catalogue
from shelfstream.catalogue.sql_versions import Written, catalogue_at, changes_after, stores_known, write_versions
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults
from shelfstream.picture_file import read_header
from shelfstream.sql import reading, writing

PictureOf = Callable[[str, str], bytes]
"""Bytes of a product picture by store and by what ``Product.pictures`` calls it."""


class PictureShelf(Protocol):
    """The part of the picture store that publishing needs."""

    def put(self, picture_id: str, jpeg: bytes, /) -> None: ...

    def get(self, picture_id: str, /) -> bytes | None: ...

    def exists(self, picture_id: str, /) -> bool: ...


@dataclass(frozen=True)
class Outlets:
    """Where a catalogue goes."""

    pictures: PictureShelf
    engine: Engine
    producer: Producer
    reader: Reader
    admin: Admin


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing has changed."""

    pictures: int
    versions: Written
    bus: BusChanges


def publish(
    catalogue: Catalogue, picture_of: PictureOf, outlets: Outlets, *, now: datetime, valid_from: datetime | None = None
) -> Published:
    """Make a checked catalogue hold for its stores from ``valid_from`` (default ``now``) on.

    Raises ``Faults`` for a date in the past and where it does not fit to versions planned for later (nothing is
    changed then), ``Unavailable`` when the bus, SQL or the picture store is away (publish again).
    """
    begins = now if valid_from is None else valid_from
    if begins < now:
        what = f"{begins.isoformat()} is in the past; what has been is not rewritten"
        raise Faults("catalogue", [Fault("valid_from", what)])
    addressed, pictures = _shelve_pictures(catalogue, picture_of, outlets.pictures)
    stores = tuple(catalogue.stores)
    with writing(outlets.engine) as connection:
        written = write_versions(connection, stores, addressed, begins, now)
        _refuse_broken_plans(connection, stores, begins)
    return Published(pictures, written, activate(outlets, now=now, stores=stores))


def withdraw(store: str, outlets: Outlets, *, now: datetime) -> Published:
    """End everything of a store as of now. Raises ``Unavailable``."""
    with writing(outlets.engine) as connection:
        written = write_versions(connection, (store,), Catalogue(), now, now)
    return Published(0, written, activate(outlets, now=now, stores=(store,)))


def activate(outlets: Outlets, *, now: datetime, stores: Collection[str] | None = None) -> BusChanges:
    """Bring the bus to what holds now by SQL, for these stores or for all that SQL knows. Raises ``Unavailable``."""
    with reading(outlets.engine) as connection:
        wanted_stores = stores_known(connection) if stores is None else tuple(stores)
        wanted = catalogue_at(connection, now, wanted_stores)
    return bring_bus_to(wanted, wanted_stores, outlets.producer, outlets.reader, outlets.admin)


def _shelve_pictures(catalogue: Catalogue, picture_of: PictureOf, shelf: PictureShelf) -> tuple[Catalogue, int]:
    """The catalogue with its pictures named by their contents, and how many of them were new."""
    new = 0
    products = []
    for product in catalogue.products.values():
        ids = []
        for name in product.pictures:
            data = picture_of(product.store, name)
            ids.append(picture_id(data))
            if not shelf.exists(ids[-1]):
                shelf.put(ids[-1], data)
                new += 1
        products.append(product.model_copy(update={"pictures": tuple(ids)}))
    return Catalogue.of([*catalogue.entities(), *products]), new


def picture_id(data: bytes) -> str:
    """Where a product picture stands in the picture store: the same bytes always at the same place."""
    return f"products/{hashlib.sha256(data).hexdigest()}.{read_header(data).suffix}"


def _refuse_broken_plans(connection: Connection, stores: Collection[str], begins: datetime) -> None:
    faults = [
        Fault(f"{finding.subject} from {moment.isoformat()}", finding.what)
        for moment in [begins, *changes_after(connection, begins, stores)]
        for finding in check_catalogue(catalogue_at(connection, moment, stores))
        if finding.severity is Severity.FAULT
    ]
    if faults:
        raise Faults("catalogue together with what is planned", faults)
