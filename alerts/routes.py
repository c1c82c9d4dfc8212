"""Who is told of an alert: the store's routes, its deputy, and those to whom it escalates, as channels."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.contract import AlertRecord
from alerts.model import NotificationKind
from alerts.priority import at_risk_per_h
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import on_shift
from shelfstream.catalogue.model import Audience, Route, Store


@dataclass(frozen=True)
class Routes:
    """``tags_by_channel``: what each channel is called in stores' routes. ``catalogue``: gives it as it is now."""

    tags_by_channel: Mapping[str, frozenset[str]]
    catalogue: Callable[[], Catalogue]

    def told(self, record: AlertRecord, telling: NotificationKind, now: datetime) -> tuple[str, ...]:
        """The channels that are told of an alert now: those on shift, not those who were when it began.

        Never none while there is a channel: tags that no channel has are passed over, to the deputy and at last to all.
        """
        store = self.catalogue().stores.get(record.store)
        if store is None:
            return self._all()
        audiences = [self._on_shift(store, record, now), store.deputy]
        if telling is NotificationKind.ESCALATED:
            audiences.insert(0, store.escalates_to)
        return next((found for each in audiences if (found := self._tagged(each))), self._all())

    def instead_of(self, store_id: str, failed: Collection[str]) -> tuple[str, ...]:
        """The channels that are told where some do not answer: the store's deputy, else all the others."""
        store = self.catalogue().stores.get(store_id)
        deputies = () if store is None else self._tagged(store.deputy)
        return _without(deputies, failed) or _without(self._all(), failed)

    def _on_shift(self, store: Store, record: AlertRecord, now: datetime) -> Audience:
        for route in store.routes:
            if on_shift(store, route, now) and self._fits(store, route, record, now):
                return route.tells
        return ()

    def _fits(self, store: Store, route: Route, record: AlertRecord, now: datetime) -> bool:
        catalogue = self.catalogue()
        bay = catalogue.bays.get((record.store, record.bay))
        product = catalogue.products.get((record.store, record.gtin))
        if route.aisles and (bay is None or bay.aisle not in route.aisles):
            return False
        if route.categories and (product is None or product.category not in route.categories):
            return False
        if route.states and record.state.value not in route.states:
            return False
        return not route.at_risk_per_h or (at_risk_per_h(product, store, now) or 0.0) >= route.at_risk_per_h

    def _tagged(self, audience: Audience) -> tuple[str, ...]:
        return tuple(name for name, tags in self.tags_by_channel.items() if not tags.isdisjoint(audience))

    def _all(self) -> tuple[str, ...]:
        return tuple(self.tags_by_channel)


def _without(channels: Iterable[str], failed: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in channels if name not in failed)
