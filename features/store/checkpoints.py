"""What SQLite has written ahead moves into its file in a thread of its own.

By itself SQLite does that inside a commit, whenever a thousand pages have gathered: then one
commit in some tens takes ten times as long, and whoever waits for it too. A thread beside it
costs commits nothing, as both may go on at once. Only now and then, where commits leave no gap,
the last few pages must move between two of them, so that the log may start again from its
beginning: by whoever commits, who knows when that is. Asked for from another thread
(``wal_checkpoint(RESTART)``), both sides sleep and try again, and commits wait ten times as long.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Final

import sqlalchemy as sql

if TYPE_CHECKING:
    from features.store.database import Database

log = logging.getLogger("jaga.checkpoints")
EVERY_S: Final = 2.0
LONG_PAGES: Final = 32_768
"""128 MB in pages of 4 KiB: a log that long is made to start again."""
TRIES: Final = 4
"""After so many, readers are waited for: who reads holds a log as it is."""
BUSY_MS: Final = 100
"""How long the thread waits for a commit that is being made, before it tries again later."""


class Checkpoints:
    """The thread that moves pages of one SQLite database.

    Parameters
    ----------
    database : Database
        Of a file; told that its own commits need not do it.
    every_s : float
        Seconds between two looks.

    Examples
    --------
    >>> import tempfile
    >>> from features.store.database import Database
    >>> database = Database("sqlite:///" + tempfile.mkdtemp() + "/journal.sqlite")
    >>> database.migrate()
    >>> checkpoints = Checkpoints(database)
    >>> with database.writing() as store:
    ...     store.run("CREATE TABLE example (number INTEGER)")
    >>> checkpoints.move() > 0, checkpoints.move()
    (True, 0)
    >>> checkpoints.finish()
    False
    >>> database.close()
    """

    def __init__(self, database: Database, every_s: float = EVERY_S) -> None:
        database.checkpoint_aside()
        self._path = str(sql.make_url(database.url).database)
        self._every_s = every_s
        self._stop = threading.Event()
        self._moved = 0
        self._is_long = False
        self._tries = 0
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def move(self, *, waits: bool = False) -> int:
        """Move what was committed; pages that were, 0 where nothing was new.

        Parameters
        ----------
        waits : bool
            Wait for whoever reads or commits, so that the log starts again; `BUSY_MS` at most.

        Raises
        ------
        sqlite3.Error
            Where the file can't be written; the log still holds everything.
        """
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            connection.execute("PRAGMA synchronous = FULL")
            way = "RESTART" if waits else "PASSIVE"
            _, pages, moved = connection.execute(f"PRAGMA wal_checkpoint({way})").fetchone()
        if pages < 0:  # another one moves them just now
            return 0
        new = moved if moved < self._moved else moved - self._moved
        self._moved, self._is_long = moved, pages > LONG_PAGES
        return new

    def finish(self) -> bool:
        """Move what is left of a long log; whether there was any. Between two commits only.

        Then the next commit starts the log again.
        """
        if not self._is_long:
            return False
        self._is_long = False
        self._tries += 1
        return self._try(waits=self._tries % TRIES == 0)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self._try()

    def _try(self, *, waits: bool = False) -> bool:
        try:
            self.move(waits=waits)
        except sqlite3.Error as error:  # the commits do it where the log grows too long
            log.warning("written pages could not be moved: %s", type(error).__name__)
            return False
        return True
