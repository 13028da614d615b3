"""The picture of a backtest, drawn as SVG: what was held week by week, for each candidate."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS: Final = ("#8a8f98", "#0f6e63", "#b36b2c", "#5b6ea8", "#a0567a")
"""What is in force is quiet; colours begin anew where there are more candidates."""
INK: Final = "#22302e"
LINE: Final = "#e7eae9"
WIDTH: Final = 860
HEIGHT: Final = 230
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 30
STEPS: Final = 4


def plot(weeks: dict[str, Any]) -> str:
    """Draw two charts, one above the other: events held a week, and the share held.

    Parameters
    ----------
    weeks : dict
        As of `serving.backtest.weeks.weeks`.

    Examples
    --------
    >>> one = {"approve": [9], "review": [1], "decline": [0], "share_held": [0.1]}
    >>> svg = plot({"starts": ["2025-01-01"], "events": [10], "candidates": {"in force": one}})
    >>> svg.startswith("<svg"), svg.count("<polyline"), "in force" in svg
    (True, 2, True)
    """
    own = weeks["candidates"]
    held = {name: [a + b for a, b in zip(each["review"], each["decline"], strict=True)]
            for name, each in own.items()}
    share = {name: [100 * value for value in each["share_held"]] for name, each in own.items()}
    charts = [_chart("Events held or declined, a week", held, weeks["starts"], 0, ""),
              _chart("Share of events held or declined", share, weeks["starts"], HEIGHT, " %")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}" '
            f'role="img" aria-label="Events held week by week" font-family="sans-serif" '
            f'font-size="12" fill="{INK}">{"".join(charts)}</svg>')


def _chart(title: str, lines: dict[str, list[float]], starts: Sequence[str], down: int, unit: str
           ) -> str:
    top = max((max(values, default=0) for values in lines.values()), default=0) or 1
    parts = [f'<g transform="translate(0 {down})">', _text(LEFT, 16, title, weight="bold")]
    parts += _grid(top, unit) + _days(starts)
    across = LEFT + 10 + 7 * len(title)
    for index, (name, values) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join(f"{_x(at, len(values)):.1f},{_y(value, top):.1f}"
                          for at, value in enumerate(values))
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" '
                     f'points="{points}"><title>{escape(name)}</title></polyline>')
        parts.append(f'<rect x="{across}" y="8" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(across + 14, 17, name))
        across += 30 + 7 * len(name)
    return "".join([*parts, "</g>"])


def _grid(top: float, unit: str) -> list[str]:
    parts = []
    for step in range(STEPS + 1):
        value = top * step / STEPS
        y = _y(value, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                     f'stroke="{LINE}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:,.3g}{unit}" if top < 1000
                           else f"{value:,.0f}{unit}", anchor="end"))
    return parts


def _days(starts: Sequence[str]) -> list[str]:
    """First, middle and last week under the chart."""
    wanted = sorted({0, len(starts) // 2, len(starts) - 1}) if starts else []
    anchors = {0: "start", len(starts) - 1: "end"}
    return [_text(_x(at, len(starts)), HEIGHT - 10, starts[at], anchor=anchors.get(at, "middle"))
            for at in wanted]


def _x(at: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / max(count - 1, 1)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
            f'{escape(words)}</text>')
