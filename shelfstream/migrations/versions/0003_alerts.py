"""The ledger of alerts and its outbox."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0003_alerts"
down_revision = "0002_history"


def upgrade() -> None:
    """Create the folds, the alerts, their steps and the outbox."""
    _create_slots_and_steps()
    _create_alerts()
    _create_messages()


def downgrade() -> None:
    """Drop them again."""
    for table in ("alert_messages", "alert_steps", "alerts", "alert_slots"):
        op.drop_table(table)


def _create_slots_and_steps() -> None:
    op.create_table(
        "alert_slots",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store", "slot", name="pk_alert_slots"),
    )
    op.create_table(
        "alert_steps",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("why", sa.String(64), nullable=False),
        sa.Column("answer_id", sa.String(64), nullable=True),
        sa.Column("emitted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", "step", name="pk_alert_steps"),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("slot_sequence", sa.BigInteger(), nullable=False),
        sa.Column("onset_earliest", UtcDateTime(), nullable=False),
        sa.Column("onset_latest", UtcDateTime(), nullable=False),
        sa.Column("level", sa.Float(), nullable=True),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(64), nullable=True),
        sa.Column("answer", sa.String(64), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.Column("cleared_why", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
    )
    still_open = sa.text("cleared_at IS NULL")
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["store", "slot"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_alerts_store_raised_at", "alerts", ["store", "raised_at"])


def _create_messages() -> None:
    op.create_table(
        "alert_messages",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("telling", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(128), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "telling", "channel", name="pk_alert_messages"),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index(
        "ix_alert_messages_waiting",
        "alert_messages",
        ["next_try_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
