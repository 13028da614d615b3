"""The outbox: what waits to be sent; whose each suggestion is; decisions found by their member."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None
_BODIES: Final = sa.text("SELECT program, decision_id, body FROM suggested")
_NUMBERS: Final = sa.text("SELECT number FROM entities WHERE program = :program "
                          "AND kind = 'member' AND name = :name")
_TOLD: Final = sa.text("UPDATE suggested SET member_id = :member WHERE program = :program "
                       "AND decision_id = :decision")


def _integer(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        'outbox',
        sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
                  primary_key=True, autoincrement=True),
        _integer('program'), _text('message_id'), _text('kind'), _text('ref'),
        _integer('member_id'), _text('body'), _integer('created_ms'),
        _integer('expires_ms', nullable=True), _integer('next_ms'), _integer('tries'),
        _integer('dead'), _text('code'),
    )
    op.create_index('outbox_message', 'outbox', ['program', 'message_id'], unique=True)
    op.create_index('outbox_due', 'outbox', ['program', 'dead', 'next_ms', 'number'])
    op.create_index('outbox_member', 'outbox', ['program', 'member_id', 'dead', 'number'])
    op.add_column('suggested', sa.Column('member_id', sa.BigInteger(), nullable=False,
                                         server_default='0'))
    op.create_index('suggested_member', 'suggested', ['program', 'member_id', 'at_ms'])
    op.create_index('missions_member_id', 'missions', ['program', 'member_id'])
    _tell_members()


def _tell_members() -> None:
    """Note whose each suggestion of before is."""
    connection = op.get_bind()
    found: list[dict[str, Any]] = []
    for program, decision, body in connection.execute(_BODIES).fetchall():
        number = connection.execute(_NUMBERS, {
            "program": program, "name": json.loads(body)["member_id"]}).scalar()
        found.append({"program": program, "decision": decision, "member": number or 0})
    if found:
        connection.execute(_TOLD, found)


def downgrade() -> None:
    op.drop_index('missions_member_id', 'missions')
    op.drop_index('suggested_member', 'suggested')
    with op.batch_alter_table('suggested') as batch_op:
        batch_op.drop_column('member_id')
    op.drop_table('outbox')
