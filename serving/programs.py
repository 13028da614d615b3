"""The engines of a home, one a program, and the one thread that writes for all of them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

from features.catalog import CATALOG
from features.errors import JagaError, NotFound, Unavailable
from features.store.home import Home
from features.store.inbox import Inbox
from models.insiders.jobs import insiders_folder
from serving.campaigns.handing import take_waiting
from serving.champion import bare_bundle, load_champion
from serving.commits import Commits, Work
from serving.committer import Committer
from serving.engine import Engine
from serving.holds import Holds
from serving.keeper import Keeper
from serving.keys import Keys
from serving.live import Live
from serving.outbox.courier import Courier
from serving.outbox.sender import Sender
from serving.outbox.webhook import webhook_of
from serving.snapshots import Snapshots
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


def now_ms() -> int:
    """Tell the server's clock in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Programs:
    """Opens a home: loads champions, rebuilds states, takes the right to write.

    Parameters
    ----------
    settings : Settings
    clock : callable
        The server's; in a demo's home it is set back to the end of the simulated time.
        Milliseconds since 1970 UTC.
    """

    def __init__(self, settings: Settings, clock: Callable[[], int] = now_ms) -> None:
        self.home = Home(settings.home, settings.url)
        self.keys = Keys(self.home.database)
        behind = read_tour(settings.home).behind_ms
        self._clock = clock if not behind else lambda: clock() - behind
        self._inbox = Inbox(self.home)
        self._redis = _connected(settings.redis_url) if settings.redis_url else None
        self._committer = Committer(settings.waiting_limit, idle=self._drain)
        self._engines: dict[str, Engine] = {}
        self._lives: list[Live] = []
        self._keepers: list[Keeper] = []
        self._holds: list[Holds] = []
        self._couriers: list[Courier] = []
        self._webhook = webhook_of(settings.webhook_url, settings.webhook_secrets)
        self._failure: JagaError | None = None
        self._is_open = False

    @property
    def ready(self) -> bool:
        """Whether every program of the home answers."""
        return self._is_open

    def open(self, then: Callable[[], None] = lambda: None, *, wait: bool = False) -> None:
        """Load everything in a thread beside the caller; ``then`` runs once it is ready."""
        thread = threading.Thread(target=self._open, args=(then,), name="opening", daemon=True)
        thread.start()
        if wait:
            thread.join()

    def _open(self, then: Callable[[], None]) -> None:
        try:
            self.home.writer.acquire(LOCK_WAIT_S)
            for program_id in self.home.programs():
                self._open_program(program_id)
            self._committer.start()
        except JagaError as error:
            log.error("the home can not be opened: %s", error.code)
            self._failure = error
            return
        then()
        self._is_open = True
        for courier in self._couriers:
            courier.start()
        for engine in self._engines.values():
            engine.standing.refresh_soon()

    def _open_program(self, program_id: str) -> None:
        journal = self.home.journal(program_id)
        bundle, catalog, degraded = self._judging(journal)
        snapshots = Snapshots(self.home.states(program_id), journal, catalog)
        live = Live(journal, bundle, catalog, degraded, snapshots, self._tail(program_id))
        live.rebuild()
        warm_up(live)
        self._lives.append(live)
        self._keepers.append(Keeper(live, snapshots))
        self._holds.append(Holds(live))
        self._couriers.append(Courier(Sender(
            journal, self._webhook, self._doing(live), self._clock)))
        self._engines[program_id] = Engine(
            live, self._committer, self._clock, insiders_folder(self.home, program_id))

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
            return bare_bundle(journal), CATALOG, "model"

    def engine(self, program_id: str) -> Engine:
        """Find the engine of a program.

        Raises
        ------
        Unavailable
            While the state is rebuilt, or where the home can not be opened.
        """
        engine = self._engines.get(program_id) if self._is_open else None
        if engine is not None:
            return engine
        if self._failure is not None:
            raise Unavailable(self._failure.wanted, self._failure.came, self._failure.remedy)
        if self._is_open:
            raise NotFound("a program of this home", "another", "use a key of its programs")
        raise Unavailable("a service that is ready", "one that rebuilds its state",
                          "try again in a moment")

    def close(self) -> None:
        """Finish what is sent and what waits, keep a snapshot, give back the right to write."""
        for courier in self._couriers:
            courier.close()
        self._committer.stop()
        if self._is_open and not self._committer.is_running:
            for keeper in self._keepers:
                keeper.close()
        if self.home.writer.is_held:
            self.home.writer.release()
        if self._redis is not None:
            self._redis.close()
        self.home.database.close()

    def _drain(self) -> None:
        """Take in what other processes hand over or wrote; live events are answered in between."""
        if self.home.is_shared:
            self._catch_up()
        elif self._inbox.waiting():
            self._inbox.drain(pause=self._between)
            self._catch_up()
        for live in self._lives:
            live.rest(self._clock())
        for keeper in self._keepers:
            keeper.rest()
        self._end_holds()
        self._take_campaigns()

    def _take_campaigns(self) -> None:
        """Hand over what a run of campaigns beside this service decided."""
        for live in self._lives:
            try:
                take_waiting(live, self._clock())
            except JagaError as error:  # it waits for the next time
                log.warning("decisions of campaigns could not be taken: %s", error.code)

    def _end_holds(self) -> None:
        for holds in self._holds:
            try:
                holds.rest(self._clock())
            except JagaError as error:  # the next time comes soon
                log.warning("holds could not be ended: %s", error.code)

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
