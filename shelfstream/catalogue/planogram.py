"""The plan of one bay, and the version that names it: a hash of what it says."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shelfstream.catalogue.model import Bay, CatalogueEntity, Slot
from shelfstream.catalogue.whole import Catalogue, Key

_VERSION_LENGTH = 16


@dataclass(frozen=True)
class Planogram:
    """A bay and its slots, from left to right within a shelf."""

    bay: Bay
    slots: tuple[Slot, ...]

    @cached_property
    def version(self) -> str:
        """The same plan has the same version, wherever and whenever it is asked for: 16 hexadecimal digits."""
        parts = [content_hash(self.bay), *sorted(content_hash(slot) for slot in self.slots)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:_VERSION_LENGTH]


def content_hash(entity: CatalogueEntity) -> str:
    """SHA-256 over an entity's fields that differ from their defaults, so that a new field changes no old hash."""
    fields = entity.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def planograms(catalogue: Catalogue) -> Mapping[Key, Planogram]:
    """The plan of every bay, by (store, bay)."""
    slots = catalogue.slots_by_bay
    return {key: Planogram(bay, slots.get(key, ())) for key, bay in catalogue.bays.items()}
