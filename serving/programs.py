"""The engines of a home, one a program, and the one thread that writes for all of them."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from features.catalog import CATALOG
from features.errors import JagaError, NotFound, Unavailable
from features.store.checkpoints import Checkpoints
from features.store.home import Home
from features.store.inbox import Inbox
from models.insiders.jobs import insiders_folder
from models.monitored import monitor_folder
from serving.champion import bundle_without_champion, load_champion
from serving.chores import Chores
from serving.commits import Commits, Work
from serving.committer import Committer
from serving.earlier import EarlierBundles
from serving.engine import Engine
from serving.keyring import Keys
from serving.keys import now_ms
from serving.limping.breaker import Breaker
from serving.limping.clock import SteadyClock
from serving.limping.mender import Mender
from serving.live import Live
from serving.nudges.kept import nights_of
from serving.outbox.courier import Courier
from serving.outbox.relay import begin_relay
from serving.outbox.sender import Sender
from serving.outbox.webhook import webhook_of
from serving.retention.kept import folder_of
from serving.shadow import shadow_of
from serving.snapshots import Snapshots
from serving.succession import succession_of
from serving.tour import read_tour
from serving.warmup import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from redis import Redis

    from features.engine.declarations import Catalog
    from features.store.journal import Journal
    from features.store.writing import Writing
    from models.answers import Degraded
    from models.bundle import Bundle
    from serving.settings import Settings
    from serving.shared.tail import RedisTail

log = logging.getLogger("jaga.programs")
LOCK_WAIT_S = 10.0
"""How long a start waits for the process before it to give back the right to write."""
AGAIN_S = 1.0
"""Pause before a home is tried again that could not be opened, as its database is away."""


class Programs:
    """Opens a home: loads champions, rebuilds states, takes the right to write.

    Parameters
    ----------
    settings : Settings
    clock : callable or None
        Milliseconds since 1970 UTC; None: the server's, without its leaps. In a demo's home it is
        set back to the end of the simulated time.
    """

    def __init__(self, settings: Settings, clock: Callable[[], int] | None = None) -> None:
        self.home = Home(settings.home, settings.url)
        self.home.database.hurry()
        self.home.database.remember(settings.cache_mb)
        self._checkpoints = None if self.home.is_shared else Checkpoints(self.home.database)
        self.keys = Keys(self.home.database, settings.key_rate)
        behind = read_tour(settings.home).behind_ms
        told = SteadyClock(now_ms) if clock is None else clock
        self._told = told
        self._clock = told if not behind else lambda: told() - behind
        self._inbox = Inbox(self.home)
        self._redis = _connected(settings.redis_url) if settings.redis_url else None
        self._committer = Committer(settings.waiting_limit, idle=self._drain,
                                    waiting_s=settings.waiting_ms / 1000)
        self._within_s = settings.answer_ms / 1000
        self._engines: dict[str, Engine] = {}
        self._lives: list[Live] = []
        self._chores: list[Chores] = []
        self._couriers: list[Courier] = []
        self._menders: dict[Live, Mender] = {}
        self._webhook = webhook_of(settings.webhook_url, settings.webhook_secrets)
        self._failure: JagaError | None = None
        self._one_mends = threading.Lock()
        self._closing = threading.Event()
        self._is_open = False
        self._is_settled = False

    @property
    def ready(self) -> bool:
        """Whether every program of the home answers, and none does without its state."""
        return self._is_settled and all(live.is_whole for live in self._lives)

    @property
    def lives(self) -> tuple[Live, ...]:
        """The hearts of all programs, for whoever watches them."""
        return tuple(self._lives)

    @property
    def committer(self) -> Committer:
        """The writing thread."""
        return self._committer

    @property
    def handed_over(self) -> int:
        """Ingests of other processes that wait to be taken in."""
        return len(self._inbox.waiting())

    @property
    def clock_leaps(self) -> int:
        """Leaps of the server's clock that were seen; 0 of any other clock."""
        return self._told.leaps if isinstance(self._told, SteadyClock) else 0

    @property
    def rows_read(self) -> int:
        """Rows of the journals that were read to make the states that are being made."""
        return sum(mender.rows_read for mender in list(self._menders.values()))

    def now(self) -> int:
        """Tell the service's clock: milliseconds since 1970 UTC."""
        return self._clock()

    def open(self, then: Callable[[], None] = lambda: None, *, wait: bool = False) -> None:
        """Load everything in a thread beside the caller; ``then`` runs once it is ready.

        Verdicts are given from the moment on at which journals and bundles are loaded, marked
        `degraded` until the state is whole. A home that can't be opened is tried again and again,
        but not while the caller waits for it.
        """
        thread = threading.Thread(target=self._open, args=(then, not wait), name="opening",
                                  daemon=True)
        thread.start()
        if wait:
            thread.join()

    def _open(self, then: Callable[[], None], again: bool) -> None:
        while not self._opened():
            if not again or self._closing.wait(AGAIN_S):
                return
        if not all(self._is_made_whole(live) for live in self._lives):
            return
        then()
        self._is_settled = True
        for engine in self._engines.values():
            engine.standing.refresh_soon()

    def _opened(self) -> bool:
        """Load journals and bundles; whether that worked."""
        try:
            self.keys.open()
            if not self.home.writer.is_held:
                self.home.writer.acquire(LOCK_WAIT_S)
            for program_id in self.home.programs():
                if program_id not in self._engines:
                    self._open_program(program_id)
        except JagaError as error:
            log.error("the home can not be opened: %s", error.code)
            self._failure = error
            return False
        self._committer.start()
        if self._checkpoints is not None:
            self._checkpoints.start()
        self._failure = None
        self._is_open = True
        for courier in self._couriers:
            courier.start()
        for live in self._lives:
            live.follow()
        return True

    def _is_made_whole(self, live: Live) -> bool:
        """Compile, judge once, and read the journal beside that; verdicts are given in between."""
        threading.Thread(target=self._menders[live].wait, name="beginning", daemon=True).start()
        try:
            warm_up(live)
        except Exception as error:  # noqa: BLE001 - then the service never says that it is ready
            log.error("a program can not judge: %s; jaga doctor says why", type(error).__name__)
            return False
        take_over = Work(lambda writing: None)
        while not live.is_whole and not self._closing.is_set():
            self._menders[live].wait()
            with suppress(JagaError):
                asyncio.run(self._committer.do(Commits(live), take_over))
        return live.is_whole

    def _open_program(self, program_id: str) -> None:
        journal = self.home.journal(program_id)
        bundle, catalog, degraded = self._judging(journal)
        snapshots = Snapshots(self.home.states(program_id), journal, catalog)
        snapshots.read_ahead()
        live = Live(journal, bundle, catalog, degraded, snapshots, self._tail(program_id))
        live.breaker = Breaker()
        live.earlier = EarlierBundles(self.home, journal).bundle
        live.succession = succession_of(self.home, live)
        live.shadow = shadow_of(self.home, live)
        live.mender = self._menders[live] = Mender(
            live, lambda: Live(journal.twin(), live.bundle, catalog, live.degraded, snapshots),
            self._one_mends)
        if self._webhook is not None:
            begin_relay(journal, self._clock())
        self._lives.append(live)
        self._chores.append(Chores(self.home, live, self._menders[live], snapshots,
                                    self._committer.serve_waiting))
        self._couriers.append(Courier(Sender(
            journal, self._webhook, self._doing(live), self._clock)))
        self._engines[program_id] = Engine(
            live, self._committer, self._clock, insiders_folder(self.home, program_id),
            self._within_s, folder_of(self.home.path, program_id),
            nights_of(self.home.path, program_id), monitor_folder(self.home.path, program_id))

    def _doing(self, live: Live) -> Callable[[Callable[[Writing], Any]], Any]:
        """Make what has an act done by the writing thread, for a thread that may wait."""
        commits = Commits(live)
        return lambda act: asyncio.run(self._committer.do(commits, Work(act, alone=True)))

    def _tail(self, program_id: str) -> RedisTail | None:
        if self._redis is None:
            return None
        from serving.shared.tail import RedisTail

        return RedisTail(self._redis, program_id)

    def _judging(self, journal: Journal) -> tuple[Bundle, Catalog, Degraded]:
        """Load what judges a program; proof and caps alone where champion or features are wrong."""
        try:
            catalog = self.home.catalog(journal.program.program_id)
            return load_champion(self.home, journal, catalog), catalog, False
        except JagaError as error:
            log.warning("a program is judged without a model: %s; jaga doctor says why", error.code)
            return bundle_without_champion(self.home, journal), CATALOG, "model"

    def engine(self, program_id: str) -> Engine:
        """Find the engine of a program.

        Raises
        ------
        Unavailable
            While bundles are loaded, or where the home can not be opened.
        """
        engine = self._engines.get(program_id) if self._is_open else None
        if engine is not None:
            return engine
        if self._failure is not None:
            raise Unavailable("a service that is ready", "one that can not open its home",
                              "ask jaga doctor why, or try again in a moment")
        if self._is_open:
            raise NotFound("a program of this home", "another", "use a key of its programs")
        raise Unavailable("a service that is ready", "one that rebuilds its state",
                          "try again in a moment")

    def close(self) -> None:
        """Finish what is sent and what waits, keep a snapshot, give back the right to write."""
        self._closing.set()
        for live, mender in self._menders.items():
            mender.stop()
            live.part()
        for courier in self._couriers:
            courier.close()
        if self._checkpoints is not None:
            self._checkpoints.stop()
        self._committer.stop()
        if self._is_open and not self._committer.is_running:
            for chores in self._chores:
                chores.close()
        if self.home.writer.is_held:
            self.home.writer.release()
        if self._redis is not None:
            self._redis.close()
        self.keys.close()
        self.home.database.close()

    def _drain(self) -> None:
        """Take in what other processes hand over or wrote; live events are answered in between."""
        if self.home.is_shared:
            self._catch_up()
        elif self._inbox.waiting():
            try:
                self._inbox.drain(pause=self._between)
            except Exception as error:  # noqa: BLE001 - what can't now must not stop the chores
                log.warning("a hand-over waits for the next time: %s", type(error).__name__)
            self._catch_up()
        if self._checkpoints is not None:
            self._checkpoints.finish()
        for chores in self._chores:
            chores.rest(self._clock())
        for engine in self._engines.values():
            engine.standing.rest()

    def _between(self) -> None:
        self._catch_up()
        self._committer.serve_waiting()

    def _catch_up(self) -> None:
        for live in self._lives:
            live.catch_up()


def _connected(url: str) -> Redis:
    """Make a client of the store that replicas share; its package is an extra."""
    try:
        from serving.shared.tail import connect
    except ModuleNotFoundError as error:
        raise Unavailable("the package redis", "none", "pip install 'jaga[shared]'") from error
    return connect(url)
