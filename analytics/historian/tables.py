"""The historian's SQL tables: every change of state, and the intervals between them."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, Index, String, Table, Text

from shelfstream.sql import UtcDateTime, metadata

stock_events = Table(
    "stock_events",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("store", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("bay", String(64), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("before", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("onset_earliest", UtcDateTime, nullable=False),
    Column("onset_latest", UtcDateTime, nullable=False),
    Column("onset_level", Float, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("emitted_at", UtcDateTime, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("level", Float),
    Column("frames", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("other_gtin", String(14)),
    Column("faced_over", Boolean),
    Index(None, "store", "slot", "sequence", unique=True),
    Index(None, "store", "decided_at"),
)
"""As received, never changed. ``frames`` is a JSON list of frame ids, ``versions`` a JSON object; of a MISPLACED slot,
``other_gtin`` is what was seen there, and ``faced_over`` whether that is the product of a slot beside it."""

state_intervals = Table(
    "state_intervals",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("bay", String(64), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("from_earliest", UtcDateTime, nullable=False),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_earliest", UtcDateTime),
    Column("to_at", UtcDateTime),
    Column("confidence", Float, nullable=False),
    CheckConstraint("to_at IS NULL OR to_at >= from_at", name="in_order"),
    Index(None, "store", "state", "from_at"),
    Index(None, "state", "to_at"),
)
"""One row per stretch in one state: ``from_at <= t < to_at``; ``to_at`` is NULL for the newest of a slot.

A state was first *seen* at ``from_at`` and began between ``from_earliest`` and then; the next one was first seen at
``to_at`` and began between ``to_earliest`` and then. The stretches of a slot touch and are in order: one that is said
to begin before the one before it begins with that.
"""
