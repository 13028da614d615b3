"""What a person sees of a running verb: progress, the result, an error."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield ``report(label, done, total)``; each label is one bar on standard error."""
    columns = (
        TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def report(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=max(total, 1))
            bars.update(tasks[label], completed=done, total=max(total, 1))

        yield report


def show(result: Mapping[str, Any], as_json: bool) -> None:
    """Print a result: one ``name  value`` line a key, tables as they are, or one line of JSON."""
    if as_json:
        sys.stdout.write(json.dumps(result, default=str, allow_nan=False) + "\n")
        sys.stdout.flush()
        return
    for name, value in result.items():
        if isinstance(value, str) and "\n" in value:
            out.print(value, markup=False)
        elif isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
            out.print(f"[bold]{_words(name)}[/bold]")
            for key, item in value.items():
                out.print(f"  {_words(key):<18} {_plain(item)}")
        else:
            out.print(f"[bold]{_words(name)}[/bold]  {_plain(value)}")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return str(value).replace("[", r"\[")
