"""The audit log: a chain of entries, seals over stored rows, what was redacted, who was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None
TABLES = ('audit', 'seals', 'redactions', 'erasures')


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    op.create_table(
        'audit',
        _number('program'), _number('number'), _number('at_ms'), _text('who'), _text('act'),
        _text('about'), _text('details'), _text('hash'),
        sa.PrimaryKeyConstraint('program', 'number'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'seals',
        _number('program'), _text('what'), _number('until_key'), _number('entry'),
        _bytes('leaves'),
        sa.PrimaryKeyConstraint('program', 'what', 'until_key'),
    )
    op.create_table(
        'redactions',
        _number('program'), _text('what'), _number('row_key'), _number('entry'),
        _bytes('was'), _bytes('salt'), _bytes('became'),
        sa.PrimaryKeyConstraint('program', 'what', 'row_key', 'entry'),
        sqlite_with_rowid=False,
    )
    op.create_index('redactions_entry', 'redactions', ['program', 'entry'])
    op.create_table(
        'erasures',
        _number('program'), _number('entry'), _bytes('salt'), _bytes('digest'),
        sa.PrimaryKeyConstraint('program', 'entry'),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
