"""Drafts of policies and of going live, which a second person publishes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'policy_drafts',
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('program', 'draft')),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('author', sa.Text(), nullable=False),
        sa.Column('at_ms', sa.BigInteger(), nullable=False),
        sa.Column('status', sa.Text(), nullable=False),
        sa.Column('second', sa.Text(), nullable=False),
        sa.Column('second_ms', sa.BigInteger()),
        sa.PrimaryKeyConstraint('program', 'draft'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table('policy_drafts')
