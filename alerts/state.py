"""What a process of this stage holds in memory: the folds of all slots of its stores."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from alerts.fold import SlotFold

_NONE: Mapping[str, SlotFold] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AlertsState:
    """Folds by store and slot; never changed in place."""

    stores: Mapping[str, Mapping[str, SlotFold]] = field(default_factory=dict)

    def fold(self, store: str, slot: str) -> SlotFold | None:
        """The fold of a slot, if there was an event of it."""
        return self.stores.get(store, _NONE).get(slot)

    def folds(self) -> Iterator[SlotFold]:
        """Every fold."""
        for slots in self.stores.values():
            yield from slots.values()

    def with_folds(self, folds: Iterable[SlotFold]) -> "AlertsState":
        """These folds in place of those of the same slots; only the stores that are touched are copied."""
        stores: dict[str, Mapping[str, SlotFold]] = dict(self.stores)
        touched: dict[str, dict[str, SlotFold]] = {}
        for fold in folds:
            slots = touched.setdefault(fold.store, dict(self.stores.get(fold.store, _NONE)))
            slots[fold.slot] = fold
        return AlertsState({**stores, **touched})

    def without(self, gone: Iterable[str]) -> "AlertsState":
        """All but these stores."""
        dropped = frozenset(gone)
        return AlertsState({store: slots for store, slots in self.stores.items() if store not in dropped})
