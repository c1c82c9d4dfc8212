"""Accounts of the console, and what was given to them: sessions, invitations and tokens."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0008_accounts"
down_revision = "0007_escalation"


def upgrade() -> None:
    """Create both tables, empty."""
    op.create_table(
        "console_accounts",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("stores", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_console_accounts"),
    )
    op.create_table(
        "console_passes",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_console_passes"),
    )
    op.create_index("ix_console_passes_account", "console_passes", ["account"])


def downgrade() -> None:
    """Drop them: nobody has an account then."""
    op.drop_table("console_passes")
    op.drop_table("console_accounts")
