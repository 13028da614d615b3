"""Holds that end: until when, what then, on which grounds, and which code's row is awaited."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None
NUMBERS: Final = ('hold_then', 'grounds', 'released', 'awaits', 'checked_seq', 'checked_place')
_HELD: Final = sa.text(
    "SELECT c.program, c.event_id, v.body FROM cases c JOIN verdicts v ON v.program = c.program "
    "AND v.event_id = c.event_id WHERE c.is_open = 1")
_TOLD: Final = sa.text("UPDATE cases SET hold_until_ms = :until, hold_then = :then "
                       "WHERE program = :program AND event_id = :event")


def upgrade() -> None:
    op.add_column('cases', sa.Column('hold_until_ms', sa.BigInteger(), nullable=True))
    op.add_column('cases', sa.Column('release_chance', sa.Float(), nullable=True))
    for name in NUMBERS:
        op.add_column('cases', sa.Column(name, sa.BigInteger(), nullable=False,
                                         server_default='0'))
    op.create_index('cases_hold', 'cases', ['program', 'hold_until_ms'])
    op.create_index('cases_awaits', 'cases', ['program', 'awaits'])
    _tell_holds()


def _tell_holds() -> None:
    """Copy the end of every hold that is open out of the verdict that was answered."""
    connection = op.get_bind()
    found: list[dict[str, Any]] = []
    for program, event, body in connection.execute(_HELD).fetchall():
        hold = json.loads(bytes(body))["hold"]
        if hold is not None:
            until = dt.datetime.fromisoformat(hold["until"]).timestamp()
            found.append({"program": program, "event": event, "until": round(until * 1000),
                          "then": int(hold["then"] == "keep")})
    if found:
        connection.execute(_TOLD, found)


def downgrade() -> None:
    op.drop_index('cases_awaits', 'cases')
    op.drop_index('cases_hold', 'cases')
    with op.batch_alter_table('cases') as batch_op:
        for name in (*NUMBERS, 'release_chance', 'hold_until_ms'):
            batch_op.drop_column(name)
