"""Brings ``shelf.catalogue`` to a wanted catalogue by sending only the difference."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shelfstream.bus.records import Message, Partition
from shelfstream.bus.seam import Admin, Producer, Reader
from shelfstream.bus.send_all import send_all
from shelfstream.bus.topics import CATALOGUE, check_partitioning, partition_of, topic_table
from shelfstream.catalogue.finding import Subject
from shelfstream.catalogue.model import Kind
from shelfstream.catalogue.records import entity_message, gone_message, read_subject
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import InvalidMessage

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
