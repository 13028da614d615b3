"""`jaga restore`: an empty home becomes what a backup holds, wholly or not at all."""

from __future__ import annotations

import hmac
import json
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sql
from alembic import command
from alembic.config import Config

from features.errors import BadInput, Unavailable
from features.store.chain import HOME, Chain
from features.store.database import MIGRATIONS, Database, is_known, is_sqlite
from features.store.head import move_head, read_head
from features.store.home import Home
from features.store.store import EVERYTHING
from serving.audit.check import Check
from serving.audit.heads import HOME_NAME, Heads, audit_key
from serving.keeping.archive import unpack
from serving.keeping.backup import FILES, TABLES, facts
from serving.keeping.erasing import digest_of
from serving.keeping.jobs import erase_member, write_list
from serving.keeping.tables import count_on, read_table, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.progress import Progress
    from features.store.store import Store


GAP: Final = 1_000_000_000
"""Arrival numbers passed over by a restore: more than any tail that a backup lacks, so that every
change from now on lies behind the place up to which an engine has read."""


def restore(path: Path, home: Path, url: str | None, by: str, now_ms: int, progress: Progress,
            erased: Path | None = None) -> dict[str, Any]:
    """Restore a backup into an empty home.

    Parameters
    ----------
    path : Path
        The file that `jaga backup` wrote.
    home : Path
        A folder that is empty or not there.
    url : str or None
        A PostgreSQL database without tables, where the journal is to lie there.
    by : str
        Who restores; kept in the audit log.
    now_ms : int
        Milliseconds since 1970 UTC.
    progress : Progress
    erased : Path or None
        List of who was erased since (`jaga erase` writes it), to be erased again.

    Raises
    ------
    BadInput
        A backup that is damaged or of a newer schema, or a home that is not empty.
    Unavailable
        A database that can't be reached.
    """
    if home.exists() and any(home.iterdir()):
        raise BadInput("an empty home", f"{home}, which holds something",
                       "name another with --home, or move this one away")
    again = _read_list(erased)
    with _scratch(home) as scratch:
        unpacked, made = scratch / "backup", scratch / "home"
        unpacked.mkdir()
        manifest = unpack(path, unpacked, audit_key())
        if not is_known(manifest["schema"]):
            raise BadInput("a backup of this version of Jaga or an older one",
                           f"one of the newer schema {manifest['schema']}",
                           "restore it by the version that made it, or a newer one")
        files = unpacked / FILES
        made.mkdir()
        if files.exists():
            shutil.copytree(files, made, dirs_exist_ok=True)
        database = Database(url or f"sqlite:///{made / 'journal.sqlite'}")
        try:
            _fill(database, unpacked / TABLES, manifest, by, now_ms, progress)
            database.migrate()
            with suppress(Unavailable):  # the server counts by itself later
                database.count()
        finally:
            database.close()
        _move(made, home)
    return _finish(Home(home, url), manifest, again, by, now_ms)


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """Folder inside the home, which may be a mount; a home that was not there goes on an error."""
    was_there = home.exists()
    try:
        home.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".restoring.", dir=home)
    except OSError as error:
        raise Unavailable("a home that can be written", type(error).__name__,
                          "check who owns it and its disk, or name another with --home") from error
    try:
        with folder as name:
            yield Path(name)
    except BaseException:
        if not was_there:
            with suppress(OSError):
                home.rmdir()
        raise


def _move(made: Path, home: Path) -> None:
    """Put what was made into the home, all of it or nothing; the journal comes last."""
    moved: list[Path] = []
    try:
        for child in sorted(made.iterdir(), key=lambda each: each.name == "journal.sqlite"):
            child.rename(home / child.name)
            moved.append(home / child.name)
    except BaseException:
        for path in moved:
            path.rename(made / path.name)
        raise


def _fill(database: Database, tables: Path, manifest: dict[str, Any], by: str, now_ms: int,
          progress: Progress) -> None:
    """Make the tables as they were, fill and examine them, in one transaction."""
    with database.writing() as store:
        store.take_turn(EVERYTHING)
        if sql.inspect(store.connection).get_table_names():
            raise BadInput("a database without tables", "one that has some",
                           "make a new one, and set JAGA_DATABASE_URL to it")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = store.connection
        command.upgrade(config, manifest["schema"])
        there = tables_of(store)
        for done, (name, count) in enumerate(sorted(manifest["tables"].items()), 1):
            came = read_table(store, name, tables / f"{name}.parquet")
            if came != count:
                raise _differs(f"{came:,} rows of {name}, not {count:,}")
            progress("restore", done, len(manifest["tables"]))
        count_on(store, there)
        _examine(store, manifest)
        for (key,) in store.rows("SELECT program FROM programs"):
            head = read_head(store, int(key))
            move_head(store, int(key), head, head.seq + GAP, head.place, True)
            Chain(store, int(key)).add("restored", by, now_ms, {}, {
                "made_at": manifest["made_at"], "schema": manifest["schema"]})


def _examine(store: Store, manifest: dict[str, Any]) -> None:
    """Hold what was filled against the manifest and the audit log; BadInput where it differs."""
    if facts(store) != manifest["programs"]:
        raise _differs("journals that stand elsewhere than it says")
    chains = [(HOME, HOME_NAME), *store.rows("SELECT program, program_id FROM programs")]
    for key, program_id in chains:
        with tempfile.TemporaryDirectory() as nowhere:
            heads = Heads(Path(nowhere), b"")
            heads.keep(program_id, Chain(store, int(key)), 0)
            found = Check(store, int(key)).findings(program_id, heads)
        if found:
            raise _differs(f"an audit log in which {found[0]}")


def _finish(home: Home, manifest: dict[str, Any], again: list[dict[str, str]], by: str,
            now_ms: int) -> dict[str, Any]:
    """Write the heads down, and erase again who was erased since."""
    try:
        count = 0
        for program_id in home.programs():
            journal = home.journal(program_id)
            with home.database.reading() as store:
                Heads(home.path).keep(program_id, Chain(store, journal.key), now_ms)
                write_list(home, journal)
                names = [str(row[0]) for row in store.rows(
                    "SELECT name FROM entities WHERE program = ? AND kind = 'member'",
                    (journal.key,))]
            for name in _listed(names, program_id, again):
                erase_member(home, name, program_id, by, now_ms, "restored")
                count += 1
        return {"home": str(home.path), "made_at": manifest["made_at"],
                "schema": home.database.revision(), "rows": sum(manifest["tables"].values()),
                "erased_again": count, "programs": manifest["programs"]}
    finally:
        home.close()


def _listed(names: list[str], program_id: str, again: list[dict[str, str]]) -> list[str]:
    salts = [(bytes.fromhex(one["salt"]), bytes.fromhex(one["digest"])) for one in again
             if one["program_id"] == program_id]
    return [name for name in names if any(
        hmac.compare_digest(digest_of(salt, name), digest) for salt, digest in salts)]


def _read_list(path: Path | None) -> list[dict[str, str]]:
    if path is None:
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise BadInput("a list that jaga erase wrote", "another file",
                       "take audit/erased.jsonl of the newest home") from error


def _differs(came: str) -> BadInput:
    return BadInput("a backup that holds what it says", came, "take another one")


def check_url(url: str | None) -> str | None:
    """Address of a database to restore into; Unavailable where it is a file of SQLite."""
    if url is not None and is_sqlite(url):
        raise Unavailable("a PostgreSQL database or none in JAGA_DATABASE_URL", "a SQLite file",
                          "unset it: the journal lies in the home then")
    return url
