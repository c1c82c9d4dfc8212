"""Tells when a slot has left the plan for good."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shelfstream.catalogue.whole import Catalogue

_PATIENCE = timedelta(seconds=60)


class MissingSlots:
    """Remembers since when slots are missing: a catalogue that is just being published again must not clear alerts.

    A store that this process never saw in the catalogue says nothing about its slots.
    """

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue
        self._known: set[str] = set()
        self._since: dict[tuple[str, str], datetime] = {}

    def is_gone(self, store: str, slot: str, now: datetime) -> bool:
        """Whether the slot has been out of the plan for a while."""
        catalogue = self._catalogue()
        self._known.update(catalogue.stores)
        key = (store, slot)
        if store not in self._known or key in catalogue.slots:
            self._since.pop(key, None)
            return False
        return now - self._since.setdefault(key, now) >= _PATIENCE
