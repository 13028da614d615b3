"""`jaga erase`: a person goes, beside a running service or without one."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from features.errors import Unavailable
from features.store.inbox import Inbox
from models.files import replace_text
from serving.audit.heads import FOLDER
from serving.audit.sealer import Sealer
from serving.keeping.erasing import Erasure, member_number
from serving.keeping.holdings import holdings
from serving.keeping.remains import clear_rejects, naming
from serving.retention.kept import folder_of, forget_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.home import Home
    from features.store.journal import Journal

LIST: Final = "erased.jsonl"
"""Salted digests, one a line: `jaga restore --erased` erases these again."""
REWRITTEN: Final = "rewritten: no page holds what was erased"
OVERWRITTEN: Final = ("overwritten in place; pages freed earlier, and those written ahead that "
                      "somebody still reads, may hold copies until it is rewritten: run jaga erase "
                      "--compact while no service runs")
EMPTY_MS: Final = 100
"""How long emptying what is written ahead may wait for who reads it: nobody writes meanwhile."""
SERVER: Final = ("PostgreSQL drops the old versions of rows at its next VACUUM, and its own "
                 "archives when they end")


def erase_member(home: Home, member_id: str, program_id: str | None, by: str, now_ms: int,
                 reason: str = "asked") -> dict[str, Any]:
    """Erase a member; a service that runs forgets his names within a second.

    Parameters
    ----------
    home : Home
    member_id : str
    program_id : str or None
        Which program, where there are several.
    by : str
        Who erases; kept in the audit log.
    now_ms : int
        Milliseconds since 1970 UTC.
    reason : str
        As `Erasure.run` takes it.

    Raises
    ------
    NotFound
        No such member.
    Unavailable
        Rows that wait to be taken in could bring him back.
    """
    journal = home.journal(program_id)
    if Inbox(home).waiting():
        raise Unavailable("an inbox without rows", "some that wait to be taken in",
                          "wait for the service, or run jaga ingest again, then erase")
    Sealer(journal, home.path).everything(now_ms)
    with home.database.reading() as store:
        known = holdings(store, journal.key, member_number(store, journal.key, member_id))
        place = journal.last_place
    with home.database.writing() as store:
        if store.is_sqlite:
            store.run("PRAGMA secure_delete = ON")
        store.take_turn(journal.key)
        member = member_number(store, journal.key, member_id)
        for kind, numbers in holdings(store, journal.key, member, place).items():
            known[kind] |= numbers
        erasure = Erasure(store, journal.key, member_id)
        erasure.run(known, by, now_ms, reason)
        _forget_handovers(home, store.rows("SELECT name FROM handovers"), store)
    return _told(home, journal, erasure, now_ms)


def _forget_handovers(home: Home, rows: list[tuple[Any, ...]], store: Any) -> None:
    """Drop the answers of hand-overs that were read: they quote cells that were refused."""
    folder = Inbox(home).path
    store.many("DELETE FROM handovers WHERE name = ?",
               [row for row in rows if not (folder / row[0]).exists()])


def _told(home: Home, journal: Journal, erasure: Erasure, now_ms: int) -> dict[str, Any]:
    program_id = journal.program.program_id
    Sealer(journal, home.path).tell_head(now_ms)
    write_list(home, journal)
    forget_kept(folder_of(home.path, program_id))
    cleared = clear_rejects(home.rejects / program_id / "rejects.parquet", erasure.words)
    kept = {name: erasure.told[name] for name in (
        "member", "entry", "events", "names", "redacted", "rows")}
    return {"program_id": program_id, **kept, "rejects": cleared, "store": compact(home),
            "files_that_name_him": naming(home.path, erasure.words | {erasure.member_id})}


def write_list(home: Home, journal: Journal) -> None:
    """Write who was erased into a file beside the heads: a backup from before does not know."""
    path = home.path / FOLDER / LIST
    others = [line for line in (path.read_text().splitlines() if path.exists() else [])
              if json.loads(line)["program_id"] != journal.program.program_id]
    his = [json.dumps({"program_id": journal.program.program_id, "salt": salt.hex(),
                       "digest": digest.hex()}) for salt, digest in members_erased(journal)]
    if others or his:
        replace_text(path, "\n".join([*others, *his]) + "\n")


def compact(home: Home) -> str:
    """Rewrite the store, so that no free page holds what was erased; what was done, in words.

    A service that runs goes on: then what was erased is overwritten where it stood.
    """
    if home.is_shared:
        return SERVER
    try:
        with home.writer.held():
            _outside(home, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    except Unavailable:
        # What is left to move when writers have to wait is little, as PASSIVE lets them go on.
        _outside(home, "PRAGMA wal_checkpoint(PASSIVE)", f"PRAGMA busy_timeout = {EMPTY_MS}",
                 "PRAGMA wal_checkpoint(TRUNCATE)")
        return OVERWRITTEN
    return REWRITTEN


def _outside(home: Home, *statements: str) -> None:
    """Run statements of SQLite outside of any transaction, by a connection of their own."""
    connection = home.database.engine.raw_connection()
    connection.detach()
    with closing(connection), closing(connection.cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


def members_erased(journal: Journal) -> Iterator[tuple[bytes, bytes]]:
    """Salts and digests of who was erased from a program, the oldest first."""
    with journal.database.reading() as store:
        for salt, digest in store.rows(
            "SELECT salt, digest FROM erasures WHERE program = ? ORDER BY entry", (journal.key,)):
            if len(digest):  # without one: names went by retention, nobody was erased
                yield bytes(salt), bytes(digest)
