"""Pictures of the pages: traces for plotly as JSON, in which nothing foreign is markup."""

from __future__ import annotations

import math
from typing import Any, Final

from features.errors import BadInput

DRAWN: Final = ("bar", "scatter")
"""Types of traces that plotly draws without a style attribute, which the pages' policy of content
blocks: a heatmap writes one for its image and one for its colour bar. What is a heatmap elsewhere
is a table here."""
LONGEST: Final = 60
"""Characters of a text in a picture."""
OURS: Final = frozenset({"hovertemplate", "texttemplate", "type", "mode", "tickformat", "tone"})
"""Keys whose texts a page wrote itself; every other text may come from anybody."""


def picture(data: list[dict[str, Any]], layout: dict[str, Any] | None = None) -> dict[str, Any]:
    """Shape a picture for ``picture.js``, which adds the colours of the theme.

    A trace may name its ``tone`` (``accent``, ``good``, ``warn``, ``bad``, ``quiet``) instead of a
    colour. Plotly reads a few tags in labels: texts are escaped and cut here, but for templates.
    The legend stands above the plot, never upon it, however narrow the window is.

    Raises
    ------
    BadInput
        A type of trace that is not one of `DRAWN`.

    Examples
    --------
    >>> picture([{"type": "bar", "y": ["<b>x</b>"], "x": [float("nan")]}])["data"]
    [{'type': 'bar', 'y': ['&lt;b&gt;x&lt;/b&gt;'], 'x': [None]}]
    """
    for trace in data:
        if trace["type"] not in DRAWN:
            raise BadInput(f"traces of {' or '.join(DRAWN)}", str(trace["type"]),
                           "draw it with one of them, or write a table")
    return {"data": [_plain(trace) for trace in data], "layout": _plain(layout or {})}


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, key) for one in value]
    if isinstance(value, str) and key not in OURS:
        cut = value if len(value) <= LONGEST else f"{value[:LONGEST - 1]}…"
        return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
