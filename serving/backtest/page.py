"""The files of a backtest: report.json, and report.html with the table and the plot."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from models.files import replace_text
from serving.backtest.plot import plot
from serving.backtest.table import rows

if TYPE_CHECKING:
    from pathlib import Path

STYLE: Final = (
    "body{font:15px/1.5 sans-serif;color:#22302e;max-width:1000px;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;font-size:13px;margin:1rem 0}"
    "td,th{padding:.2rem .6rem;border-bottom:1px solid #e7eae9;text-align:right}"
    "td:first-child,th:first-child{text-align:left}tr.group th{padding-top:1.2rem;color:#0f6e63}"
    "svg{width:100%;height:auto}")


def write_report(folder: Path, body: dict[str, Any], examples: dict[str, Any]) -> None:
    """Write both files, each whole or not at all; examples name events and stay in the files."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {**body, "examples": examples}
    replace_text(folder / "report.json",
                 json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    replace_text(folder / "report.html", page(body, examples))


def page(body: dict[str, Any], examples: dict[str, Any]) -> str:
    """The report as one page that needs nothing from elsewhere."""
    title = f"Backtest of {body['program_id']}"
    told = "".join(f"<li>{escape(note)}</li>" for note in body["notes"])
    shown = "".join(_changes(name, body["changes"][name], own) for name, own in examples.items())
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
            f"</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>"
            f"<p>{body['events']:,} events, as of {escape(body['as_of'])}.</p><ul>{told}</ul>"
            f"{plot(body['weeks'])}{_table(body['candidates'])}{shown}</body></html>\n")


def _table(found: dict[str, Any]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *found))
    lines = []
    for label, cells in rows(found):
        if cells:
            inner = "".join(f"<td>{escape(cell)}</td>" for cell in (label, *cells))
            lines.append(f"<tr>{inner}</tr>")
        else:
            lines.append(f'<tr class="group"><th colspan="{len(found) + 1}">{escape(label)}</th>'
                         "</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _changes(name: str, counted: dict[str, Any], own: dict[str, Any]) -> str:
    parts = [f"<h2>{escape(name)} against what is in force</h2>"]
    for change, events in own.items():
        told = counted[change]
        parts.append(f"<h3>{escape(change.replace('_', ' '))}: {told['events']:,} events, "
                     f"{told['fraud']:,} labelled fraud, {told['honest']:,} labelled honest</h3>")
        lines = "".join(
            f"<tr><td>{escape(each['event_id'])}</td><td>{each['kind']}</td>"
            f"<td>{each['points']:,}</td><td>{_act(each['before'])}</td>"
            f"<td>{_act(each['after'])}</td><td>{each['label']}</td></tr>" for each in events)
        if lines:
            parts.append("<table><tr><th>event</th><th>kind</th><th>points</th><th>in force</th>"
                         f"<th>candidate</th><th>label</th></tr>{lines}</table>")
    return "".join(parts)


def _act(act: dict[str, Any]) -> str:
    grounds = f" ({', '.join(act['grounds'])})" if act["grounds"] else ""
    return escape(f"{act['verdict']}{grounds}")
