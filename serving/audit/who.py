"""Who acts at the desk: the name he gives, and the key of the request that is answered."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from features.store.chain import MACHINE, Chain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.store.writing import Writing

ASKING: Final[ContextVar[str]] = ContextVar("ASKING", default="")
"""Name of the key of the request that is answered just now; the first characters of its hash."""


class Act:
    """An act at the desk: asked for in a request, written down in the transaction that does it.

    Parameters
    ----------
    act : str
        A word in the past tense.
    by : str
        Who the request says it is; empty: its key alone.
    """

    def __init__(self, act: str, by: str = "") -> None:
        self._act = act
        self._key = ASKING.get()
        self._by = by.strip() or (f"key {self._key}" if self._key else MACHINE)

    def write(self, writing: Writing, at_ms: int, about: Mapping[str, int],
              details: Mapping[str, int | str | bool | None]) -> None:
        """Write it down."""
        Chain(writing.store, writing.key).add(
            self._act, self._by, at_ms, about, {**details, "key": self._key})
