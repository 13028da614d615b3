"""The desk: open cases, replies of partners, deny and allow lists, suggestions made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def _integer(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        'cases',
        _integer('program'), _integer('event_id'), _integer('place'), _integer('kind'),
        _integer('member_id'), _integer('points'), _integer('would_have'), _integer('enforced'),
        _integer('priority'), _integer('opened_ms'), _integer('is_open'),
        sa.PrimaryKeyConstraint('program', 'event_id'),
        sqlite_with_rowid=False,
    )
    op.create_index('cases_open', 'cases', ['program', 'is_open', 'priority'])
    op.create_index('cases_member', 'cases', ['program', 'member_id'])
    op.create_table(
        'replies',
        sa.Column('reply', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
                  primary_key=True, autoincrement=True),
        _integer('program'), _integer('event_id'), _text('kind'), _text('body'),
        _integer('at_ms'),
    )
    op.create_index('replies_event', 'replies', ['program', 'event_id'])
    op.create_table(
        'lists',
        sa.Column('entry', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
                  primary_key=True, autoincrement=True),
        _integer('program'), _text('kind'), _integer('entity'), _integer('list'),
        _integer('valid_to_ms', nullable=True), _text('note'), _text('author'), _integer('at_ms'),
    )
    op.create_index('lists_program', 'lists', ['program', 'at_ms'])
    op.create_table(
        'suggested',
        _integer('program'), _text('decision_id'), _text('body'), _integer('at_ms'),
        sa.PrimaryKeyConstraint('program', 'decision_id'),
    )


def downgrade() -> None:
    for table in ('suggested', 'lists', 'replies', 'cases'):
        op.drop_table(table)
