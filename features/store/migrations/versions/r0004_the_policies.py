"""Policies in force, and verdicts that were let through by chance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'policies',
        sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('version', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('from_ms', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('author', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'number'),
        sqlite_with_rowid=False,
    )
    op.add_column('verdicts', sa.Column('release_chance', sa.Double(), nullable=True))
    op.add_column('verdicts', sa.Column('released', sa.SmallInteger(), nullable=False,
                                        server_default='0'))
    op.create_index('verdicts_released', 'verdicts', ['program', 'place'],
                    sqlite_where=sa.text('released = 1'),
                    postgresql_where=sa.text('released = 1'))


def downgrade() -> None:
    op.drop_index('verdicts_released', 'verdicts')
    with op.batch_alter_table('verdicts') as batch_op:
        for name in ('released', 'release_chance'):
            batch_op.drop_column(name)
    op.drop_table('policies')
