"""The review desk: acts that wait, who works on what, notes, second looks, linked accounts.

And the ways to a member's events and a batch's codes, which the desk asks for all day.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None
EVENTS: Final = ('scans', 'referrals', 'redemptions')
TABLES: Final = ('desk_work', 'desk_notes', 'desk_actions', 'desk_action_events', 'second_reviews',
                 'linked')


def _integer(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable,
                     server_default=default)


def _text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        'desk_work',
        _integer('program'), _integer('event_id'), _text('claimed_by', True),
        _integer('claimed_ms', True), _text('assigned_to', True),
        _integer('snoozed_until_ms', True), _integer('asked_ms', True),
        _integer('answer_by_ms', True), _integer('paused_ms', default='0'),
        sa.PrimaryKeyConstraint('program', 'event_id'),
        sqlite_with_rowid=False,
    )
    op.create_index('desk_work_answer', 'desk_work', ['program', 'answer_by_ms'])
    op.create_table(
        'desk_notes',
        sa.Column('note', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
                  primary_key=True, autoincrement=True),
        _integer('program'), _integer('event_id'), _text('author'), _text('text'),
        _integer('at_ms'),
    )
    op.create_index('desk_notes_event', 'desk_notes', ['program', 'event_id'])
    op.create_table(
        'desk_actions',
        _integer('program'), _text('action'), _text('case_id'), _text('act'),
        _text('decision', True), _text('reason'), _text('author'), _integer('at_ms'),
        _integer('due_ms', True), _text('status'), _text('second', True),
        _integer('second_ms', True), _integer('points'), _text('body'),
        sa.PrimaryKeyConstraint('program', 'action'),
    )
    op.create_index('desk_actions_due', 'desk_actions', ['program', 'status', 'due_ms'])
    op.create_index('desk_actions_case', 'desk_actions', ['program', 'case_id', 'at_ms'])
    op.create_table(
        'desk_action_events',
        _integer('program'), _text('action'), _integer('event_id'), _text('result'),
        sa.PrimaryKeyConstraint('program', 'action', 'event_id'),
        sqlite_with_rowid=False,
    )
    op.create_index('desk_action_events_event', 'desk_action_events', ['program', 'event_id'])
    op.create_table(
        'second_reviews',
        _integer('program'), _integer('event_id'), _text('first_by'), _text('first_decision'),
        _integer('drawn_ms'), _text('second_by', True), _text('second_decision', True),
        _integer('second_ms', True),
        sa.PrimaryKeyConstraint('program', 'event_id'),
        sqlite_with_rowid=False,
    )
    op.create_index('second_reviews_open', 'second_reviews', ['program', 'second_ms', 'drawn_ms'])
    op.create_table(
        'linked',
        _integer('person'), _integer('program'), _integer('member_id'),
        sa.PrimaryKeyConstraint('person', 'program', 'member_id'),
        sqlite_with_rowid=False,
    )
    for table in EVENTS:
        op.create_index(f'{table}_member_id', table, ['program', 'member_id'])
    op.create_index('codes_batch_id', 'codes', ['program', 'batch_id'])


def downgrade() -> None:
    op.drop_index('codes_batch_id', 'codes')
    for table in EVENTS:
        op.drop_index(f'{table}_member_id', table)
    for table in reversed(TABLES):
        op.drop_table(table)
