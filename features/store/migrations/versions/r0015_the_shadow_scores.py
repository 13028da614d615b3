"""What a challenger would have said of events that the champion judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'shadow_scores',
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('program', 'event_id')),
        sa.Column('bundle_id', sa.Text(), nullable=False),
        sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('score', sa.Double()),
        sa.Column('anomaly', sa.Double()),
        sa.Column('verdict', sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint('program', 'event_id', 'bundle_id'),
        sqlite_with_rowid=False,
    )
    op.create_index('shadow_scores_place', 'shadow_scores', ['program', 'place'])


def downgrade() -> None:
    op.drop_table('shadow_scores')
