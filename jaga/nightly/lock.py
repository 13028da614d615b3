"""One nightly run of a program at a time: a file in the home, and a lock of the shared database.

Both are freed when their process dies.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlalchemy as sql
from filelock import FileLock, Timeout

from features.errors import Unavailable
from serving.nudges.kept import nights_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.home import Home
    from features.store.journal import Journal

LOCK_CLASS: Final = 0x6A616E69
"""First key of the advisory lock in PostgreSQL, "jani" in ASCII; the second is the program's."""


@contextmanager
def one_run(home: Home, journal: Journal) -> Iterator[None]:
    """Hold the right to run a program's nights inside a block.

    Raises
    ------
    Unavailable
        Where another run is at work, in this home or on the shared database.
    """
    program_id = journal.program.program_id
    folder = nights_of(home.path, program_id)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _at_work(program_id) from None
    try:
        with _locked(home, journal):
            yield
    finally:
        lock.release()


@contextmanager
def _locked(home: Home, journal: Journal) -> Iterator[None]:
    """Hold the database's lock, where several machines share one, by a connection of its own."""
    if not home.is_shared:
        yield
        return
    with home.database.engine.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        keys = {"one": LOCK_CLASS, "two": journal.key}
        if not session.scalar(sql.text("SELECT pg_try_advisory_lock(:one, :two)"), keys):
            raise _at_work(journal.program.program_id)
        try:
            yield
        finally:
            session.execute(sql.text("SELECT pg_advisory_unlock(:one, :two)"), keys)


def _at_work(program_id: str) -> Unavailable:
    return Unavailable(f"one nightly run of {program_id} at a time", "another one at work",
                       "wait until it ends; running again is harmless")
