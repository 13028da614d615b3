"""How far each bundle is trusted, row by row: what a monitor settled, known from its moment on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'trust',
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('program', 'number')),
        sa.Column('bundle_id', sa.Text(), nullable=False),
        sa.Column('weight', sa.Double(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('known_ms', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'number'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table('trust')
