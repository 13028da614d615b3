"""`jaga backup`: all that a home holds, at one moment, while the service goes on."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput
from features.store.chain import HOME, Chain
from features.store.head import read_head
from models.answers import rfc3339
from serving.audit.heads import HOME_NAME, audit_key
from serving.audit.sealer import Sealer
from serving.keeping.archive import Writer
from serving.keeping.tables import tables_of, write_table

if TYPE_CHECKING:
    from features.progress import Progress
    from features.store.home import Home
    from features.store.store import Store

TABLES: Final = "tables"
FILES: Final = "home"
PASSED: Final = frozenset({"journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "states",
                           "inbox", "audit"})
"""What the tables hold, what is a cache, what waits for a moment, and heads of this home."""


def backup(home: Home, out: Path, by: str, now_ms: int, progress: Progress) -> dict[str, Any]:
    """Write a backup of a home.

    Parameters
    ----------
    home : Home
        A service may run on it: the tables are read in one transaction.
    out : Path
        The file to write, or a folder that is there, for a file named by the moment.
    by : str
        Who asks for it; kept in the audit log.
    now_ms : int
        Milliseconds since 1970 UTC.
    progress : Progress

    Raises
    ------
    BadInput
        Where there is such a file, it would lie inside the home, or there is nothing to back up.
    """
    programs = home.programs()
    if not programs:
        raise BadInput("a home with a program", "an empty one", "ingest an export first")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_ms / 1000))
    path = out / f"jaga-{stamp}.tar" if out.is_dir() else out
    if path.exists():
        raise BadInput("a file that is not there yet", "one that is", "name another")
    if path.resolve().is_relative_to(home.path.resolve()):
        raise BadInput("a file outside of the home", "one inside, which the next backup would hold",
                       "name another folder, best on another disk")
    journals = [home.journal(program_id) for program_id in programs]
    for journal in journals:
        Sealer(journal, home.path).everything(now_ms)
    writer = Writer(path)
    try:
        manifest = _tables(home, writer, path.parent, progress)
        _files(home.path, writer, path.parent)
        digest = writer.finish(manifest | {"made_at": rfc3339(now_ms)}, audit_key())
    except BaseException:
        writer.drop()
        raise
    for journal in journals:
        with home.database.writing() as store:
            Chain(store, journal.key).add("backed_up", by, now_ms, {}, {"manifest": digest})
        Sealer(journal, home.path).tell_head(now_ms)
    return {"file": str(path), "bytes": path.stat().st_size, "manifest": digest,
            "schema": manifest["schema"], "programs": manifest["programs"]}


def _tables(home: Home, writer: Writer, beside: Path, progress: Progress) -> dict[str, Any]:
    """Add every table as it is at one moment; the facts of that moment."""
    counts: dict[str, int] = {}
    schema = home.database.revision()
    with (tempfile.TemporaryDirectory(prefix=".jaga.", dir=beside) as folder,
          home.database.reading() as store):
        found = facts(store)
        tables = tables_of(store)
        for done, table in enumerate(tables, 1):
            file = Path(folder) / f"{table.name}.parquet"
            counts[table.name] = write_table(store, table, file)
            writer.add_path(f"{TABLES}/{file.name}", file)
            file.unlink()
            progress("back up", done, len(tables))
    return {"jaga": importlib.metadata.version("jaga"), "schema": schema, "programs": found,
            "tables": counts}


def facts(store: Store) -> dict[str, Any]:
    """Per program where its journal and its audit log stand."""
    found = {}
    for key, program_id in store.rows("SELECT program, program_id FROM programs ORDER BY program"):
        number, hashed = Chain(store, int(key)).head()
        found[str(program_id)] = {"commits": read_head(store, int(key)).number,
                                  "audit": {"number": number, "hash": hashed}}
    number, hashed = Chain(store, HOME).head()
    return found | {HOME_NAME: {"audit": {"number": number, "hash": hashed}}}


def _files(home: Path, writer: Writer, beside: Path) -> None:
    """Add the files of the home; what goes away meanwhile is passed over."""
    with tempfile.TemporaryDirectory(prefix=".jaga.", dir=beside) as folder:
        copied = Path(folder) / "copied"
        for path in sorted(home.rglob("*")):
            inside = path.relative_to(home)
            is_draft = any(part.startswith(".") for part in inside.parts) or path.suffix == ".lock"
            if (inside.parts[0] in PASSED or is_draft or path.is_symlink()
                    or not path.is_file()):
                continue
            try:
                _copy(path, copied)
            except FileNotFoundError:
                continue
            writer.add_path(f"{FILES}/{inside.as_posix()}", copied)
            copied.unlink()


def _copy(path: Path, out: Path) -> None:
    """Copy a file; of a SQLite database what it holds between two transactions."""
    with path.open("rb") as file:
        is_database = file.read(16).startswith(b"SQLite format 3")
    if not is_database:
        shutil.copyfile(path, out)
        return
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(out)) as copy:
        source.backup(copy)
