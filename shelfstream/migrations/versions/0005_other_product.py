"""Which other product a MISPLACED slot was seen to hold, and whether it is the neighbour's."""

import sqlalchemy as sa
from alembic import op

revision = "0005_other_product"
down_revision = "0004_availability"


def upgrade() -> None:
    """Add both to the events; of earlier ones nobody knows."""
    op.add_column("stock_events", sa.Column("other_gtin", sa.String(14)))
    op.add_column("stock_events", sa.Column("faced_over", sa.Boolean()))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("stock_events", "faced_over")
    op.drop_column("stock_events", "other_gtin")
