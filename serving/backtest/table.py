"""The table of a backtest: a column a candidate, a row a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from serving.backtest.tally import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMES: Final = {"earning": "scans and referrals", "redemption": "redemptions"}
Row = tuple[str, list[str]]


def rows(found: Mapping[str, Any]) -> list[Row]:
    """Rows of label and one text a candidate; a label alone is a heading.

    Parameters
    ----------
    found : mapping
        Name of each candidate and its figures, as of `serving.backtest.run.Backtest`.
    """
    table: list[Row] = []
    for group in GROUPS:
        own = [each[group] for each in found.values()]
        table.append((NAMES[group], []))
        table += _verdicts(own)
        table += _said("labelled", [each["labelled"] for each in own])
        table.append(_row("not labelled, held", own, lambda of: _share(of["not_labelled"])))
        table += _by_name("innocent: ", [each["innocent"] for each in own], _share)
        if all("truth" in each for each in own):
            told = [each["truth"] for each in own]
            table += _said("truth", told)
            table += _by_name("look-alike: ", [each["look_alikes"] for each in told], _share)
            table += _by_name("pattern, points stopped: ",
                              [each["patterns"] for each in told], _stopped)
    return table + _desk([each["desk"] for each in found.values()]) + [
        _row("events in sample", list(found.values()), lambda of: f"{of['in_sample_share']:.0%}")]


def text(found: Mapping[str, Any]) -> str:
    """The table in plain characters, its columns aligned."""
    lines: list[Row] = [("", list(found)), *rows(found)]
    first = max(len(label) for label, _ in lines) + 2
    widths = [max(len(cells[at]) for _, cells in lines if cells) + 2 for at in range(len(found))]
    return "\n".join(_line(label, cells, first, widths) for label, cells in lines)


def _line(label: str, cells: list[str], first: int, widths: list[int]) -> str:
    if not cells:
        return f"\n{label}"
    return (f"  {label}".ljust(first + 2) + "".join(
        cell.rjust(width) for cell, width in zip(cells, widths, strict=True))).rstrip()


def _verdicts(own: list[dict[str, Any]]) -> list[Row]:
    table = [_row("events", own, lambda of: f"{of['events']:,}")]
    table += [_row(word, own, lambda of, word=word: f"{of['verdicts'][word]:,}")  # type: ignore[misc]
              for word in own[0]["verdicts"]]
    table += [_row(f"ground: {name}", own, lambda of, name=name: f"{of['grounds'][name]:,}")  # type: ignore[misc]
              for name in own[0]["grounds"] if any(of["grounds"][name] for of in own)]
    return [*table, _row("points held", own, lambda of: f"{of['points_held']:,}")]


def _said(by: str, own: list[dict[str, Any]]) -> list[Row]:
    table = [_row(f"{by} fraud, points stopped", own, lambda of: _stopped(of["fraud"]))]
    if all("fraud_weighted" in of for of in own):
        table.append(_row("the same, by random release", own,
                          lambda of: _stopped(of["fraud_weighted"])))
    return [*table, _row(f"{by} honest, held", own, lambda of: _share(of["honest"])),
            _row(f"{by} honest, declined", own, lambda of: f"{of['honest']['declined']:,}")]


def _by_name(label: str, own: list[dict[str, Any]], say: Callable[[Any], str]) -> list[Row]:
    return [(label + name.replace("_", " "), [say(of[name]) for of in own]) for name in own[0]]


def _desk(own: list[dict[str, Any]]) -> list[Row]:
    return [("review desk", []),
            _row("cases", own, lambda of: f"{of['cases']:,}"),
            _row("hours", own, lambda of: f"{of['hours']:,.0f}"),
            _row("minutes a case", own, lambda of: f"{of['minutes_per_case']:g} "
                                                   f"({of['minutes_from']})"),
            _row("cases a day", own, lambda of: f"{of['cases_per_day'] or 0:,.1f} "
                                                f"of {of['capacity_per_day']}"),
            _row("days over capacity", own,
                 lambda of: f"{of['days_over_capacity']} of {of['days']}")]


def _row(label: str, own: list[dict[str, Any]], say: Callable[[Any], str]) -> Row:
    return label, [say(of) for of in own]


def _share(of: dict[str, Any]) -> str:
    if of["share"] is None:
        return "none"
    return (f"{of['held']:,} of {of['events']:,}: {of['share']:.2%} "
            f"[{of['low']:.2%}, {of['high']:.2%}]")


def _stopped(of: dict[str, Any]) -> str:
    if of["share"] is None:
        return "none"
    ends = "" if of["low"] is None else f" [{of['low']:.1%}, {of['high']:.1%}]"
    return f"{of['points_stopped']:,.0f} of {of['points']:,.0f}: {of['share']:.1%}{ends}"
