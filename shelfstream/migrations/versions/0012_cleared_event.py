"""In which event the camera saw what closed an alert, so that its pictures can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0012_cleared_event"
down_revision = "0011_plan_proposals"


def upgrade() -> None:
    """Alerts that were closed before tell no pictures of their end."""
    op.add_column("alerts", sa.Column("cleared_event_id", sa.String(64)))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("alerts", "cleared_event_id")
