"""What is wrong with a home, and how to mend it; nothing is changed by looking."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from features.contract import EVENT_TABLES
from features.errors import JagaError, Unavailable
from features.store.database import Database, is_sqlite, newest_revision
from features.store.inbox import Inbox
from features.store.writer import LOCK
from jaga.homes import open_home
from serving.audit import jobs as audit
from serving.champion import load_champion
from serving.outbox.jobs import counts_of
from serving.secretfiles import open_to_all
from serving.serve import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home
    from features.store.journal import Journal
    from serving.audit.jobs import Examined

OK: Final = "ok"
PYTHONS: Final = ((3, 11), (3, 13))
"""First and last version of Python that the locks were resolved for."""
EXTRAS: Final = {
    "serving": ("argon2", "authlib", "bentoml", "fastapi", "jinja2", "msgspec"),
    "training": ("evidently", "matplotlib", "mlflow", "shap"),
}
FREE_BYTES: Final = 1 << 30
"""A judgement: an export of some million rows is ingested and learnt from in less."""
HOST: Final = "127.0.0.1"
PORT: Final = 3000


def examine(home: Path) -> dict[str, str]:
    """Look at the installation and at a home.

    Parameters
    ----------
    home : Path
        Folder of journal and bundles; it need not be there.

    Returns
    -------
    dict of str to str
        Per finding ``ok``, with a fact behind it where one helps, or a sentence that says what
        was wanted, what came and what to do.

    Examples
    --------
    >>> examine(Path("nowhere"))["home"]
    'Wanted a home; came no folder nowhere. To do: run jaga demo, or jaga ingest DIR.'
    """
    found = {
        "python": _python(sys.version_info[:2]), **{f"extra {name}": _extra(*names)
                                                    for name, names in EXTRAS.items()},
        "compiled kernels": _said(_cache), "port": _said(_port),
        "secret files": _secret_files(), "home": _folder(home),
    }
    if not home.is_dir():
        return found
    found["schema"] = _said(lambda: _schema(home))
    found["writer"] = _said(lambda: _writer(home))
    if found["schema"] != OK:
        return found
    opened = open_home(home)
    try:
        found["inbox"] = _inbox(opened)
        found["audit of people"] = _said(lambda: _told(audit.examine_home(opened)))
        for program_id in opened.programs():
            found |= _program(opened, program_id)
    finally:
        opened.close()
    return found


def _said(check: Callable[[], str]) -> str:
    try:
        return check()
    except JagaError as error:
        return str(error)


def _wrong(wanted: str, came: str, remedy: str) -> str:
    return str(Unavailable(wanted, came, remedy))


def _python(version: tuple[int, int]) -> str:
    first, last = (".".join(map(str, one)) for one in PYTHONS)
    if PYTHONS[0] <= version <= PYTHONS[1]:
        return OK
    return _wrong(f"Python {first} to {last}", ".".join(map(str, version)),
                  f"make setup PYTHON=python{first}")


def _extra(*packages: str) -> str:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return OK if not missing else _wrong(
        "all packages of this extra", f"none of the name {', '.join(missing)}", "make setup")


def _cache() -> str:
    """Without a folder to keep compiled kernels in, every start compiles for a minute."""
    from features.compiling import FOLDER

    if FOLDER is None:
        raise Unavailable("a folder for compiled kernels", "none that can be written",
                          "set NUMBA_CACHE_DIR to a folder that can be written")
    return OK


def _port() -> str:
    free = free_port(HOST, PORT)
    return OK if free == PORT else _wrong(
        f"the ports {PORT} and {PORT + 1}", "at least one that is taken",
        f"stop what listens there; else jaga serve takes {free} and {free + 1}")


def _secret_files() -> str:
    open_files = open_to_all(os.environ)
    return OK if not open_files else _wrong(
        "files of secrets that their owner alone can read",
        f"one that everybody can, named by {', '.join(open_files)}",
        "chmod 600 it; take a new secret where others use this machine")


def _folder(home: Path) -> str:
    if not home.is_dir():
        return _wrong("a home", f"no folder {home}", "run jaga demo, or jaga ingest DIR")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return _wrong("a home that can be read and written", f"{home}, which can't",
                      "give its owner the right, or name another with --home")
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES:
        return _wrong(f"{FREE_BYTES >> 20:,} MiB of free space", f"{free >> 20:,} MiB",
                      "free some, or move the home")
    return f"{OK}, {free >> 30:,} GiB free"


def _schema(home: Path) -> str:
    url = open_home(home).url
    if is_sqlite(url) and not (home / "journal.sqlite").exists():
        return _wrong("a journal", "none", "run jaga ingest DIR")
    database = Database(url)
    try:
        came, newest = database.revision(), newest_revision()
    finally:
        database.close()
    return OK if came == newest else _wrong(
        f"the schema's revision {newest}", came or "none",
        "run jaga migrate; where that refuses, a newer Jaga made this home")


def _writer(home: Path) -> str:
    """Whoever holds the right to write takes the rows of others from the inbox: nothing wrong."""
    if not (home / LOCK).exists():
        return OK
    writer = open_home(home).writer
    try:
        writer.acquire()
    except Unavailable:
        return f"{OK}, held by {_holder(home / LOCK)}; an ingest hands its rows over to it"
    writer.release()
    return OK


def _holder(lock: Path) -> str:
    """Find in the kernel's list of locks whose this is; its lines end in inode, start, end."""
    list_of_locks = Path("/proc/locks")
    inode = str(lock.stat().st_ino)
    lines = list_of_locks.read_text().splitlines() if list_of_locks.exists() else []
    owners = [line.split()[-4] for line in lines if line.split()[-3].endswith(f":{inode}")]
    return f"process {owners[0]}" if owners else "another process"


