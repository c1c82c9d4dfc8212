"""Puts the alert inbox together: who walks the aisles takes the alerts in this order. Pure."""

from collections.abc import Callable, Iterable, Mapping

from alerts.inbox import InboxAlert
from console.shelf import place_of, title_of, walking_key
from console.views import AlertNow
from shelfstream.catalogue.model import Slot
from shelfstream.catalogue.whole import Catalogue

EvidenceUrls = Callable[[InboxAlert], tuple[str | None, str | None]]
_LAST = (2**31, "", "", 0.0, 0.0)


def alerts_now(
    catalogue: Catalogue, alerts: Iterable[InboxAlert], sent: Mapping[str, str], evidence: EvidenceUrls
) -> tuple[AlertNow, ...]:
    """Alerts with what the catalogue knows of them, in the order given; ``sent`` holds answers on their way."""
    return tuple(_alert_now(catalogue, alert, sent.get(alert.alert_id), evidence(alert)) for alert in alerts)


def in_walking_order(alerts: Iterable[AlertNow]) -> tuple[AlertNow, ...]:
    """By store, then bay by bay, each from its top shelf down and from left to right."""
    return tuple(sorted(alerts, key=lambda each: (each.alert.store, each.walking, each.alert.alert_id)))


def _alert_now(
    catalogue: Catalogue, alert: InboxAlert, sent: str | None, evidence: tuple[str | None, str | None]
) -> AlertNow:
    product = catalogue.products.get((alert.store, alert.gtin))
    slot = catalogue.slots.get((alert.store, alert.slot))
    place, walking = _place(catalogue, alert, slot)
    return AlertNow(
        alert=alert,
        product_name=alert.gtin if product is None else product.name,
        brand="" if product is None else product.brand,
        place=place,
        walking=walking,
        bring=None if slot is None else _bring(slot, alert.level),
        before_url=evidence[0],
        after_url=evidence[1],
        sent=sent,
    )


def _place(
    catalogue: Catalogue, alert: InboxAlert, slot: Slot | None
) -> tuple[str, tuple[int, str, str, float, float]]:
    bay = catalogue.bays.get((alert.store, alert.bay))
    if bay is None:
        return f"Bay {alert.bay}, place {alert.slot}", _LAST
    shelf = None if slot is None else next((each for each in bay.shelves if each.id == slot.shelf), None)
    aisle = f"Aisle {bay.aisle}, " if bay.aisle else ""
    if slot is None or shelf is None:
        return f"{aisle}{title_of(bay)}, place {alert.slot}", (*walking_key(bay), 0.0, 0.0)
    where = f"{aisle}{title_of(bay)}, {place_of(bay, shelf)}"
    return where, (*walking_key(bay), -shelf.y_mm, slot.x_min_mm)


def _bring(slot: Slot, level: float | None) -> int:
    planned = slot.facings_wide * slot.facings_high
    return max(1, planned - round((level or 0.0) * planned))
