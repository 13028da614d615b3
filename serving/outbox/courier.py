"""The thread of a service that hands over the messages of one program."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from features.errors import JagaError

if TYPE_CHECKING:
    from serving.outbox.sender import Sender

log = logging.getLogger("jaga.outbox")
EVERY_S: Final = 1.0
"""How often it looks whether something is due."""


class Courier:
    """Runs a sender beside the requests, until it is closed.

    Parameters
    ----------
    sender : Sender
    every_s : float
        Seconds between two looks.
    """

    def __init__(self, sender: Sender, every_s: float = EVERY_S) -> None:
        self._sender = sender
        self._every_s = every_s
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Finish and note what is on its way; nothing more is taken."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._sender.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._sender.run(lambda: not self._closing.is_set())
            except JagaError as error:  # the next look comes soon, and nothing is lost
                log.warning("messages could not be sent: %s", error.code)
            except Exception as error:  # noqa: BLE001 - the thread must outlive what nobody foresaw
                log.error("messages could not be sent: %s", type(error).__name__)
            self._closing.wait(self._every_s)
