"""Option types shared by verbs: a moment, a folder that exists, a file to write."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click


class Moment(click.ParamType[int]):
    """An RFC 3339 time with an offset, or a date (its midnight in UTC), as UTC milliseconds.

    >>> Moment().convert("2025-07-01T00:00:00Z", None, None)
    1751328000000
    """

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text; click shows the sentence where it is no time."""
        from features.places import FIRST_MS, LAST_MS

        if isinstance(value, int):
            return value
        text = f"{value}T00:00:00Z" if len(value) == len("2025-07-01") else value
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(
                f"wanted a time with an offset such as 2025-07-01T00:00:00Z, or a date; "
                f"came {value!r}; to do: add Z for UTC.", param, ctx,
            )
        ms = round(moment.timestamp() * 1000)
        if not FIRST_MS <= ms <= LAST_MS:
            self.fail(f"wanted a time from 1970 to 2200; came {value!r}; to do: check the year.",
                      param, ctx)
        return ms


class Pair(click.ParamType[tuple[str, Any]]):
    """NAME=VALUE as a pair; the value is a whole number from 0 on where ``counted``.

    >>> Pair().convert("persona=retailer", None, None)
    ('persona', 'retailer')
    >>> Pair(counted=True).convert("whatsapp=200", None, None)
    ('whatsapp', 200)
    """

    name = "name=value"

    def __init__(self, *, counted: bool = False) -> None:
        self.counted = counted

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Split the text; click shows the sentence where it is no pair."""
        if isinstance(value, tuple):
            return value
        name, sign, said = value.partition("=")
        if not (name and sign and said) or (self.counted and not said.isdecimal()):
            wanted = "NAME=NUMBER such as whatsapp=200" if self.counted else (
                "NAME=VALUE such as persona=retailer")
            self.fail(f"wanted {wanted}; came {value!r}; to do: write it so.", param, ctx)
        return name, int(said) if self.counted else said


FOLDER = click.Path(path_type=Path, file_okay=False)
PORT = click.IntRange(1, 65_534)
"""A port that has one after it: the pages take the next."""
FILE = click.Path(path_type=Path, dir_okay=False)
