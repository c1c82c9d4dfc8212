"""What a message says to the person who is to carry goods: what, where, since when, how many, and where to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.delivery.bundles import Bundle
from alerts.delivery.policy import Waiting
from alerts.delivery.words import Words, words_of
from alerts.links import ANSWER
from alerts.model import InboxAlert, NotificationKind
from alerts.priority import at_risk_per_h
from analytics.contract import SlotState
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import LANGUAGES, Product, Slot, Store


@dataclass(frozen=True, slots=True)
class MessageText:
    """One message as plain text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What is sent at once: of which alerts, in which words, with which pictures (JPEG)."""

    bundle: Bundle
    wording: MessageText
    pictures: tuple[bytes, ...]


def message_text(waiting: Waiting, catalogue: Catalogue, console_url: str, token: str | None = None) -> MessageText:
    """A message about an alert. What the catalogue does not know (any more) is told by its identifier.

    ``token``: of a link that answers without a password; without it the link leads to the inbox.
    """
    alert, telling = waiting.alert, waiting.telling
    store = catalogue.stores.get(alert.store)
    words = words_of(LANGUAGES[0] if store is None else store.language)
    product = catalogue.products.get((alert.store, alert.gtin))
    slot = catalogue.slots.get((alert.store, alert.slot))
    if telling is NotificationKind.CLEARED:
        lasted_s = ((alert.cleared_at or alert.raised_at) - alert.raised_at).total_seconds()
        head, lines = words.why_ended(alert.cleared_why), [words.after.format(length=words.length(lasted_s))]
    else:
        head = words.state(alert.state)
        since = words.since.format(time=_clock(alert, alert.onset_latest, store, words))
        lines = [since, *_to_bring(alert, slot, words), *_costs(alert, product, store, words)]
    if telling is NotificationKind.ESCALATED:
        head = f"{words.still_open}: {head}"
        lines.append(words.not_refilled if alert.acknowledged_at else words.not_taken)
    if waiting.instead_of:
        lines.append(words.instead_of)
    body = [_place(alert, slot, catalogue, words), *lines, _link(alert, console_url, token)]
    return MessageText(f"{head}: {_named(alert, product)}", "\n".join(body))


def bundle_text(
    bundle: Bundle, catalogue: Catalogue, console_url: str, tokens: Sequence[str | None] = ()
) -> MessageText:
    """The message about several alerts of an aisle, place by place; of one, its own message. ``tokens`` as above."""
    given = [*tokens, *[None] * (len(bundle.members) - len(tokens))]
    if len(bundle.members) == 1:
        return message_text(bundle.first, catalogue, console_url, given[0])
    store = catalogue.stores.get(bundle.first.alert.store)
    words = words_of(LANGUAGES[0] if store is None else store.language)
    title = words.places.format(count=len(bundle.members))
    if bundle.first.telling is NotificationKind.ESCALATED:
        title = f"{words.still_open}: {title}"
    if bundle.aisle:
        title = f"{title}, {words.aisle.format(name=bundle.aisle)}"
    told = [words.instead_of] if bundle.first.instead_of else []
    for number, (each, token) in enumerate(zip(bundle.members, given, strict=True), 1):
        told.append(f"{number}. {_in_short(each, catalogue, words)}")
        told.append(_link(each.alert, console_url, token))
    return MessageText(title, "\n".join([store.name if store else bundle.first.alert.store, *told]))


def _in_short(waiting: Waiting, catalogue: Catalogue, words: Words) -> str:
    """One place of several: what, where in the aisle, how many, and since when."""
    alert = waiting.alert
    slot = catalogue.slots.get((alert.store, alert.slot))
    bay = catalogue.bays.get((alert.store, alert.bay))
    product = catalogue.products.get((alert.store, alert.gtin))
    where = [words.bay.format(name=(bay.name or bay.id) if bay else alert.bay)]
    if slot is not None:
        where.append(words.shelf.format(name=slot.shelf))
    since = words.since.format(time=_clock(alert, alert.onset_latest, catalogue.stores.get(alert.store), words))
    return ", ".join(
        [f"{words.state(alert.state)}: {_named(alert, product)}", *where, *_to_bring(alert, slot, words), since]
    )


def _link(alert: InboxAlert, console_url: str, token: str | None) -> str:
    page = f"alerts/{alert.alert_id}" if token is None else f"{ANSWER}/{token}"
    return f"{console_url.rstrip('/')}/{page}"


def _named(alert: InboxAlert, product: Product | None) -> str:
    if product is None:
        return f"GTIN {alert.gtin}"
    return " ".join(part for part in (product.brand, product.name, product.pack_size) if part)


def _place(alert: InboxAlert, slot: Slot | None, catalogue: Catalogue, words: Words) -> str:
    bay = catalogue.bays.get((alert.store, alert.bay))
    store = catalogue.stores.get(alert.store)
    parts = [store.name if store else alert.store]
    if bay is not None and bay.aisle:
        parts.append(words.aisle.format(name=bay.aisle))
    parts.append(words.bay.format(name=(bay.name or bay.id) if bay else alert.bay))
    if slot is not None:
        parts.append(words.shelf.format(name=slot.shelf))
    return ", ".join([*parts, words.slot.format(name=alert.slot)])


def _to_bring(alert: InboxAlert, slot: Slot | None, words: Words) -> list[str]:
    return [] if slot is None else [words.bring.format(units=slot.units_to_bring(alert.level))]


def _costs(alert: InboxAlert, product: Product | None, store: Store | None, words: Words) -> list[str]:
    if store is None or alert.state is SlotState.LOW:
        return []
    risk = at_risk_per_h(product, store, alert.raised_at)
    return [words.cost.format(amount=words.amount(risk), currency=store.currency)] if risk else []


def _clock(alert: InboxAlert, moment: datetime, store: Store | None, words: Words) -> str:
    """The time as the store's own clock shows it, with the day where that is another one than the alert's."""
    zone = ZoneInfo(store.time_zone if store else "UTC")
    local, raised = moment.astimezone(zone), alert.raised_at.astimezone(zone)
    shown = local.strftime(words.clock if local.date() == raised.date() else words.day_and_clock)
    return shown if store else f"{shown} UTC"
