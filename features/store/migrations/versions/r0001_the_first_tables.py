"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_changes',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('change_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('changed_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('what', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('agent_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('device_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('account_changes', schema=None) as batch_op:
        batch_op.create_index('account_changes_change_id', ['program', 'change_id'], unique=False)

    op.create_table('activities',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sku', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('quantity', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ref', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.create_index('activities_event_id', ['program', 'event_id'], unique=False)

    op.create_table('adjustments',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('agent_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('reason', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ticket', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('adjustments', schema=None) as batch_op:
        batch_op.create_index('adjustments_event_id', ['program', 'event_id'], unique=False)

    op.create_table('campaigns',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('campaign_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('starts_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('ends_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('persona', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('region', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('sku', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('multiplier', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.create_index('campaigns_campaign_id', ['program', 'campaign_id'], unique=False)

    op.create_table('codes',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('code_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('sku', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('points', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('dispatched_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('dispatched_outlet_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('dispatched_lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('dispatched_lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('carton_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('codes', schema=None) as batch_op:
        batch_op.create_index('codes_code_id', ['program', 'code_id'], unique=False)

    op.create_table('decisions',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('points_final', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index('decisions_event_id', ['program', 'event_id'], unique=False)
        batch_op.create_index('decisions_seq', ['program', 'seq'], unique=True)

    op.create_table('declarations',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('kind', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('subject_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('valid_from', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('valid_to', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('note', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_device', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_payout', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_ip', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_outlet', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_member', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('subject_agent', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('declarations', schema=None) as batch_op:
        batch_op.create_index('declarations_subject_id', ['program', 'subject_id'], unique=False)

    op.create_table('deliveries',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('decision_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('deliveries_decision_id', ['program', 'decision_id'], unique=False)

    op.create_table('entities',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('program', 'kind', 'number'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('entities', schema=None) as batch_op:
        batch_op.create_index('entities_name', ['program', 'kind', 'name'], unique=True)

    op.create_table('feedback',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('label', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('decided_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('source', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('pattern', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('reviewer_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('opened_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index('feedback_event_id', ['program', 'event_id'], unique=False)

    op.create_table('handovers',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('parts', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('counts', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('keys',
    sa.Column('key_hash', sa.Text(), nullable=False),
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('created_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('expires_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('key_hash')
    )
    op.create_table('members',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('persona', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('joined_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('trade', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('tier', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('region', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('language', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('timezone', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outlet_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('referred_by', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('enrolled_by', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('phone_hash', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('payout_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('address_hash', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('channels', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('consent', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('off_season', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('points_balance', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('points_expire_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.create_index('members_member_id', ['program', 'member_id'], unique=False)

    op.create_table('merges',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('merge_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('into_member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('merged_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('merges', schema=None) as batch_op:
        batch_op.create_index('merges_merge_id', ['program', 'merge_id'], unique=False)

    op.create_table('missions',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('decision_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('decided_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('mission_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('propensity', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('holdout', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('channel', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('cost_points', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('policy_version', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('missions', schema=None) as batch_op:
        batch_op.create_index('missions_decision_id', ['program', 'decision_id'], unique=False)

    op.create_table('outlets',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outlet_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('region', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('outlets', schema=None) as batch_op:
        batch_op.create_index('outlets_outlet_id', ['program', 'outlet_id'], unique=False)

    op.create_table('people',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('display_name', sa.Text(), nullable=True),
    sa.Column('contact_url', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('program', 'member_id'),
    sqlite_with_rowid=False
    )
    op.create_table('programs',
    sa.Column('program', sa.Integer(), nullable=False),
    sa.Column('program_id', sa.Text(), nullable=False),
    sa.Column('settings', sa.Text(), nullable=False),
    sa.Column('missions', sa.Text(), nullable=False),
    sa.Column('last_seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('last_place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('program'),
    sa.UniqueConstraint('program_id')
    )
    op.create_table('redemptions',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('reward_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('reward_kind', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('amount', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('payout_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('device_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ip', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('channel', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('agent_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('mission_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outcome', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('fulfilled_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('redemptions', schema=None) as batch_op:
        batch_op.create_index('redemptions_event_id', ['program', 'event_id'], unique=True)

    op.create_table('referrals',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('referee_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('referee_kind', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('device_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ip', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('channel', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('agent_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('mission_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outcome', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('referee', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.create_index('referrals_event_id', ['program', 'event_id'], unique=True)

    op.create_table('returns',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('return_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('returned_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('quantity', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('returns', schema=None) as batch_op:
        batch_op.create_index('returns_return_id', ['program', 'return_id'], unique=False)

    op.create_table('scans',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('known_ms', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('proof', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('code_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('batch_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('sku', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('quantity', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('amount', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outlet_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('seller_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('invoice_no', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('invoice_hash', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('invoice_lines_hash', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('end_customer_hash', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('device_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ip', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lat', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('lon', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('capture', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('mock_location', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('channel', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('upload_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('agent_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('mission_id', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('attachment_url', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('outcome', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('x', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('y', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('z', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('invoice', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('claim', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('program', 'place', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('scans', schema=None) as batch_op:
        batch_op.create_index('scans_event_id', ['program', 'event_id'], unique=True)

    op.create_table('verdicts',
    sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('bundle_id', sa.Text(), nullable=False),
    sa.Column('policy_version', sa.Text(), nullable=False),
    sa.Column('verdict', sa.SmallInteger(), nullable=False),
    sa.Column('points_held', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=False),
    sa.Column('decided_ms', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('program', 'event_id')
    )
    with op.batch_alter_table('verdicts', schema=None) as batch_op:
        batch_op.create_index('verdicts_place', ['program', 'place'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('verdicts', schema=None) as batch_op:
        batch_op.drop_index('verdicts_place')

    op.drop_table('verdicts')
    with op.batch_alter_table('scans', schema=None) as batch_op:
        batch_op.drop_index('scans_event_id')

    op.drop_table('scans')
    with op.batch_alter_table('returns', schema=None) as batch_op:
        batch_op.drop_index('returns_return_id')

    op.drop_table('returns')
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.drop_index('referrals_event_id')

    op.drop_table('referrals')
    with op.batch_alter_table('redemptions', schema=None) as batch_op:
        batch_op.drop_index('redemptions_event_id')

    op.drop_table('redemptions')
    op.drop_table('programs')
    op.drop_table('people')
    with op.batch_alter_table('outlets', schema=None) as batch_op:
        batch_op.drop_index('outlets_outlet_id')

    op.drop_table('outlets')
    with op.batch_alter_table('missions', schema=None) as batch_op:
        batch_op.drop_index('missions_decision_id')

    op.drop_table('missions')
    with op.batch_alter_table('merges', schema=None) as batch_op:
        batch_op.drop_index('merges_merge_id')

    op.drop_table('merges')
    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.drop_index('members_member_id')

    op.drop_table('members')
    op.drop_table('keys')
    op.drop_table('handovers')
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_index('feedback_event_id')

    op.drop_table('feedback')
    with op.batch_alter_table('entities', schema=None) as batch_op:
        batch_op.drop_index('entities_name')

    op.drop_table('entities')
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index('deliveries_decision_id')

    op.drop_table('deliveries')
    with op.batch_alter_table('declarations', schema=None) as batch_op:
        batch_op.drop_index('declarations_subject_id')

    op.drop_table('declarations')
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_index('decisions_seq')
        batch_op.drop_index('decisions_event_id')

    op.drop_table('decisions')
    with op.batch_alter_table('codes', schema=None) as batch_op:
        batch_op.drop_index('codes_code_id')

    op.drop_table('codes')
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.drop_index('campaigns_campaign_id')

    op.drop_table('campaigns')
    with op.batch_alter_table('adjustments', schema=None) as batch_op:
        batch_op.drop_index('adjustments_event_id')

    op.drop_table('adjustments')
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_index('activities_event_id')

    op.drop_table('activities')
    with op.batch_alter_table('account_changes', schema=None) as batch_op:
        batch_op.drop_index('account_changes_change_id')

    op.drop_table('account_changes')
