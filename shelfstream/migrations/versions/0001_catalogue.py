"""Versions of catalogue entities with their dates of validity."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0001_catalogue"
down_revision = None


def upgrade() -> None:
    """Create ``catalogue_versions``."""
    op.create_table(
        "catalogue_versions",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.Column("bay", sa.String(64), nullable=True),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("store", "kind", "id", "valid_from", name="pk_catalogue_versions"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="not_empty"),
    )
    op.create_index("ix_catalogue_versions_store_bay", "catalogue_versions", ["store", "bay"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("catalogue_versions")
