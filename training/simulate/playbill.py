"""The playbill: schemes and look-alikes by their slugs, how often each plays, and from when.

A scheme or a look-alike is one small function registered under its slug. Two acts under one slug,
one until and one since the middle of the run, are a change of mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from training.simulate.program import window

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from training.simulate.stage import Stage


NEARLY_ONE: Final = 0.7
"""An act of which so much is asked for is played, so that no large run lacks a pattern."""


@dataclass(frozen=True)
class Act:
    """One registered scheme or look-alike.

    Parameters
    ----------
    slug : str
        Its stable name, as the truth gives it.
    play : callable
        Plays one incident: ``play(stage, dice, span)``; ``span`` is the time allowed (UTC ms).
    size : float
        Judged events one incident usually makes.
    share : float
        Share of all judged events it should make.
    phase : str
        ``scans``, or ``redemptions`` where balances must be known.
    since, until : float
        Shares of the run between which it happens: a change of mode is two acts.
    review : float
        Chance that one of its events comes to a reviewer.
    always : bool
        Played exactly once, whatever the size of the program.
    """

    slug: str
    play: Callable[[Stage, np.random.Generator, tuple[int, int]], None]
    size: float
    share: float
    phase: str = "scans"
    since: float = 0.0
    until: float = 1.0
    review: float = 0.3
    always: bool = False


class Playbill:
    """Acts in the order in which they were registered; ``named`` are slugs without an act."""

    def __init__(self, *named: str) -> None:
        self.acts: list[Act] = []
        self.named = named

    def act(self, slug: str, size: float, share: float, **more: Any) -> Callable[[Any], Any]:
        """Register the function below under ``slug``; other arguments as in `Act`."""

        def register(play: Any) -> Any:
            self.acts.append(Act(slug, play, size, share, **more))
            return play

        return register

    @property
    def slugs(self) -> tuple[str, ...]:
        """Names in order; their positions are their numbers in a sheet."""
        return tuple(dict.fromkeys((*self.named, *(act.slug for act in self.acts))))

    @property
    def changing(self) -> tuple[str, ...]:
        """Names of those that behave differently in the second half of a run."""
        return tuple(dict.fromkeys(act.slug for act in self.acts if act.since > 0))


def span_of(stage: Stage, act: Act) -> tuple[int, int] | None:
    """Time in which an act may play (UTC ms); a novel one late, and none if its mode is over."""
    since, until = act.since, act.until
    if act.slug in stage.novel:
        since, until = stage.novel_between[0], min(until, stage.novel_between[1])
    return window(stage.world, since, until) if since < until else None


def play_all(stage: Stage, bill: Playbill, phase: str, events: int, name: str) -> None:
    """Play each act of a phase as often as its share of ``events`` asks, chance deciding parts.

    Where nearly a whole incident is asked for there is at least one.
    """
    for number, act in enumerate(bill.acts):
        span = span_of(stage, act)
        if act.phase != phase or span is None:
            continue
        dice = stage.world.dice(name, act.slug, number)
        wanted = act.share * events / act.size
        wanted *= stage.novel_times if act.slug in stage.novel else 1.0
        times = max(int(wanted) + int(dice.random() < wanted % 1), int(wanted >= NEARLY_ONE))
        for _ in range(1 if act.always else times):
            act.play(stage, dice, span)
