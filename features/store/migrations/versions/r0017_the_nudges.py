"""Nudges that somebody put to sleep, and what the digest of each night told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'nudge_snoozes',
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('program', 'snooze')),
        sa.Column('nudge', sa.Text(), nullable=False),
        sa.Column('until_ms', sa.BigInteger(), nullable=False),
        sa.Column('size', sa.Double(), nullable=False),
        sa.Column('author', sa.Text(), nullable=False),
        sa.Column('at_ms', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'snooze'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'digests',
        sa.Column('program', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('night', sa.Text(), nullable=False),
        sa.Column('at_ms', sa.BigInteger(), nullable=False),
        sa.Column('nudges', sa.Text(), nullable=False),
        sa.Column('mails', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'night'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table('digests')
    op.drop_table('nudge_snoozes')
