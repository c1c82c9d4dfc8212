"""SQL tables of availability: hours in which a slot deviated, every day, sums of them, and how far all that goes."""

from sqlalchemy import BigInteger, Column, Connection, Date, Float, Index, Integer, Numeric, String, Table, text

from shelfstream.sql import UtcDateTime, metadata

SPENT = ("planned_us", "low_us", "out_us", "misplaced_us", "unknown_us", "out_least_us", "out_most_us")
"""Columns of ``Spent``, in its order."""
SUMMED = ("slot_days", "slot_days_out", *SPENT)
"""Columns of a sum over days of slots: how many there are, in how many of them a product was out, and the times."""


def _spent() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False) for name in SPENT]


def _summed() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False) for name in SUMMED]


slot_hours = Table(
    "slot_hours",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("bay", String(64), primary_key=True),
    Column("day", Date, nullable=False),
    *_spent(),
    Index(None, "store", "day"),
)
"""An hour of the store's clock in which a slot deviated; hours that are not there were STOCKED for all planned time."""

slot_days = Table(
    "slot_days",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("bay", String(64), primary_key=True),
    *_spent(),
    Index(None, "store", "day"),
)
"""A day of the store's calendar in which a slot was planned for a product while the store was open."""

kept_hours = Table(
    "kept_hours",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("kept_from", Date, nullable=False),
)
"""Since which day a store's hours are kept: those before it were forgotten, and are not taken for STOCKED."""

slot_rollups = Table(
    "slot_rollups",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("through", UtcDateTime),
    Column("changed_from", UtcDateTime),
    Column("plan", String(64)),
)
"""How far each slot is rolled up: all before ``through``, but what changed since then from ``changed_from`` on.

``plan`` tells for which planned time: a slot with another one is done anew.
"""

store_days = Table(
    "store_days",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    *_summed(),
    Index(None, "day"),
)
"""All slots of a store in a day: the sums of ``slot_days``."""

product_weeks = Table(
    "product_weeks",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("week", Date, primary_key=True),
    Column("gtin", String(14), primary_key=True),
    *_summed(),
    Index(None, "gtin", "week"),
)
"""All slots of a product in a store from a Monday (``week``) to the Sunday after it: the sums of ``slot_days``."""

product_spans = Table(
    "product_spans",
    metadata,
    Column("span", String(8), primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("store", String(64), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    *_summed(),
    Index(None, "span", "starts_on", "slot_days_out", "out_us", "store", "gtin"),
)
"""All slots of a product in a store in a calendar month, quarter or year (``span``), by how often it was out."""

bay_weeks = Table(
    "bay_weeks",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("week", Date, primary_key=True),
    Column("bay", String(64), primary_key=True),
    *_summed(),
    Index(None, "week"),
)
"""All slots of a bay in a week, likewise."""

store_facts = Table(
    "store_facts",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("region", String(200), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("catalogue", String(64), nullable=False),
    Index(None, "region"),
)
"""What the catalogue says of a store now. ``catalogue`` tells by which state of it these facts were written."""

product_facts = Table(
    "product_facts",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("category", String(200), nullable=False),
    Column("price", Numeric(12, 2)),
    Column("sales_per_day", Float),
    Column("slots", Integer, nullable=False),
    Index(None, "store", "category"),
)
"""What the catalogue says of a store's products now; ``slots`` is how many are planned for it."""


def lock_store(connection: Connection, store: str) -> None:
    """Until the transaction's end nobody else marks or rolls up this store. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"availability/{store}"})
