"""When a slot's alert that is held back is to be raised, so that what waits is found at once."""

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0006_held_alerts"
down_revision = "0005_other_product"


def upgrade() -> None:
    """Add the time; slots that wait now are found once they are written next."""
    op.add_column("alert_slots", sa.Column("due_at", UtcDateTime()))
    waits = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_alert_slots_waiting", "alert_slots", ["store", "due_at"], sqlite_where=waits, postgresql_where=waits
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_index("ix_alert_slots_waiting", "alert_slots")
    op.drop_column("alert_slots", "due_at")
