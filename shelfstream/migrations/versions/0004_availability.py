"""Availability by the hour and by the day, and how far each slot is rolled up."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0004_availability"
down_revision = "0003_alerts"

_SPENT = ("planned_us", "low_us", "out_us", "misplaced_us", "unknown_us")


def upgrade() -> None:
    """Create the roll-ups and their marks; what was before them is rolled up at the historian's next start."""
    op.create_table(
        "slot_hours",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SPENT),
        sa.PrimaryKeyConstraint("store", "slot", "starts_at", "gtin", "bay", name="pk_slot_hours"),
    )
    op.create_index("ix_slot_hours_store_day", "slot_hours", ["store", "day"])
    op.create_table(
        "slot_days",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SPENT),
        sa.PrimaryKeyConstraint("store", "slot", "day", "gtin", "bay", name="pk_slot_days"),
    )
    op.create_index("ix_slot_days_store_day", "slot_days", ["store", "day"])
    op.create_table(
        "slot_rollups",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("through", UtcDateTime(), nullable=True),
        sa.Column("changed_from", UtcDateTime(), nullable=True),
        sa.Column("plan", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("store", "slot", name="pk_slot_rollups"),
    )


def downgrade() -> None:
    """Drop them again; they can be worked out anew from what else is there."""
    for table in ("slot_rollups", "slot_days", "slot_hours"):
        op.drop_table(table)
