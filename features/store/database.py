"""Where the journal lies: one SQLite file in WAL mode, or a PostgreSQL database."""

from __future__ import annotations

import re
import sqlite3
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sql
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import event

from features.errors import Unavailable
from features.store import sqlitefile
from features.store.store import EVERYTHING, Store, unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_MS: Final = 30_000
"""How long a transaction waits for another process before it gives up."""
HURRY_MS: Final = 700
"""The same in a service whose callers wait: below the second in which a request is answered."""
REACH_S: Final = 2
"""How long PostgreSQL may take to take up a connection; libpq knows no shorter one."""
SILENT_MS: Final = 5_000
"""How long what was sent may stay unanswered by PostgreSQL's host (``tcp_user_timeout``)."""
IDLE_MS: Final = 60_000
"""How long a transaction may stand still before PostgreSQL ends it and frees what it holds: a
process that froze must not stop all others."""
IDLE: Final = 8
"""Connections to a file that are kept open while nobody uses them."""
ISOLATION: Final = {True: "READ COMMITTED", False: "REPEATABLE READ"}
"""Of PostgreSQL's transactions, writing or not: who waited for his turn must see what the one
before committed, and a reader one moment only."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def newest_revision() -> str:
    """Name of the revision that this version's tables have."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether a revision is one of this version's, or of one before.

    >>> is_known("0001"), is_known("9999")
    (True, False)
    """
    script = ScriptDirectory.from_config(_config())
    return any(each.revision == revision for each in script.walk_revisions())


def only_adds(revision: str) -> bool:
    """Whether an unknown revision is newer and only adds to the tables of this version.

    Revisions of four digits are one series, in which each only adds to the one before: tables,
    indexes that are not unique, columns that may be left out. So a process goes on on the tables
    of a later one. A revision that changes or takes away has a name of another form.

    >>> only_adds("9999"), only_adds("0001"), only_adds("b0001"), only_adds("")
    (True, False, False, False)
    """
    return re.fullmatch(r"\d{4}", revision) is not None and revision > newest_revision()


class Database:
    """An engine and its transactions.

    Parameters
    ----------
    url : str
        ``sqlite:///PATH`` or ``postgresql+psycopg://...``.

    Attributes
    ----------
    is_shared : bool
        Whether several processes may write: PostgreSQL lets them take turns.

    Examples
    --------
    >>> import tempfile
    >>> database = Database("sqlite:///" + tempfile.mkdtemp() + "/journal.sqlite")
    >>> database.migrate()
    >>> with database.reading() as store:
    ...     store.rows("SELECT count(*) FROM programs")
    [(0,)]
    >>> database.close()
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_shared = not is_sqlite(url)
        self._busy_ms = BUSY_MS
        self._log_pages = sqlitefile.LOG_PAGES
        self._cache_mb = sqlitefile.CACHE_MB
        bounds = {"connect_timeout": REACH_S, "tcp_user_timeout": SILENT_MS}
        self.engine = sql.create_engine(
            url, connect_args=bounds if self.is_shared else {},
            **({"pool_pre_ping": True} if self.is_shared else {"poolclass": sql.NullPool}))
        event.listen(self.engine, "connect", self._prepare)
        self._idle: deque[sql.Connection] = deque()
        self._is_closed = False
        if not self.is_shared:
            event.listen(self.engine, "begin", sqlitefile.begin)

    def hurry(self, busy_ms: int = HURRY_MS) -> None:
        """Wait no longer than this for other processes from now on: Unavailable after it."""
        self._busy_ms = busy_ms
        self._renew()

    def remember(self, megabytes: int) -> None:
        """Keep so many megabytes of an SQLite file in memory for whoever writes, from now on."""
        self._cache_mb = megabytes
        self._renew()

    def checkpoint_aside(self) -> None:
        """Leave it to `features.store.checkpoints` to move what SQLite has written ahead."""
        self._log_pages = sqlitefile.GUARD_PAGES
        self._renew()

    def _prepare(self, connection: Any, record: object) -> None:
        if self.is_shared:
            _open_server(connection, self._busy_ms)
        else:
            sqlitefile.open_file(connection, self._busy_ms, self._log_pages)

    def revision(self) -> str:
        """Name of the tables' revision, empty before the first."""
        with self._connected(writing=False) as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    def is_newest(self) -> bool:
        """Whether the tables are at the newest revision."""
        return self.revision() == newest_revision()

    def is_usable(self) -> bool:
        """Whether this version can work on the tables: its own, or newer ones that only add."""
        revision = self.revision()
        return revision == newest_revision() or only_adds(revision)

    def migrate(self) -> None:
        """Bring the tables to the newest revision; newer ones that only add stay as they are.

        Raises
        ------
        Unavailable
            Where a newer version of Jaga has been at them and changed what this one needs.
        """
        if self.is_usable():
            return
        config = _config()
        with self._connected(writing=True) as connection:
            Store(connection).take_turn(EVERYTHING)
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise Unavailable("tables of this version of Jaga or an older one", str(error),
                                  "run the newer version that made them") from error
            if connection.dialect.name == "sqlite":
                sqlitefile.tell_planner(connection)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """One consistent view; nothing written through it stays."""
        with self._connected(writing=False) as connection:
            yield Store(connection)

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """One transaction that commits on leaving and rolls back on an error."""
        with self._connected(writing=True) as connection:
            store = Store(connection)
            if store.is_sqlite:
                sqlitefile.enlarge_cache(connection, self._cache_mb)
            yield store
            store.flush()

    @contextmanager
    def _connected(self, *, writing: bool) -> Iterator[sql.Connection]:
        connection = self._taken(writing)
        try:
            with self._reaching():
                transaction = connection.begin()
            try:
                yield connection
                if writing:
                    with self._reaching():
                        transaction.commit()
            finally:
                _end(connection, transaction)
        finally:
            self._give_back(connection)

    def _taken(self, writing: bool) -> sql.Connection:
        """Take a connection; the pool's care for one costs more than a short transaction."""
        options = {"isolation_level": ISOLATION[writing]} if self.is_shared else {}
        with self._reaching():
            try:
                connection = self._idle.pop()
            except IndexError:
                pool = None if self._is_closed else self.engine.pool
                connection = self.engine.connect()
                connection.info["jaga_pool"] = pool
            try:
                return connection.execution_options(jaga_writing=writing, **options)
            except BaseException:
                connection.close()
                raise

    def _give_back(self, connection: sql.Connection) -> None:
        if connection.invalidated:
            connection.close()
            return
        pool = connection.info["jaga_pool"]
        if pool is not self.engine.pool:
            connection.detach()  # closed meanwhile: nobody empties its pool any more
            connection.close()
            return
        if self.is_shared or len(self._idle) >= IDLE:
            connection.close()
        else:
            self._idle.append(connection)
        if pool is not self.engine.pool:
            self._drop(pool)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (sql.exc.DatabaseError, sql.exc.TimeoutError, sqlite3.DatabaseError) as error:
            said = error.orig if isinstance(error, sql.exc.DatabaseError) else error
            raise unavailable(f"the database {self.engine.url!r}", said) from error

    def count(self) -> None:
        """Have PostgreSQL count what its tables hold, after many rows came at once.

        It does so by itself some minutes later, and plans as for empty tables until then. For
        SQLite nothing is to be done: it plans by numbers of ours (`features.store.sqlitefile`).
        """
        if self.is_shared:
            with self.writing() as store:
                store.run("ANALYZE")

    def close(self) -> None:
        """Close all connections; one that is in use, or taken later, closes when given back."""
        self._is_closed = True
        self._renew()

    def _renew(self) -> None:
        pool = self.engine.pool
        self.engine.dispose()
        self._drop(pool)

    def _drop(self, pool: sql.Pool) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
        pool.dispose()


def _end(connection: sql.Connection, transaction: sql.Transaction) -> None:
    """Roll back what was not committed; a connection that is lost has done so, and goes."""
    try:
        transaction.close()
    except sql.exc.DatabaseError:
        connection.invalidate()


def is_sqlite(url: str) -> bool:
    """Whether a database URL names a file that one process writes, not a server.

    >>> is_sqlite("sqlite:///var/journal.sqlite"), is_sqlite("postgresql+psycopg://host/jaga")
    (True, False)
    """
    return sql.make_url(url).get_backend_name() == "sqlite"


def _open_server(connection: Any, busy_ms: int) -> None:
    """Bound every wait of a session: for a lock, and of others for it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {busy_ms}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MS}")
    connection.commit()
