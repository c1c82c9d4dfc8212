"""What a person types about the past, read: stores, products, days, times. Each raises ``Faults`` with a sentence."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from shelfstream.catalogue.versions_sql import catalogue_at
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import check_gtin
from shelfstream.sql import reading


def zone_of(engine: Engine, store: str, now: datetime) -> tzinfo:
    """The store's time zone. Raises ``Faults`` for a store that is not in the catalogue."""
    with reading(engine) as connection:
        known = catalogue_at(connection, now, [store]).stores.get(store)
    if known is None:
        hint = f"{store!r} is not in the catalogue; publish it with: shelfstream catalogue publish"
        raise Faults("history", [Fault("--store", hint)])
    return ZoneInfo(known.time_zone)


def product_asked(text: str) -> str:
    """A GTIN that a person wrote, in its form of 14 digits. Raises ``Faults``."""
    try:
        return check_gtin(text)
    except ValueError as exc:
        raise Faults("history", [Fault("--gtin", str(exc))]) from exc


def moment(text: str, zone: tzinfo, option: str) -> datetime:
    """A day or time that a person wrote; without an offset it is the store's. Raises ``Faults``."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise Faults("history", [Fault(option, f"{text!r} is no day or time, such as 2026-11-02T08:30")]) from exc


def span(begins: str, ends: str | None, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """The time that a person asked about; without an end, up to now. Raises ``Faults``."""
    start, stop = moment(begins, zone, "--from"), now if ends is None else moment(ends, zone, "--to")
    if stop <= start:
        raise Faults("history", [Fault("--to", "must be later than --from")])
    return start, stop


def day(text: str, option: str) -> date:
    """A day that a person wrote. Raises ``Faults``."""
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise Faults("history", [Fault(option, f"{text!r} is no day, such as 2026-11-02")]) from exc
