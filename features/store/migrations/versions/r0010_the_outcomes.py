"""Which programs have a webhook, and how far it was told what became of points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'receivers',
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('program', 'told_seq', 'since_ms')),
        sa.PrimaryKeyConstraint('program'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table('receivers')
