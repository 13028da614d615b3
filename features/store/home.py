"""A home: the folder in which Jaga keeps programs, bundles, rejects and the inbox."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from features.catalog import program_catalog
from features.errors import NotFound, Unavailable
from features.store.database import Database, is_known, is_sqlite, newest_revision
from features.store.head import move_head, read_head
from features.store.journal import Journal
from features.store.settled import Settled, settle
from features.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.engine.declarations import Catalog
    from features.exports.missions import Mission
    from features.exports.program import Program
    from features.store.store import Store


WRITER_WAIT_S: Final = 30.0
"""How long new tables wait for the process that holds the right to write."""
OWNER_ALONE: Final = 0o700
"""Mode of a home's folder, as names and contacts lie in it."""


class Home:
    """Opens what a home holds; nothing is made before it is needed.

    Parameters
    ----------
    path : path
        The folder.
    url : str or None
        A database elsewhere; None: ``journal.sqlite`` in the folder.

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> home = Home(tempfile.mkdtemp())
    >>> home.create(Program(program_id="acme")).last_place
    0
    >>> home.programs()
    ['acme']
    >>> home.close()
    """

    def __init__(self, path: Path | str = "var", url: str | None = None) -> None:
        self.path = Path(path)
        self._file = self.path / "journal.sqlite"
        self.url = url or f"sqlite:///{self._file}"
        self._is_file = url is None
        self.is_shared = not is_sqlite(self.url)

    @cached_property
    def database(self) -> Database:
        """The database, with tables that this version works on.

        A file of one process is brought to the newest revision at once, and an empty database
        too. One that replicas share is not, as another version may be at work on it.

        Raises
        ------
        Unavailable
            Where a shared database is older, or a newer version changed what this one needs.
        """
        self.path.mkdir(OWNER_ALONE, parents=True, exist_ok=True)
        database = Database(self.url)
        try:
            if not database.is_usable():
                if self.is_shared:
                    _refuse_older(database.revision())
                self._bring_up(database)
        except BaseException:
            database.close()
            raise
        return database

    def migrate(self) -> tuple[str, str]:
        """Bring the tables to the newest revision; the revisions before and after.

        Processes of the version before may go on working meanwhile and afterwards.

        Raises
        ------
        Unavailable
            Where a newer version changed what this one needs, or another process holds the right
            to write.
        """
        self.path.mkdir(OWNER_ALONE, parents=True, exist_ok=True)
        database = Database(self.url)
        try:
            before = database.revision()
            self._bring_up(database)
            return before, database.revision()
        finally:
            database.close()

    def _bring_up(self, database: Database) -> None:
        with self.writer.held(wait_s=WRITER_WAIT_S):
            database.migrate()

    @cached_property
    def writer(self) -> Writer:
        """The right to write in this home."""
        return Writer(self.path, self.is_shared)

    @property
    def rejects(self) -> Path:
        """Folder of the rejects of the last ingest of each program."""
        return self.path / "rejects"

    def bundles(self, program_id: str) -> Path:
        """Folder of a program's bundles."""
        return self.path / "bundles" / program_id

    def states(self, program_id: str) -> Path:
        """Folder of the snapshots of a program's state: a cache, harmless to delete."""
        return self.path / "states" / program_id

    def catalog(self, program_id: str | None = None) -> Catalog:
        """Read the features of a program: everybody's, and its own from ``features/`` in here.

        Raises
        ------
        BadConfig
            An own declaration is wrong; the error names the file and the line.
        """
        return program_catalog(self.path / "features", program_id)

    def programs(self) -> list[str]:
        """Ids of the programs, in their order."""
        if self._is_file and not self._file.exists():
            return []
        with self.database.reading() as store:
            return [row[0] for row in store.rows(
                "SELECT program_id FROM programs ORDER BY program_id")]

    def journal(self, program_id: str | None = None) -> Journal:
        """Open the journal of a program, of the only one where none is named.

        Raises
        ------
        NotFound
            With the list of programs, where there is none of that name, or several and none
            is named.
        """
        programs = self.programs()
        if program_id is None and len(programs) == 1:
            program_id = programs[0]
        if program_id not in programs:
            listed = ", ".join(programs) or "none yet"
            raise NotFound(
                f"the program {program_id}" if program_id else "the name of a program",
                f"a home that holds {listed}",
                f"name one with --program ({listed})" if programs else "ingest an export first")
        with self.database.reading() as store:
            key, settings, missions = store.rows(
                "SELECT program, settings, missions FROM programs WHERE program_id = ?",
                (program_id,))[0]
        settled = Settled.parse(settings, missions)
        return Journal(self.database, self.writer, key, settled.program, settled.missions)

    def create(self, program: Program, missions: Sequence[Mission] | None = None) -> Journal:
        """Open a program's journal, made where it is new, its settings replaced where it is not.

        Parameters
        ----------
        program : Program
            What a desk put in force stays (`features.store.settled`).
        missions : sequence of Mission or None
            None: as they are, none of a new program.

        Raises
        ------
        BadConfig
            As `features.store.settled.settle`.
        Unavailable
            Where another process holds the right to write.
        """
        with self.writer.held(), self.database.writing() as store:
            found = store.rows("SELECT program FROM programs WHERE program_id = ?",
                               (program.program_id,))
            if found:
                _settle_again(store, int(found[0][0]), program, missions)
            else:
                store.run("INSERT INTO programs (program_id, settings, missions, last_seq, "
                          "last_place) VALUES (?, ?, ?, 0, 0) ON CONFLICT (program_id) DO NOTHING",
                          (program.program_id, *settle(store, program, missions).texts()))
        return self.journal(program.program_id)

    def close(self) -> None:
        """Close the database."""
        if "database" in self.__dict__:
            self.database.close()


def _settle_again(store: Store, key: int, program: Program, missions: Sequence[Mission] | None
                  ) -> None:
    """Replace a program's settings; its journal moves on, so that running services look."""
    store.take_turn(key)
    texts = settle(store, program, missions).texts()
    stored = store.rows("SELECT settings, missions FROM programs WHERE program = ?", (key,))[0]
    if texts != tuple(stored):
        store.run("UPDATE programs SET settings = ?, missions = ? WHERE program = ?",
                  (*texts, key))
        head = read_head(store, key)
        move_head(store, key, head, head.seq, head.place, taught=True)


def _refuse_older(revision: str) -> None:
    """Refuse a shared database that only a person may bring up; a strange one is not older."""
    if is_known(revision):
        raise Unavailable(f"tables of the revision {newest_revision()}", revision,
                          "run jaga migrate once, then start the replicas one by one")
