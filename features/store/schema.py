"""The journal's tables in SQL: integers only, made from the contract.

Every stored key starts with the program. Rows of the contract's tables lie in the order of the
stream, ``(program, place, seq)``; unknown is NULL. The dictionary alone holds strings, apart from
what is shown to people (`people`) and what is not read as a fact (settings, verdicts).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sql

from features.contract import EVENT_TABLES, TABLES
from features.contract import Table as ContractTable
from features.store.derived import SPHERE

METADATA: Final = sql.MetaData()
STREAM: Final = ("place", "seq", "known_ms")
"""Columns that every stored row has before those of the contract."""
AXES: Final = ("x", "y", "z")
SUBJECTS: Final = ("device", "payout", "ip", "outlet", "member", "agent")
"""Kinds of entity that a declaration may speak of."""
DECISIONS: Final = ("credited", "held", "released", "kept", "partial", "clawed_back")
"""What became of an event's points, in the order of their integers."""


def derived_columns(table: str) -> tuple[str, ...]:
    """Columns that the journal adds to a table of the contract.

    >>> derived_columns("scans")
    ('x', 'y', 'z', 'invoice', 'claim')
    """
    axes = AXES if table in SPHERE else ()
    more = {"scans": ("invoice", "claim"), "referrals": ("referee",),
            "declarations": tuple(f"subject_{kind}" for kind in SUBJECTS)}
    return (*axes, *more.get(table, ()))


def fact_columns(table: ContractTable) -> tuple[str, ...]:
    """Columns of a stored row that came with it: all but what is kept apart.

    >>> "display_name" in fact_columns(TABLES["members"])
    False
    """
    return tuple(column.name for column in table.columns if column.type != "private")


def _integer(name: str, *, key: bool = False, needed: bool = True) -> sql.Column[int]:
    return sql.Column(name, sql.BigInteger, autoincrement=False, primary_key=key,
                      nullable=not needed)


ALSO_BY: Final = {"missions": ("member_id",), "activities": ("member_id",), "codes": ("batch_id",),
                  **dict.fromkeys(EVENT_TABLES, ("member_id",))}
"""Columns by which rows of a table are found besides by their id."""


def _stored(table: ContractTable) -> sql.Table:
    facts = [_integer(name, needed=name in table.required) for name in fact_columns(table)]
    more = [_integer(name, needed=False) for name in derived_columns(table.name)]
    key = next(name for name in table.identity if table.column(name).type == "id")
    return sql.Table(
        table.name, METADATA,
        _integer("program", key=True),
        _integer("place", key=True), _integer("seq", key=True),
        _integer("known_ms", needed=False), *facts, *more,
        sql.Index(f"{table.name}_{key}", "program", key, unique=table.name in EVENT_TABLES),
        *(sql.Index(f"{table.name}_{name}", "program", name)
          for name in ALSO_BY.get(table.name, ())),
        sqlite_with_rowid=False,
    )


