"""SQL tables of availability: hours in which a slot was not STOCKED all the time, every day, and how far they go."""

from sqlalchemy import BigInteger, Column, Date, Index, String, Table

from shelfstream.sql import UtcDateTime, metadata

SPENT = ("planned_us", "low_us", "out_us", "misplaced_us", "unknown_us")
"""Columns of ``Spent``, in its order."""


def _spent() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False) for name in SPENT]


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
