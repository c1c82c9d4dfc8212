"""The ledger's tables: folds, alerts, their steps, and the outbox of messages to people."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text, text

from shelfstream.sql import UtcDateTime, metadata

alert_slots = Table(
    "alert_slots",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("fold", Text, nullable=False),
    Column("due_at", UtcDateTime),
    Index("ix_alert_slots_waiting", "store", "due_at", sqlite_where=text("due_at IS NOT NULL"),
          postgresql_where=text("due_at IS NOT NULL")),
)  # fmt: skip

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(64), primary_key=True),
    Column("store", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("bay", String(64), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("state", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("slot_sequence", BigInteger, nullable=False),
    Column("onset_earliest", UtcDateTime, nullable=False),
    Column("onset_latest", UtcDateTime, nullable=False),
    Column("level", Float),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(64)),
    Column("escalated_at", UtcDateTime),
    Column("answer", String(64)),
    Column("answered_at", UtcDateTime),
    Column("cleared_at", UtcDateTime),
    Column("cleared_why", String(64)),
    Column("cleared_event_id", String(64)),
    Index("uq_alerts_open", "store", "slot", unique=True, sqlite_where=text("cleared_at IS NULL"),
          postgresql_where=text("cleared_at IS NULL")),
    Index(None, "store", "raised_at"),
)  # fmt: skip

alert_steps = Table(
    "alert_steps",
    metadata,
    Column("alert_id", String(64), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", String(64), nullable=False),
    Column("answer_id", String(64)),
    Column("emitted_at", UtcDateTime),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("alert_id", String(64), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("telling", String(16), nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("outcome", String(16)),
    Column("detail", Text, nullable=False),
    Column("instead_of", String(64)),
    Index("ix_alert_messages_waiting", "next_try_at", sqlite_where=text("done_at IS NULL"),
          postgresql_where=text("done_at IS NULL")),
)  # fmt: skip
