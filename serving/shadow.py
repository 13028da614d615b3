"""A challenger is asked about what the champion judges, and nobody waits for it.

The writing thread hands on what each committed verdict was given on; a thread of its own asks the
challenger, one event at a time with a rest in between, so that it never holds the interpreter for
long. What does not fit into the queue is dropped and counted. The answers lie in `shadow_scores`:
they touch no verdict, and whoever compares both reads them there.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from features.errors import JagaError
from features.records import COLUMN
from models.champion import challenger
from models.judgement import weigh
from serving.judged import SEVERITY
from serving.policies import InForce
from serving.succession import EVERY_S, Candidate, ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal
    from models.bundle import Bundle
    from models.occasion import Occasion
    from serving.succession import Heir

    Floats = npt.NDArray[np.float64]

log = logging.getLogger("jaga.shadow")
WAITING: Final = 2_000
"""Events that may wait to be scored, some kilobytes each."""
REST_S: Final = 0.0005
"""Rest after each event: some tens of microseconds of work hold up a verdict by no more, and five
milliseconds, for which a thread may keep the interpreter, would show."""
KEPT_EVERY_S: Final = 2.0
"""Pause between two storings, so that few commits are made for what nobody waits for."""
BATCH: Final = 500
"""Rows stored at once: some milliseconds of the writing thread."""
_EVENT, _PLACE = COLUMN["event"], COLUMN["place"]
_STORE: Final = ("INSERT INTO shadow_scores (program, event_id, bundle_id, place, score, anomaly, "
                 "verdict) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")


class Seen(NamedTuple):
    """What a verdict was given on: numbers of event and place, the occasion and the features."""

    event: int
    place: int
    occasion: Occasion
    vector: Floats


Row = tuple[int, str, int, "float | None", "float | None", int]


class Shadow:
    """Scores what one program's verdicts saw by the bundle that is tried beside the champion.

    Parameters
    ----------
    root : Path
        Folder of the program's bundles and pointers.
    journal : Journal
        Where the scores are stored, and by whose program is judged.
    load : callable
        Gives a bundle by its id, ready to judge, or raises.
    waiting : int
        Events that may wait.

    Attributes
    ----------
    scored, lost : int
        Events that were scored, and that were dropped as too many waited.
    """

    def __init__(self, root: Path, journal: Journal, load: Callable[[str], Bundle],
                 waiting: int = WAITING, clock: Callable[[], float] = time.monotonic) -> None:
        self.scored = self.lost = 0
        self._root = root
        self._journal = journal
        self._candidate = Candidate("challenger", load, clock)
        self._clock = clock
        self._bundle: Bundle | None = None
        self._in_force = InForce()
        self._noted: list[Seen] = []
        self._waiting = waiting
        self._queue: queue.SimpleQueue[Seen] = queue.SimpleQueue()
        self._made: deque[Row] = deque()
        self._looked_at = self._kept_at = -math.inf
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)

    @property
    def refused(self) -> str:
        """Id of the challenger that could not be read; empty where there is none."""
        return self._candidate.refused

    def note(self, record: Ints, occasion: Occasion, vector: Floats) -> None:
        """Note what an event of the open transaction was judged on; nothing where none is tried."""
        if self._bundle is not None:
            self._noted.append(Seen(int(record[_EVENT]), int(record[_PLACE]), occasion, vector))

    def dropped(self) -> None:
        """Forget what was noted in a transaction that was not committed."""
        self._noted.clear()

    def committed(self) -> None:
        """Have what was noted be scored, as far as there is room; returns at once."""
        for seen in self._noted:
            if self._queue.qsize() < self._waiting:  # nobody else puts
                self._queue.put(seen)
            else:
                self.lost += 1
        self._noted.clear()

    def keep(self) -> int:
        """Store some of the scores that are made, now and then; by the writing thread; how many."""
        if not self._made or self._clock() - self._kept_at < KEPT_EVERY_S:
            return 0
        self._kept_at = self._clock()
        return self._store()

    def start(self) -> None:
        """Begin to look for a challenger and to score, in a thread of its own."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Score no more."""
        self._stopped.set()

    def close(self) -> None:
        """Store what is scored; after `stop`, by the thread that wrote."""
        if self._thread.is_alive():
            self._thread.join(2 * EVERY_S)
        with suppress(JagaError):  # a store that is away: nothing rests on these scores
            while self._made:
                self._store()

    def look(self) -> None:
        """Take up the challenger that is named, with the policy in force, or none."""
        self._looked_at = self._clock()
        found = challenger(self._root)
        wanted = "" if found is None else found.name
        if self._bundle is not None and self._bundle.bundle_id != wanted:
            self._bundle = None
        if not wanted:
            return
        bundle = self._bundle
        if bundle is None:
            self._in_force = InForce()
            bundle = self._candidate.read(wanted)
        if bundle is not None:
            with self._journal.database.reading() as store:
                self._bundle = self._in_force.heed(store, self._journal.key, bundle)

    def score(self) -> bool:
        """Ask the challenger about the event that waits longest; False where none came."""
        try:
            seen = self._queue.get(timeout=EVERY_S)
        except queue.Empty:
            return False
        bundle = self._bundle
        if bundle is None:
            return True
        try:
            weighed = weigh(bundle, self._journal.program, seen.occasion, seen.vector,
                            enforcement="full")
        except Exception as error:  # noqa: BLE001 - a bad challenger harms nobody
            log.warning("a challenger failed at an event: %s", type(error).__name__)
            self.lost += 1
            return True
        if len(self._made) >= WAITING:  # the store is away
            self._made.popleft()
            self.lost += 1
        scores, would_have = weighed.scores, weighed.decision.would_have
        self._made.append((seen.event, bundle.bundle_id, seen.place, scores.score, scores.anomaly,
                           SEVERITY[would_have.value]))
        self.scored += 1
        return True

    def _store(self) -> int:
        rows = [self._made.popleft() for _ in range(min(len(self._made), BATCH))]
        try:
            with self._journal.database.writing() as store:
                store.many(_STORE, [(self._journal.key, *row) for row in rows])
        except Exception:
            self._made.extendleft(reversed(rows))
            raise
        return len(rows)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._clock() - self._looked_at >= EVERY_S:
                    self.look()
                if self.score():
                    time.sleep(REST_S)
            except JagaError:  # a store that is away: the writing thread says so
                self._stopped.wait(EVERY_S)
            except Exception as error:  # noqa: BLE001 - verdicts go on, whatever it is
                log.warning("a challenger waits for the next time: %s", type(error).__name__)
                self._stopped.wait(EVERY_S)


def shadow_of(home: Home, live: Heir) -> Shadow:
    """Make what has a challenger score the verdicts of a running program; it does not look yet."""
    root = home.bundles(live.journal.program.program_id)
    return Shadow(root, live.journal, partial(ready, home, live))
