"""Messages are named by the step that they tell of, so that an alert can be told more than once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shelfstream.sql import UtcDateTime

revision = "0007_escalation"
down_revision = "0006_held_alerts"

_WITH_STEPS = """
INSERT INTO alert_messages (alert_id, step, channel, telling, written_at, next_try_at, attempts, claimed_by,
                            claimed_until, done_at, outcome, detail)
SELECT m.alert_id, CASE WHEN m.telling = 'raised' THEN 1 ELSE COALESCE(a.step, 2) END, m.channel, m.telling,
       m.written_at, m.next_try_at, m.attempts, m.claimed_by, m.claimed_until, m.done_at, m.outcome, m.detail
FROM alert_messages_copy m LEFT JOIN alerts a ON a.alert_id = m.alert_id
"""
_WITHOUT_STEPS = """
INSERT INTO alert_messages (alert_id, telling, channel, written_at, next_try_at, attempts, claimed_by, claimed_until,
                            done_at, outcome, detail)
SELECT alert_id, telling, channel, written_at, next_try_at, attempts, claimed_by, claimed_until, done_at, outcome,
       detail
FROM alert_messages_copy WHERE telling IN ('raised', 'cleared')
"""


def upgrade() -> None:
    """Messages of a raising tell of step 1, those of a closing of the alert's last one."""
    op.add_column("alerts", sa.Column("escalated_at", UtcDateTime()))
    _set_aside()
    _create("step", sa.Column("step", sa.Integer(), nullable=False), sa.Column("instead_of", sa.String(64)))
    _bring_back(_WITH_STEPS)


def downgrade() -> None:
    """Forget escalations."""
    _set_aside()
    _create("telling")
    _bring_back(_WITHOUT_STEPS)
    op.drop_column("alerts", "escalated_at")


def _set_aside() -> None:
    op.execute("CREATE TABLE alert_messages_copy AS SELECT * FROM alert_messages")
    op.drop_table("alert_messages")


def _bring_back(insert: str) -> None:
    op.execute(insert)
    op.drop_table("alert_messages_copy")


def _create(named_by: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        "alert_messages",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("telling", sa.String(16), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(128), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("alert_id", named_by, "channel", name="pk_alert_messages"),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index(
        "ix_alert_messages_waiting",
        "alert_messages",
        ["next_try_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
