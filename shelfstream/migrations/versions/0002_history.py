"""Events and state intervals of the historian."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0002_history"
down_revision = "0001_catalogue"


def upgrade() -> None:
    """Create ``stock_events`` and ``state_intervals``."""
    _events()
    _intervals()


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("state_intervals")
    op.drop_table("stock_events")


def _events() -> None:
    op.create_table(
        "stock_events",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=True),
        sa.Column("onset_earliest", UtcDateTime(), nullable=False),
        sa.Column("onset_latest", UtcDateTime(), nullable=False),
        sa.Column("onset_level", sa.Float(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("emitted_at", UtcDateTime(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("level", sa.Float(), nullable=True),
        sa.Column("frames", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_stock_events"),
    )
    op.create_index("ix_stock_events_store_slot_sequence", "stock_events", ["store", "slot", "sequence"], unique=True)
    op.create_index("ix_stock_events_store_decided_at", "stock_events", ["store", "decided_at"])


def _intervals() -> None:
    op.create_table(
        "state_intervals",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=True),
        sa.Column("from_earliest", UtcDateTime(), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_earliest", UtcDateTime(), nullable=True),
        sa.Column("to_at", UtcDateTime(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("store", "slot", "sequence", name="pk_state_intervals"),
        sa.CheckConstraint("to_at IS NULL OR to_at >= from_at", name="in_order"),
    )
    op.create_index("ix_state_intervals_store_state_from_at", "state_intervals", ["store", "state", "from_at"])
    op.create_index("ix_state_intervals_state_to_at", "state_intervals", ["state", "to_at"])
