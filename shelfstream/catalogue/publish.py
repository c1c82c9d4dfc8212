"""Publishing a catalogue: pictures first, then versions in SQL, then what holds now on the bus, as a difference."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from shelfstream.bus.api import Admin, Message, Partition, Producer, Reader
from shelfstream.bus.delivery import send_all
from shelfstream.bus.topics import CATALOGUE, check_partitioning, partition_of, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity, Subject
from shelfstream.catalogue.model import Kind
from shelfstream.catalogue.records import entity_message, gone_message, read_subject
from shelfstream.catalogue.versions_sql import Written, catalogue_at, changes_after, stores_known, write_versions
from shelfstream.errors import Fault, Faults, InvalidMessage
from shelfstream.picture_file import read_header
from shelfstream.sql import reading, writing

_GOING_ORDER = (Kind.CAMERA, Kind.SLOT, Kind.BAY, Kind.PRODUCT, Kind.STORE)


@dataclass(frozen=True, slots=True)
class BusChanges:
    """How many entities were sent, and how many tombstones."""

    sent: int
    gone: int


def bring_bus_to(
    wanted: Catalogue, stores: Collection[str], producer: Producer, reader: Reader, admin: Admin
) -> BusChanges:
    """Send what these stores lack or have differently, delete what is not wanted, and wait for every acknowledgement.

    What others refer to is sent before them and deleted after them. Raises ``Faults`` when the topic is not
    there, ``Unavailable`` when the bus is away or does not acknowledge in time.
    """
    found = _newest(stores, reader, admin)
    messages = [entity_message(entity) for entity in wanted.entities()]
    changed = [message for message in messages if found.get(message.key) != message.value]
    kept = {message.key for message in messages}
    tombstones = _tombstones(key for key, value in found.items() if value is not None and key not in kept)
    send_all(
        producer,
        [*changed, *tombstones],
        otherwise="the bus did not acknowledge the catalogue in time; publish again",
    )
    return BusChanges(len(changed), len(tombstones))


def _newest(stores: Collection[str], reader: Reader, admin: Admin) -> dict[str, bytes | None]:
    """The newest value of each key of these stores, as it stands on the bus."""
    table = topic_table()
    counts = admin.partition_counts([CATALOGUE])
    check_partitioning(counts, [CATALOGUE], table)
    indexes = {partition_of(store, table[CATALOGUE], counts[CATALOGUE]) for store in stores}
    newest: dict[str, bytes | None] = {}
    for index in sorted(indexes):
        partition = Partition(CATALOGUE, index)
        for record in reader.read(partition, *reader.bounds(partition)):
            key = (record.key or b"").decode(errors="replace")
            if key.partition("/")[0] in stores:
                newest[key] = record.value
    return newest


def _tombstones(keys: Iterable[str]) -> list[Message]:
    """Deletions, in the order in which nothing is left referring to what is gone. Keys of others are left alone."""
    subjects: list[Subject] = []
    for key in keys:
        try:
            subjects.append(read_subject(key.encode()))
        except InvalidMessage:
            continue
    return [gone_message(each) for each in sorted(subjects, key=lambda each: _GOING_ORDER.index(each.kind))]


PictureOf = Callable[[str, str], bytes]
"""Bytes of a product picture by store and by what ``Product.pictures`` calls it."""


class PictureWriter(Protocol):
    """The part of the picture store that publishing needs."""

    def put(self, picture_id: str, jpeg: bytes, /) -> None: ...

    def get(self, picture_id: str, /) -> bytes | None: ...

    def exists(self, picture_id: str, /) -> bool: ...


@dataclass(frozen=True)
class PublishTargets:
    """Where a catalogue goes."""

    pictures: PictureWriter
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
    catalogue: Catalogue,
    picture_of: PictureOf,
    targets: PublishTargets,
    *,
    now: datetime,
    valid_from: datetime | None = None,
) -> Published:
    """Make a checked catalogue hold for its stores from ``valid_from`` (default ``now``) on.

    Raises ``Faults`` for a date in the past and where it does not fit to versions planned for later (nothing is
    changed then), ``Unavailable`` when the bus, SQL or the picture store is away (publish again).
    """
    begins = now if valid_from is None else valid_from
    if begins < now:
        what = f"{begins.isoformat()} is in the past; what has been is not rewritten"
        raise Faults("catalogue", [Fault("valid_from", what)])
    addressed, pictures = _shelve_pictures(catalogue, picture_of, targets.pictures)
    stores = tuple(catalogue.stores)
    with writing(targets.engine) as connection:
        written = write_versions(connection, stores, addressed, begins, now)
        _refuse_broken_plans(connection, stores, begins)
    return Published(pictures, written, activate(targets, now=now, stores=stores))


def withdraw(store: str, targets: PublishTargets, *, now: datetime) -> Published:
    """End everything of a store as of now. Raises ``Unavailable``."""
    with writing(targets.engine) as connection:
        written = write_versions(connection, (store,), Catalogue(), now, now)
    return Published(0, written, activate(targets, now=now, stores=(store,)))


def activate(targets: PublishTargets, *, now: datetime, stores: Collection[str] | None = None) -> BusChanges:
    """Bring the bus to what holds now by SQL, for these stores or for all that SQL knows. Raises ``Unavailable``."""
    with reading(targets.engine) as connection:
        wanted_stores = stores_known(connection) if stores is None else tuple(stores)
        wanted = catalogue_at(connection, now, wanted_stores)
    return bring_bus_to(wanted, wanted_stores, targets.producer, targets.reader, targets.admin)


def _shelve_pictures(catalogue: Catalogue, picture_of: PictureOf, shelf: PictureWriter) -> tuple[Catalogue, int]:
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