def _inbox(home: Home) -> str:
    inbox = Inbox(home)
    refused = inbox.refused()
    if refused:
        return _wrong("hand-overs that could all be taken in",
                      f"{len(refused)} damaged or refused, the first {refused[0]}",
                      f"ingest these exports again, then delete them from {inbox.path}")
    waiting = inbox.waiting()
    return OK if not waiting else _wrong(
        "no rows handed over and left", f"{len(waiting)} hand-overs without an answer",
        "wait for the service, or run jaga ingest again: it takes them first")


def _program(home: Home, program_id: str) -> dict[str, str]:
    journal = home.journal(program_id)
    return {
        f"events of {program_id}": _events(journal),
        f"features of {program_id}": _said(lambda: _features(home, program_id)),
        f"champion of {program_id}": _said(lambda: _champion(home, journal)),
        f"audit of {program_id}": _said(lambda: _audit(home, journal)),
        f"messages of {program_id}": _messages(journal),
        f"rejects of {program_id}": _rejects(home.rejects / program_id / "rejects.parquet"),
    }


def _events(journal: Journal) -> str:
    events = sum(journal.count(table) for table in EVENT_TABLES)
    if not events:
        return _wrong("scans, referrals or redemptions", "none", "run jaga ingest DIR")
    return f"{OK}, {events:,}"


def _features(home: Home, program_id: str) -> str:
    catalog = home.catalog(program_id)
    return f"{OK}, {len(catalog.names)}, {len(catalog.own)} of its own"


def _champion(home: Home, journal: Journal) -> str:
    return f"{OK}, {load_champion(home, journal).bundle_id}"


def _audit(home: Home, journal: Journal) -> str:
    """Whether the log of what was done is whole, and what it sealed is as it was."""
    return _told(audit.examine(journal, home.path))


def _told(found: Examined) -> str:
    return f"{OK}, {found.told}" if not found.findings else _wrong(
        "an audit log that nobody changed", "; ".join(found.findings),
        "find out who wrote to the store, and compare it with a backup; see docs/truth.md")


def _messages(journal: Journal) -> str:
    waits, dead = counts_of(journal).values()
    return f"{OK}, {waits:,} wait" if not dead else _wrong(
        "messages that the webhook takes", f"{dead:,} that were given up",
        "read why with jaga send --dead, mend the receiver, then jaga send --wake")


def _rejects(path: Path) -> str:
    """The rejects of the last ingest, without their values: these may be personal."""
    rejects = pq.read_table(path, columns=["table", "row", "column"]) if path.exists() else None
    if not rejects:
        return OK
    rows = rejects.select(["table", "row"]).group_by(["table", "row"]).aggregate([]).num_rows
    first = rejects.slice(0, 1).to_pylist()[0]
    return _wrong("every row of the last ingest taken", f"{rows:,} that were refused, the first in "
                  f"{first['table']}, row {first['row']}, {first['column']}",
                  f"read {path}, correct the rows and ingest again")
