"""What a message says to the person who is to carry goods: what, where, since when, how many, and where to answer."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.contract import GONE, OTHER_PRODUCT
from alerts.model import InboxAlert, NotificationKind
from alerts.priority import at_risk_per_h, cost_text
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Product, Slot

_STATE_WORDS = {
    SlotState.OUT: "Empty",
    SlotState.LOW: "Running low",
    SlotState.MISPLACED: "Another product stands in the place of",
}
_NOT_BACK = {
    AnswerKind.LATER.value: "Put off",
    AnswerKind.NOT_EMPTY.value: "Was not empty",
    AnswerKind.PLAN_IS_WRONG.value: "The plan is wrong",
    AnswerKind.DISCONTINUED.value: "No longer sold",
    SlotState.OUT.value: "Empty by now",
    SlotState.MISPLACED.value: "Another product stands there",
    GONE: "No longer planned",
    OTHER_PRODUCT: "Another product is planned there",
}


@dataclass(frozen=True, slots=True)
class MessageText:
    """One message as plain text."""

    title: str
    body: str


def message_text(alert: InboxAlert, telling: NotificationKind, catalogue: Catalogue, console_url: str) -> MessageText:
    """The message about an alert. What the catalogue does not know (any more) is told by its identifier."""
    product = catalogue.products.get((alert.store, alert.gtin))
    slot = catalogue.slots.get((alert.store, alert.slot))
    if telling is NotificationKind.CLEARED:
        head, lines = _NOT_BACK.get(alert.cleared_why or "", "Back on the shelf"), [f"after {_lasted(alert)}"]
    else:
        head = _STATE_WORDS.get(alert.state, alert.state.value)
        since = f"since {_clock(alert, alert.onset_latest, catalogue)}"
        lines = [since, *_to_bring(alert, slot), *_costs(alert, product, catalogue)]
    link = f"{console_url.rstrip('/')}/alerts/{alert.alert_id}"
    return MessageText(f"{head}: {_named(alert, product)}", "\n".join([_place(alert, slot, catalogue), *lines, link]))


def _named(alert: InboxAlert, product: Product | None) -> str:
    if product is None:
        return f"GTIN {alert.gtin}"
    return " ".join(part for part in (product.brand, product.name, product.pack_size) if part)


def _place(alert: InboxAlert, slot: Slot | None, catalogue: Catalogue) -> str:
    bay = catalogue.bays.get((alert.store, alert.bay))
    store = catalogue.stores.get(alert.store)
    parts = [store.name if store else alert.store, *_aisle(bay), f"bay {bay.name or bay.id if bay else alert.bay}"]
    if slot is not None:
        parts.append(f"shelf {slot.shelf}")
    return ", ".join([*parts, f"slot {alert.slot}"])


def _aisle(bay: Bay | None) -> list[str]:
    return [f"aisle {bay.aisle}"] if bay is not None and bay.aisle else []


def _to_bring(alert: InboxAlert, slot: Slot | None) -> list[str]:
    return [] if slot is None else [f"bring at least {slot.units_to_bring(alert.level)}"]


def _costs(alert: InboxAlert, product: Product | None, catalogue: Catalogue) -> list[str]:
    store = catalogue.stores.get(alert.store)
    risk = at_risk_per_h(product, store, alert.raised_at) if alert.state is not SlotState.LOW else None
    cost = cost_text(risk, "" if store is None else store.currency)
    return [f"about {cost}"] if cost else []


def _clock(alert: InboxAlert, moment: datetime, catalogue: Catalogue) -> str:
    """The time as the store's own clock shows it, with the day where that is another one than the alert's."""
    store = catalogue.stores.get(alert.store)
    zone = ZoneInfo(store.time_zone if store else "UTC")
    local, raised = moment.astimezone(zone), alert.raised_at.astimezone(zone)
    shown = f"{local:%H:%M}" if local.date() == raised.date() else f"{local:%Y-%m-%d %H:%M}"
    return shown if store else f"{shown} UTC"


def _lasted(alert: InboxAlert) -> str:
    seconds = ((alert.cleared_at or alert.raised_at) - alert.raised_at).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
