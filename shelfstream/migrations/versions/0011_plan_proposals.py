"""What staff said about the plan, and who settled it."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0011_plan_proposals"
down_revision = "0010_dead_letters_done"


def upgrade() -> None:
    """Create the table, empty."""
    op.create_table(
        "plan_proposals_settled",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("store", "slot", "gtin", "kind", name="pk_plan_proposals_settled"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("plan_proposals_settled")
