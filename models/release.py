"""What is let through by chance: a small, capped share of what behaviour would hold.

Holding hides what would have become of an event: only what was let through shows its true end.
Each eligible event is drawn with a known chance, and whoever evaluates or trains weighs what was
let through by 1 / chance, so that it stands for all that was held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.draws import draw

if TYPE_CHECKING:
    from models.sections import RandomRelease


def chance(rule: RandomRelease, points: int, released_today: int) -> float | None:
    """Chance with which a held event is let through; None where it is not eligible at all.

    Parameters
    ----------
    rule : RandomRelease
        The policy's ``random_release``.
    points : int
        What the event asks for; above ``most_points`` it is not eligible.
    released_today : int
        How many were let through before it on this day of the program; from ``per_day`` on the
        chance is 0.

    Examples
    --------
    >>> from models.sections import RandomRelease
    >>> rule = RandomRelease(share=0.05, most_points=100, per_day=2)
    >>> chance(rule, 100, 1), chance(rule, 100, 2), chance(rule, 101, 0)
    (0.05, 0.0, None)
    """
    if rule.share == 0 or points > rule.most_points:
        return None
    return rule.share if released_today < rule.per_day else 0.0


def is_drawn(rule: RandomRelease, event_id: str, probability: float) -> bool:
    """Whether an event is let through: the same draw each time it is asked.

    >>> from models.sections import RandomRelease
    >>> is_drawn(RandomRelease(salt="a"), "e1", 1.0), is_drawn(RandomRelease(salt="a"), "e1", 0.0)
    (True, False)
    """
    return draw("release", rule.salt, event_id) < probability


def released(rule: RandomRelease, event_id: str, points: int, released_today: int
             ) -> tuple[float | None, bool]:
    """Chance of an event that behaviour would hold, and whether it is let through.

    >>> from models.sections import RandomRelease
    >>> released(RandomRelease(), "e1", 10, 0)
    (None, False)
    """
    probability = chance(rule, points, released_today)
    if probability is None:
        return None, False
    return probability, is_drawn(rule, event_id, probability)
