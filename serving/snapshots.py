"""Snapshots of a program's state on disk, so that a start reads the journal's end alone.

A snapshot is one npz file, ``HOME/states/PROGRAM/NUMBER.npz``. It appears under its name only when
it is complete and on the disk, and each of its arrays carries a checksum. It is a cache: where it
is damaged, made by other code, for another catalogue, time zone or journal, or knows more than the
journal does, it is passed over, and the one before it or the whole journal is read.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

import features
from features.engine.state import State
from features.errors import Conflict
from features.store.head import Head, taught_since
from features.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.store.journal import Journal

log = logging.getLogger("jaga.snapshots")
KEPT: Final = 2
"""The newest may turn out to be damaged: then the one before it saves most of the work."""
THROUGH_S: Final = 0.05
"""Pause between two times that a file which is being written is made durable so far."""
LINKS: Final = "links."
"""Before the names of arrays that hold links."""
ALARMS: Final = "alarms."
"""The same for alarms."""
PATTERN: Final = "[0-9]" * 8 + ".npz"


@dataclass(frozen=True)
class Snapshot:
    """What a program's `serving.live.Live` knew at a head of its journal.

    Parameters
    ----------
    head : Head
        Every row was taken in whose (place, seq) is not larger, and no other.
    state : State
    personas : shape (n, 3)
        Number, persona and region of each member that was known.
    tracks_codes : bool
        Whether a code was known.
    links : dict of arrays
        Who shared what with whom, as `features.links.links.Links.arrays` gives it.
    alarms : dict of arrays
        The program's own errors, as `features.alarms.Alarms.arrays` gives them.
    """

    head: Head
    state: State
    personas: Ints
    tracks_codes: bool
    links: Mapping[str, Any]
    alarms: Mapping[str, Any]


class Snapshots:
    """The snapshots of one program; written by one thread at a time.

    Parameters
    ----------
    folder : Path
        Where they lie; made where it is needed.
    journal : Journal
        What they are snapshots of.
    catalog : Catalog
        What their states compute.
    """

    def __init__(self, folder: Path, journal: Journal, catalog: Catalog) -> None:
        self.folder = folder
        self._journal = journal
        self._catalog = catalog
        self._ahead: Future[Snapshot | None] | None = None

    def files(self) -> list[Path]:
        """List complete snapshots, the newest first, whether they can be used or not."""
        return sorted(self.folder.glob(PATTERN), reverse=True)

    def read_ahead(self) -> None:
        """Begin to read the newest snapshot in a thread; the next `newest` gives what that found.

        For a start, which has more to do meanwhile.
        """
        self._ahead = Future()
        threading.Thread(target=self._go_ahead, args=(self._ahead,), name="snapshot",
                         daemon=True).start()

    def newest(self) -> Snapshot | None:
        """Read the newest snapshot that can be used; None where there is none."""
        ahead, self._ahead = self._ahead, None
        return self._found() if ahead is None else ahead.result()

    def _go_ahead(self, answer: Future[Snapshot | None]) -> None:
        try:
            answer.set_result(self._found())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is wanted
            answer.set_exception(error)

    def _found(self) -> Snapshot | None:
        for path in self.files():
            try:
                return self._read(path)
            except Exception as error:  # noqa: BLE001 - whatever ails it, the journal is there
                log.warning("a snapshot is passed over: %s", type(error).__name__)
        return None

    def keep(self, snapshot: Snapshot) -> Path:
        """Write a snapshot, durable on return, and remove all but the last two.

        Raises
        ------
        Unavailable
            Where another process writes one in the same folder.
        """
        with Writer(self.folder).held():
            path = self.folder / f"{self._next():08d}.npz"
            draft = path.with_suffix(".part")
            with _written_through(draft):
                snapshot.state.save(draft, {
                    **{LINKS + name: part for name, part in snapshot.links.items()},
                    **{ALARMS + name: part for name, part in snapshot.alarms.items()},
                    "personas": snapshot.personas, "snapshot": _bytes(self._said(snapshot))})
            _sync(draft)
            draft.replace(path)
            _sync(self.folder)
            self._trim()
        return path

    def _next(self) -> int:
        return max((int(path.stem) for path in self.files()), default=0) + 1

    def _trim(self) -> None:
        """Remove older snapshots, and what a process that died left half written."""
        for path in [*self.files()[KEPT:], *self.folder.glob("*.part")]:
            path.unlink()

    def _read(self, path: Path) -> Snapshot:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            said = json.loads(saved["snapshot"].tobytes())
            personas = saved["personas"]
            links, alarms = (
                {name.removeprefix(mark): saved[name] for name in saved.files
                 if name.startswith(mark)} for mark in (LINKS, ALARMS))
        self._check(said)
        state = State.load(path, self._catalog, self._journal.program.timezone)
        return Snapshot(Head(*said["head"]), state, personas, said["tracks_codes"], links,
                        alarms)

    def _check(self, said: dict[str, Any]) -> None:
        """Refuse a snapshot of another past than the journal's; Conflict."""
        journal = self._journal
        if said["code"] != code_digest() or said["program"] != journal.program.program_id:
            raise Conflict("a snapshot by this code, of this program", "another one",
                           "read the journal")
        head = Head(*said["head"])
        with journal.database.reading() as store:
            continues = taught_since(store, journal.key, head) is not None
        if not head.number or not continues:
            raise Conflict("a snapshot of this journal's past", "one of another past",
                           "read the journal")

    def _said(self, snapshot: Snapshot) -> dict[str, Any]:
        return {"program": self._journal.program.program_id, "code": code_digest(),
                "head": snapshot.head, "tracks_codes": snapshot.tracks_codes}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Digest of the code that turns rows into a state: all of the room of features.

    What another version computed may lie differently, or mean something else.
    """
    room = Path(str(features.__file__)).parent
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(room.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _bytes(said: dict[str, Any]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(said).encode(), np.uint8)


@contextmanager
def _written_through(path: Path) -> Iterator[None]:
    """Make a file durable while it is written: all of it at the end, commits would wait for."""
    over = threading.Event()

    def put() -> None:
        while not over.wait(THROUGH_S):
            with suppress(OSError):  # not there yet; what fails for good is told at the end
                _sync(path)

    thread = threading.Thread(target=put, name="snapshot", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
