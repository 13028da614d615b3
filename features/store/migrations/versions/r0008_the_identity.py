"""Who may come in: keys that rotate and expire, people, their roles and their sessions."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None
KEY_COLUMNS: Final = ('revoked_ms', 'used_day', 'rate', 'rotated_ms')


def _number(name: str, *, needed: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=not needed)


def upgrade() -> None:
    for name in KEY_COLUMNS:
        op.add_column('keys', _number(name, needed=False))
    op.create_table(
        'users',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False, unique=True),
        sa.Column('password_hash', sa.Text()), sa.Column('openid', sa.Text(), unique=True),
        _number('created_ms'), _number('disabled_ms', needed=False),
        sa.PrimaryKeyConstraint('user_id'),
    )
    op.create_table(
        'user_roles',
        _number('user_id'), _number('program'), sa.Column('role', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('user_id', 'program', 'role'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'sessions',
        sa.Column('token_hash', sa.Text(), nullable=False), _number('user_id'),
        _number('created_ms'), _number('seen_ms'),
        sa.PrimaryKeyConstraint('token_hash'),
    )
    op.create_index('sessions_user_id', 'sessions', ['user_id'])


def downgrade() -> None:
    for table in ('sessions', 'user_roles', 'users'):
        op.drop_table(table)
    with op.batch_alter_table('keys') as keys:
        for name in reversed(KEY_COLUMNS):
            keys.drop_column(name)