PROGRAMS: Final = sql.Table(
    "programs", METADATA,
    sql.Column("program", sql.Integer, primary_key=True),
    sql.Column("program_id", sql.Text, nullable=False, unique=True),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("missions", sql.Text, nullable=False),
    _integer("last_seq"), _integer("last_place"),
    sql.Column("commits", sql.BigInteger, nullable=False, server_default="0"),
    sql.Column("mark", sql.BigInteger, nullable=False, server_default="0"),
)
COMMITS: Final = sql.Table(
    "commits", METADATA,
    _integer("program", key=True), _integer("number", key=True), _integer("mark"),
    sql.Column("taught", sql.SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest transactions of each program; see `features.store.head`."""
ENTITIES: Final = sql.Table(
    "entities", METADATA,
    _integer("program", key=True),
    sql.Column("kind", sql.Text, primary_key=True), _integer("number", key=True),
    sql.Column("name", sql.Text, nullable=False),
    sql.Index("entities_name", "program", "kind", "name", unique=True),
    sqlite_with_rowid=False,
)
PEOPLE: Final = sql.Table(
    "people", METADATA,
    _integer("program", key=True), _integer("member_id", key=True),
    sql.Column("display_name", sql.Text), sql.Column("contact_url", sql.Text),
    sqlite_with_rowid=False,
)
VERDICTS: Final = sql.Table(
    "verdicts", METADATA,
    _integer("program", key=True), _integer("event_id", key=True),
    _integer("place"),
    sql.Column("bundle_id", sql.Text, nullable=False),
    sql.Column("policy_version", sql.Text, nullable=False),
    sql.Column("verdict", sql.SmallInteger, nullable=False), _integer("points_held"),
    sql.Column("body", sql.LargeBinary, nullable=False),
    sql.Column("vector", sql.LargeBinary, nullable=False), _integer("decided_ms"),
    sql.Column("release_chance", sql.Double),
    sql.Column("released", sql.SmallInteger, nullable=False, server_default="0"),
    sql.Index("verdicts_place", "program", "place"),
    sql.Index("verdicts_released", "program", "place", sqlite_where=sql.text("released = 1"),
              postgresql_where=sql.text("released = 1")),
)
POLICIES: Final = sql.Table(
    "policies", METADATA,
    _integer("program", key=True), _integer("number", key=True),
    sql.Column("version", sql.Text, nullable=False), sql.Column("text", sql.Text, nullable=False),
    _integer("from_ms"), sql.Column("author", sql.Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Every policy that was applied to a program, numbered from 1; the last one is in force."""
DECIDED: Final = sql.Table(
    "decisions", METADATA,
    _integer("program", key=True), _integer("place", key=True),
    _integer("seq", key=True), _integer("event_id"),
    sql.Column("status", sql.SmallInteger, nullable=False), _integer("points_final", needed=False),
    sql.Column("by", sql.Text, nullable=False), sql.Column("reason", sql.Text, nullable=False),
    _integer("at_ms"),
    sql.Index("decisions_seq", "program", "seq", unique=True),
    sql.Index("decisions_event_id", "program", "event_id"),
    sqlite_with_rowid=False,
)
KEYS: Final = sql.Table(
    "keys", METADATA,
    sql.Column("key_hash", sql.Text, primary_key=True), _integer("program"),
    sql.Column("role", sql.Text, nullable=False), _integer("created_ms"),
    _integer("expires_ms", needed=False), _integer("revoked_ms", needed=False),
    _integer("used_day", needed=False), _integer("rate", needed=False),
    _integer("rotated_ms", needed=False),
)
"""API keys by their hash; ``used_day`` counts days since 1970, ``rate`` requests a second."""
USERS: Final = sql.Table(
    "users", METADATA,
    sql.Column("user_id", sql.Integer, primary_key=True),
    sql.Column("name", sql.Text, nullable=False, unique=True),
    sql.Column("password_hash", sql.Text), sql.Column("openid", sql.Text, unique=True),
    _integer("created_ms"), _integer("disabled_ms", needed=False),
)
"""People who sign in; ``openid`` is who a provider says he is."""
USER_ROLES: Final = sql.Table(
    "user_roles", METADATA,
    _integer("user_id", key=True), _integer("program", key=True),
    sql.Column("role", sql.Text, primary_key=True),
    sqlite_with_rowid=False,
)
SESSIONS: Final = sql.Table(
    "sessions", METADATA,
    sql.Column("token_hash", sql.Text, primary_key=True), _integer("user_id"),
    _integer("created_ms"), _integer("seen_ms"),
    sql.Index("sessions_user_id", "user_id"),
)
HANDOVERS: Final = sql.Table(
    "handovers", METADATA,
    sql.Column("name", sql.Text, primary_key=True), _integer("parts"),
    sql.Column("counts", sql.Text, nullable=False),
)
"""How many parts of a handed-over ingest are in the journal; written with the rows themselves."""
STORED: Final = {name: _stored(table) for name, table in TABLES.items()}
