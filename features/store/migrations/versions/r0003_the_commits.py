"""The head of each journal: how many transactions, and the mark of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('commits', 'mark'):
        op.add_column('programs', sa.Column(name, sa.BigInteger(), nullable=False,
                                            server_default='0'))
    op.create_table(
        'commits',
        sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('mark', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('taught', sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'number'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table('commits')
    with op.batch_alter_table('programs') as batch_op:
        for name in ('mark', 'commits'):
            batch_op.drop_column(name)
