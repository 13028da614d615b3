"""One HTML file of findings: no script, no font, no picture from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.findings.blind import Blind
    from training.findings.cases import Case
    from training.findings.duplicates import Duplicate
    from training.findings.health import Health
    from training.findings.slipping import Slipping


@dataclass(frozen=True)
class Tile:
    """One number of the head line: what, how much, and whether it is bad (``good, warn, bad``)."""

    label: str
    value: str
    note: str
    mood: str = "good"


@dataclass(frozen=True)
class Page:
    """Everything the report shows.

    Parameters
    ----------
    program : str
        The program's name.
    headline : str
        The most important finding in one sentence.
    tiles : sequence of Tile
        Four or five numbers.
    health, duplicates, cases, slipping, blind
        The findings.
    slipping_note : str
        How the inactivity was found.
    facts : sequence of str
        How the report was made: small print.
    """

    program: str
    headline: str
    tiles: Sequence[Tile]
    health: Health
    duplicates: Sequence[Duplicate]
    cases: Sequence[Case]
    cases_note: str
    slipping: Sequence[Slipping]
    slipping_note: str
    blind: Sequence[Blind]
    facts: Sequence[str]

    def html(self) -> str:
        """Return the page; every value is escaped."""
        env = Environment(
            loader=PackageLoader("training", "templates"), autoescape=True,
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )
        env.filters |= {"count": count, "share": share, "day": day}
        return env.get_template("report.html").render(page=self, bars=bars(self.health.weeks))


def count(value: float) -> str:
    """Write a number for people.

    >>> count(1234567), count(12), count(25_000_000)
    ('1,234,567', '12', '25.0 M')
    """
    return f"{value / 1e6:,.1f} M" if abs(value) >= 1e7 else f"{value:,.0f}"


def share(value: float) -> str:
    """Write a share as a percentage, without hiding a small one.

    >>> share(0.5), share(0.0004), share(0.0), share(0.9996)
    ('50 %', '< 0.1 %', '0 %', '> 99.9 %')
    """
    if 0 < value < 0.001:
        return "< 0.1 %"
    if 0.999 < value < 1:
        return "> 99.9 %"
    digits = 1 if 0 < value < 0.1 or 0.9 < value < 1 else 0
    return f"{value * 100:.{digits}f} %"


def day(ms: int) -> str:
    """Write a moment as its day in UTC.

    >>> day(0)
    '1 Jan 1970'
    """
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment.day} {moment:%b %Y}"


def bars(weeks: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Place one bar a week in a box of 1000 by 100, for the page's drawing.

    >>> bars([(0, 1), (7, 2)])[1]["height"]
    100.0
    """
    if not weeks:
        return []
    top = max(events for _, events in weeks) or 1
    step = 1000 / len(weeks)
    return [
        {"x": round(index * step, 2), "width": round(max(step - max(step * 0.18, 0.5), 0.5), 2),
         "y": round(100 - 100 * events / top, 2), "height": round(100 * events / top, 2),
         "title": f"week of {day(start)}: {count(events)} events"}
        for index, (start, events) in enumerate(weeks)
    ]
