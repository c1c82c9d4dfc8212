"""What a rule finds wrong in a catalogue: about which entity, where in it, and how bad."""

from dataclasses import dataclass
from enum import StrEnum

from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Kind, Product, Slot, Store

FieldPath = tuple[str | int, ...]
ANY = "*"
"""The id of a subject that stands for all of its kind in a store."""


class Severity(StrEnum):
    """A fault keeps a catalogue from being published, a warning does not."""

    FAULT = "fault"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Subject:
    """One entity of a store."""

    kind: Kind
    store: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``path`` leads to the field, as in ``("shelves", 2, "y_mm")``."""

    subject: Subject
    what: str
    path: FieldPath = ()
    severity: Severity = Severity.FAULT


def subject_of(entity: CatalogueEntity) -> Subject:
    """Kind and identifiers of an entity."""
    match entity:
        case Store():
            return Subject(Kind.STORE, entity.id, entity.id)
        case Camera():
            return Subject(Kind.CAMERA, entity.store, entity.id)
        case Bay():
            return Subject(Kind.BAY, entity.store, entity.id)
        case Slot():
            return Subject(Kind.SLOT, entity.store, entity.id)
        case Product():
            return Subject(Kind.PRODUCT, entity.store, entity.gtin)
