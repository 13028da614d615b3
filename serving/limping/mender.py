"""A lost state is made anew in a thread of its own, while verdicts go on without it.

First what was credited is read, so that proof speaks again after seconds; then a second `Live` is
made from the newest snapshot and the journal, those verdicts included, and takes over once it has
caught up. Who reads the journal twice gets the same: the state after a mending is that of a start.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

from features.errors import Unavailable
from features.places import LAST_MS, first_place
from models.judgement import judge
from models.occasion import Marks
from serving.limping.known import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.exports.program import Program
    from features.places import Ints
    from features.store.head import Head
    from features.store.journal import Journal
    from features.store.store import Store
    from features.store.writing import PreparedEvent, Writing
    from models.answers import Verdict
    from models.bundle import Bundle
    from models.decision import Enforcement

log = logging.getLogger("jaga.limping")
AGAIN_S: Final = 0.5
"""Pause after a mending that failed: the store may be away for long."""
SHORT_S: Final = 0.2
"""How long a transaction waits for a mending that has just begun: a small state is made by then,
and no verdict need do without."""
NEAR: Final = 200
"""Rows behind the journal from which the writing thread takes the rest in by itself."""
ALL: Final = first_place(LAST_MS)


class Unread(Unavailable):
    """It is not known yet what was credited: proof can't speak, so nothing is answered."""


class Stateful(Protocol):
    """What has a state over a journal: `serving.live.Live`."""

    journal: Journal
    head: Head
    is_whole: bool

    def rebuild(self, progress: Callable[[str, int, int], None]) -> int:
        """Make the state anew."""

    def catch_up(self) -> bool:
        """Take in what was written since."""

    def adopt(self, other: Any) -> None:
        """Take over the state of another one."""


class Mender:
    """Mends the state of one program; all but `run` is called by the writing thread.

    Parameters
    ----------
    live : Stateful
        Whose state it is.
    make : callable
        Makes another one over the same journal that nothing has been read into.
    one_at_a_time : lock
        Held while a state is made: the programs of a home share the machine.

    Attributes
    ----------
    mended : int
        States made anew and taken over.
    rows_read : int
        Rows of the journal that the last mending has read so far.
    """

    def __init__(self, live: Stateful, make: Callable[[], Stateful],
                 one_at_a_time: threading.Lock | None = None) -> None:
        self.mended = self.rows_read = 0
        self._live = live
        self._make = make
        self._turn = one_at_a_time or threading.Lock()
        self._known: Known | None = None
        self._using: Known | None = None
        self._twin: Stateful | None = None
        self._thread = threading.Thread()
        self._starting = threading.Lock()
        self._is_fresh = False
        self._is_wary = False
        self._stopped = threading.Event()

    def mend(self) -> None:
        """Take over a state that is made; begin to make one where none is.

        After a transaction that the store refused, the state waits until one has succeeded: while
        the disk is full, a whole state would be lost with the next event again.
        """
        thread = self._start()
        if self._is_fresh and not self._is_wary:
            thread.join(SHORT_S)
        self._is_fresh = False
        twin = self._twin
        if twin is not None and not self._is_wary:
            self._live.adopt(twin)
            self._twin = self._known = self._using = None
            self.mended += 1
            log.info("a state is whole again")

    def lost(self, error: BaseException) -> None:
        """Begin to mend after a transaction that failed."""
        self._is_wary |= isinstance(error, Unavailable) and not isinstance(error, Unread)
        self._start()

    def passed(self) -> None:
        """Know that the store took a transaction."""
        self._is_wary = False

    def rest(self) -> None:
        """See in an idle moment whether the store takes anything again, and mend."""
        if self._is_wary and self._twin is not None:
            with self._live.journal.database.writing() as store:
                store.run("UPDATE programs SET commits = commits WHERE program = ?",
                          (self._live.journal.key,))
            self._is_wary = False
        self.mend()

    def wait(self) -> None:
        """Begin to mend, and wait for the end of it; for a thread that has time."""
        self._start().join()

    def stop(self) -> None:
        """Let a mending that runs come to nothing."""
        self._stopped.set()

    def open(self, writing: Writing) -> None:
        """Begin a transaction without a state.

        Raises
        ------
        Unread
            While it is not yet known what was credited.
        """
        known = self._known
        if known is None:
            raise Unread("a service that is ready", "one that reads its journal",
                         "try again in a moment")
        known.open(writing.store)
        self._using = known  # another mending may read anew; that does not know this transaction

    def judge(self, writing: Writing, prepared: PreparedEvent, bundle: Bundle,
              enforcement: Enforcement | None) -> Verdict:
        """Judge an event without a state, inside the open transaction."""
        assert self._using is not None  # `open` has seen to it
        return judge_unseen(self._using, writing.store, writing.program, prepared.record,
                            prepared.name, bundle, enforcement)

    def note(self, prepared: PreparedEvent, outcome: int) -> None:
        """Take in what became of an event of the open transaction."""
        assert self._using is not None
        self._using.note(prepared.record, outcome)

    def _start(self) -> threading.Thread:
        """Begin to mend where nobody does, and return who mends or did last."""
        with self._starting:
            if self._thread.ident is None or (
                    self._twin is None and not self._thread.is_alive()):
                self._is_fresh = True
                self._thread = threading.Thread(target=self.run, name="mending", daemon=True)
                self._thread.start()
            return self._thread

    def run(self) -> None:
        """Read what was credited, then make a state; returns once it can be taken over."""
        try:
            if self._twin is None and not self._live.is_whole:
                self._read()  # at once: until then nothing is answered
                with self._turn:
                    self._twin = self._made()
        except Exception as error:  # noqa: BLE001 - tried again, whatever it was
            log.warning("a state could not be made: %s", type(error).__name__)
            self._stopped.wait(AGAIN_S)

    def _read(self) -> None:
        journal = self._live.journal
        known = Known(journal.program, journal.key, ALL)
        with journal.database.reading() as store:
            known.read(store, journal.last_place)
        self._known = known

    def _made(self) -> Stateful:
        twin = self._make()
        twin.rebuild(progress=self._heed)
        while twin.journal.last_seq - twin.head.seq > NEAR:
            twin.catch_up()
        return twin

    def _heed(self, what: str, done: int, whole: int) -> None:
        if self._stopped.is_set():
            raise Unavailable("a service that runs", "one that stops", "start it again")
        self.rows_read = done


def judge_unseen(
    known: Known, store: Store, program: Program, record: Ints, event_id: str, bundle: Bundle,
    enforcement: Enforcement | None = None, language: str | None = None,
) -> Verdict:
    """Judge an event by what is known of it without the state.

    Parameters
    ----------
    known : Known
        Open in the transaction.
    store : Store
        The transaction.
    program : Program
    record : shape (len(COLUMNS),)
        Of the event, at its place.
    event_id : str
    bundle : Bundle
        For its policy and words; its models are not asked.
    enforcement : str, optional
        As `models.judgement.judge`.
    language : str, optional
        In place of the member's, to say the same again later.
    """
    occasion = known.occasion(store, record, event_id, language)
    return judge(bundle, program, occasion, known.vector(store, record, bundle),
                 enforcement=enforcement, degraded="state", marks=Marks())
