"""Cameras in trouble, and which operators have been told."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0009_camera_troubles"
down_revision = "0008_accounts"


def upgrade() -> None:
    """Create the table, empty."""
    op.create_table(
        "camera_troubles",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("trouble", sa.String(16), nullable=False),
        sa.Column("well_since", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("told_back", sa.Text(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("store", "camera", "since", name="pk_camera_troubles"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("camera_troubles")
