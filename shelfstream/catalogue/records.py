"""Catalogue entities as records on ``shelf.catalogue``: key ``store/kind/id``, JSON, a tombstone for what is gone.

A reader ignores fields that it does not know, so that a newer release may add some; in a folder the same field
would be a fault.
"""

from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue, ValidationError

from shelfstream.bus.api import Message, Record
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.finding import Subject, subject_of
from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Kind, Product, Slot, Store
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import check_slug, key_of
from shelfstream.wire import Wire, summary

MODELS: dict[Kind, type[CatalogueEntity]] = {
    Kind.STORE: Store,
    Kind.CAMERA: Camera,
    Kind.BAY: Bay,
    Kind.SLOT: Slot,
    Kind.PRODUCT: Product,
}


class CatalogueRecord(Wire):
    """The value of a record: what kind of entity, and its fields."""

    kind: Kind
    entity: dict[str, JsonValue]

    @classmethod
    def of(cls, entity: CatalogueEntity) -> Self:
        """The record of an entity."""
        return cls(kind=subject_of(entity).kind, entity=entity.model_dump(mode="json"))

    def parsed(self) -> CatalogueEntity:
        """The entity in it. Raises ``InvalidMessage``."""
        try:
            return MODELS[self.kind].model_validate(self.entity, extra="ignore")
        except ValidationError as exc:
            raise InvalidMessage(f"{self.kind}: {summary(exc)}") from exc


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """What one record says: an entity is like this from here on, or (``None``) it is gone."""

    subject: Subject
    entity: CatalogueEntity | None


def entity_message(entity: CatalogueEntity) -> Message:
    """An entity as it goes on the bus."""
    return Message(CATALOGUE, record_key(subject_of(entity)), CatalogueRecord.of(entity).encode())


def gone_message(subject: Subject) -> Message:
    """The tombstone of an entity."""
    return Message(CATALOGUE, record_key(subject), None)


def record_key(subject: Subject) -> str:
    """The key under which an entity stands."""
    return key_of(subject.store, subject.kind, subject.id)


def read_subject(key: bytes | None) -> Subject:
    """Which entity a record is about. Raises ``InvalidMessage``."""
    try:
        store, kind, identifier = (key or b"").decode().split("/")
        return Subject(Kind(kind), check_slug(store), check_slug(identifier))
    except ValueError as exc:
        raise InvalidMessage(f"catalogue record under the key {key!r}, which is no store/kind/id") from exc


def read_change(record: Record) -> CatalogueChange:
    """What a record of ``shelf.catalogue`` says. Raises ``InvalidMessage``."""
    subject = read_subject(record.key)
    if record.value is None:
        return CatalogueChange(subject, None)
    entity = CatalogueRecord.decode(record.value).parsed()
    if subject_of(entity) != subject:
        raise InvalidMessage(f"catalogue record of {record_key(subject_of(entity))} under the key {record.key!r}")
    return CatalogueChange(subject, entity)
