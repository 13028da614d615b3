"""What a step of a night is, and what it leaves in the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaga.nightly.work import Work


@dataclass(frozen=True)
class Did:
    """What a step did.

    Parameters
    ----------
    sentence : str
        For who reads the summary.
    wrote : tuple of str
        Files below the home, or tables.
    figures : dict
        Numbers behind the sentence, the same at every run of the night.
    was_needed : bool
        False: there was nothing to do, and the sentence says why.
    """

    sentence: str
    wrote: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    was_needed: bool = True


def nothing(sentence: str) -> Did:
    """A step that has nothing to do tonight."""
    return Did(sentence, was_needed=False)


@dataclass(frozen=True)
class Step:
    """One step of a night.

    Parameters
    ----------
    name : str
    run : callable
        Does it; the same again after it was cut off gives the same.
    needs : tuple of str
        Steps that must have ended well before it; it is blocked where one did not.
    """

    name: str
    run: Callable[[Work], Did]
    needs: tuple[str, ...] = ()
