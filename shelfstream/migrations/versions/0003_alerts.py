"""The ledger of alerts and its outbox."""

revision = "0003_alerts"
down_revision = "0002_history"


def upgrade() -> None:
    """Create the tables."""


def downgrade() -> None:
    """Drop them again."""
