"""Standing campaigns: their versions, who approved them, the days they ran, what they decided."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None
TABLES: Final = ('standing_campaigns', 'standing_acts', 'standing_days', 'standing_decisions')


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str, *, needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        'standing_campaigns',
        _number('program'), _text('campaign_id'), _number('version'), _text('text'),
        _number('at_ms'), _text('author'),
        sa.PrimaryKeyConstraint('program', 'campaign_id', 'version'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'standing_acts',
        _number('program'), _text('campaign_id'), _number('number'), _number('version'),
        _text('act'), _number('at_ms'), _text('author'), _text('reason'),
        sa.PrimaryKeyConstraint('program', 'campaign_id', 'number'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'standing_days',
        _number('program'), _text('campaign_id'), _number('day'), _number('version'),
        _number('at_ms'), _text('body'),
        sa.PrimaryKeyConstraint('program', 'campaign_id', 'day'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'standing_decisions',
        _number('program'), _text('campaign_id'), _number('day'), _number('position'),
        _number('member_id'), _text('decision_id'), _text('cluster'), _text('arm'),
        _text('intended'), _number('points'), _text('code', needed=False),
        sa.PrimaryKeyConstraint('program', 'campaign_id', 'day', 'position'),
        sqlite_with_rowid=False,
    )
    op.create_index('standing_decisions_id', 'standing_decisions', ['program', 'decision_id'],
                    unique=True)
    op.create_index('standing_decisions_waiting', 'standing_decisions', ['program', 'day'],
                    sqlite_where=sa.text('code IS NULL'),
                    postgresql_where=sa.text('code IS NULL'))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
