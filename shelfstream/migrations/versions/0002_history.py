"""Events, state intervals and roll-ups of the historian."""

revision = "0002_history"
down_revision = "0001_catalogue"


def upgrade() -> None:
    """Create the tables."""


def downgrade() -> None:
    """Drop them again."""
