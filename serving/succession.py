"""A champion that changes while a service runs serves it without a restart.

A thread looks at the pointer of a program. Where it names another bundle, that is loaded, bound
and tried beside the verdicts, and then offered; the writing thread takes it between two verdicts,
so that each verdict is of one bundle and says of which. A bundle that can't be read changes
nothing: the one before goes on. Every replica follows the same file by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from features.errors import BadInput, JagaError, Unavailable
from models.champion import history
from serving.champion import load_bundle
from serving.tryout import try_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.store.home import Home
    from features.store.journal import Journal
    from models.bundle import Bundle

log = logging.getLogger("jaga.succession")
EVERY_S: Final = 1.0
"""Pause between two looks at the pointer: reading a short file costs some microseconds."""
AGAIN_S: Final = 10.0
"""Pause before a bundle that could not be read is tried again: that may take a thread a second."""


class Candidate:
    """Loads a bundle that was named while the service runs, and tries again where it can't.

    Parameters
    ----------
    role : str
        What it is to be, for the log.
    load : callable
        Gives a bundle by its id, ready to judge, or raises.
    clock : callable
        Seconds that only go up.

    Attributes
    ----------
    refused : str
        Id of the bundle that could not be read; empty where there is none.
    """

    def __init__(self, role: str, load: Callable[[str], Bundle],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.refused = ""
        self._role = role
        self._load = load
        self._clock = clock
        self._not_before = 0.0

    def read(self, bundle_id: str) -> Bundle | None:
        """Load a bundle; None where it can't be read, or could not a moment ago."""
        if bundle_id == self.refused and self._clock() < self._not_before:
            return None
        try:
            bundle = self._load(bundle_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, verdicts go on as they are
            if self.refused != bundle_id:
                log.error("a new %s is left aside, all goes on without it: %s", self._role,
                          _told(error))
            self.refused = bundle_id
            self._not_before = self._clock() + AGAIN_S
            return None
        self.refused = ""
        return bundle


class Heir(Protocol):
    """Where bundles succeed each other: `serving.live.Live`."""

    bundle: Bundle
    catalog: Catalog
    journal: Journal

    def offer(self, bundle: Bundle | None) -> None:
        """Have a bundle judge from the next transaction on."""


class Succession:
    """Follows the champion of one program.

    Parameters
    ----------
    root : Path
        Folder of the program's bundles and of the pointer.
    live : Heir
        Whom the next bundle is offered to.
    load : callable
        Gives a bundle by its id, ready to judge, or raises.
    clock : callable
        Seconds that only go up.

    Attributes
    ----------
    taken : int
        Bundles that took over from another one.
    """

    def __init__(self, root: Path, live: Heir, load: Callable[[str], Bundle],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.taken = 0
        self._root = root
        self._live = live
        self._candidate = Candidate("champion", load, clock)
        self._offered = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="succession", daemon=True)

    @property
    def refused(self) -> str:
        """Id of the champion that could not be read; empty where there is none."""
        return self._candidate.refused

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def look(self) -> None:
        """Compare the pointer with who judges; offer whom it names, or take an offer back."""
        wanted = (history(self._root) or ("",))[-1]
        serves = self._live.bundle.bundle_id
        if self._offered and self._offered == serves:
            self.taken += 1
            self._offered = ""
        if wanted in ("", serves):
            if self._offered:
                self._live.offer(None)
            self._offered = self._candidate.refused = ""
        elif wanted != self._offered and (bundle := self._candidate.read(wanted)) is not None:
            self._offered = wanted
            self._live.offer(bundle)
            log.info("a new champion serves from the next verdict on")

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a file system that is away comes back
                log.warning("the champion's pointer can not be read: %s", type(error).__name__)


def succession_of(home: Home, live: Heir) -> Succession:
    """Make what follows the champion of a running program; it does not look yet."""
    root = home.bundles(live.journal.program.program_id)
    return Succession(root, live, partial(ready, home, live))


def ready(home: Home, live: Heir, bundle_id: str) -> Bundle:
    """Load a bundle for a service that runs, bound to its features, and have it judge once.

    Its policy is its own; the one in force is put into it by the transaction that takes it over.

    Raises
    ------
    NotFound
        Its folder is gone.
    BadInput
        It was changed, or a feature that it needs is defined otherwise today.
    Unavailable
        It fits today's features, but the service made its state by those of before.
    """
    journal = live.journal
    try:
        bundle = load_bundle(home, journal, bundle_id, live.catalog)
    except BadInput:
        load_bundle(home, journal, bundle_id)
        raise Unavailable("a champion that reads the features this service makes",
                          "one that reads others, declared since it started",
                          "restart the service, so that it makes them") from None
    try_out(bundle, live.catalog, journal.program)
    return bundle


def _told(error: Exception) -> str:
    """Why, without names: the sentence for what needs a person, else the kind of error."""
    if isinstance(error, Unavailable):
        return str(error)
    return error.code if isinstance(error, JagaError) else type(error).__name__
