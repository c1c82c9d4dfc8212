"""What operators did with dead letters."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0010_dead_letters_done"
down_revision = "0009_camera_troubles"


def upgrade() -> None:
    """Create the table, empty."""
    op.create_table(
        "dead_letters_done",
        sa.Column("topic", sa.String(128), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("offset", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("ended", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "offset", name="pk_dead_letters_done"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("dead_letters_done")
