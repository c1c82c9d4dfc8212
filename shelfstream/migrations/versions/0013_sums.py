"""How long a product was out at least and at most; sums by day and week; facts to ask by."""

import sqlalchemy as sa
from alembic import op

revision = "0013_sums"
down_revision = "0012_cleared_event"

_SPENT = ("planned_us", "low_us", "out_us", "misplaced_us", "unknown_us", "out_least_us", "out_most_us")
_SUMMED = ("slot_days", "slot_days_out", *_SPENT)


def upgrade() -> None:
    """Add the tables, and have everything rolled up anew: the bounds are not in what is rolled up so far."""
    for table in ("slot_hours", "slot_days", "slot_rollups"):
        op.execute(sa.delete(sa.table(table)))
    for table in ("slot_hours", "slot_days"):
        for name in ("out_least_us", "out_most_us"):
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
            with op.batch_alter_table(table) as altered:
                altered.alter_column(name, server_default=None)
    op.create_table(
        "store_days",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMMED),
        sa.PrimaryKeyConstraint("store", "day", name="pk_store_days"),
    )
    op.create_index("ix_store_days_day", "store_days", ["day"])
    op.create_table(
        "product_weeks",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMMED),
        sa.PrimaryKeyConstraint("store", "week", "gtin", name="pk_product_weeks"),
    )
    op.create_index("ix_product_weeks_gtin_week", "product_weeks", ["gtin", "week"])
    _create_spans()
    _create_facts()


def _create_spans() -> None:
    op.create_table(
        "product_spans",
        sa.Column("span", sa.String(8), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMMED),
        sa.PrimaryKeyConstraint("span", "starts_on", "store", "gtin", name="pk_product_spans"),
    )
    ranked = ["span", "starts_on", "slot_days_out", "out_us", "store", "gtin"]
    op.create_index("ix_product_spans_" + "_".join(ranked), "product_spans", ranked)
    op.create_table(
        "bay_weeks",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("bay", sa.String(64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMMED),
        sa.PrimaryKeyConstraint("store", "week", "bay", name="pk_bay_weeks"),
    )
    op.create_index("ix_bay_weeks_week", "bay_weeks", ["week"])


def _create_facts() -> None:
    op.create_table(
        "kept_hours",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("kept_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("store", name="pk_kept_hours"),
    )
    op.create_table(
        "store_facts",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("region", sa.String(200), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("catalogue", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("store", name="pk_store_facts"),
    )
    op.create_index("ix_store_facts_region", "store_facts", ["region"])
    op.create_table(
        "product_facts",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("price", sa.Numeric(12, 2), nullable=True),
        sa.Column("sales_per_day", sa.Float(), nullable=True),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("store", "gtin", name="pk_product_facts"),
    )
    op.create_index("ix_product_facts_store_category", "product_facts", ["store", "category"])


def downgrade() -> None:
    """Drop them again; what is left is rolled up anew."""
    for table in (
        "product_facts",
        "store_facts",
        "kept_hours",
        "bay_weeks",
        "product_spans",
        "product_weeks",
        "store_days",
    ):
        op.drop_table(table)
    for table in ("slot_hours", "slot_days"):
        for name in ("out_least_us", "out_most_us"):
            op.drop_column(table, name)
    op.execute(sa.delete(sa.table("slot_rollups")))
