"""Drafts of a mapping.yaml: a start for a person, with every guess marked as one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from features.contract import TABLES, Column
from features.errors import BadInput
from features.exports.guesses import (
    EVENTS,
    LIKELY,
    Guess,
    TableGuess,
    guess_table,
    guess_tables,
    truth_of,
    word_for,
)
from features.exports.profiles import profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.profiles import SourceProfile

MONEY: Final = {"id": "IDR", "es": "MXN"}
ZONES: Final = {"id": "Asia/Jakarta", "es": "America/Mexico_City"}
MATURITY: Final = 60
"""Days after an event when its label is taken to be known, the contract's usual maturity."""
BEFORE: Final = "2000-01-01T00:00:00Z"
"""When a member joined of whom nothing tells: before everything."""
HEAD: Final = """\
# A draft. Every line marked "guess" was inferred from names and from the first rows: sure, likely
# or weak. Check each, correct it, and read the export with: jaga ingest DIR --mapping FILE --check
"""


def draft_mapping(files: Sequence[Path]) -> str:
    """Draft the text of a mapping.yaml from the files of a foreign export.

    Parameters
    ----------
    files : sequence of Path
        Tables in Parquet or text; their common folder becomes the export's folder.

    Raises
    ------
    BadInput
        Where no file is given, one is no table, or none looks like events of members.
    """
    folder, names = _common(files)
    sources = [profile(folder, name) for name in names]
    guesses = guess_tables(sources)
    events = [guess for guess in guesses if guess.table in EVENTS]
    if not events:
        raise BadInput("a file with a member and a time in each row",
                       ", ".join(names), "add the file of scans, sales or claims")
    tables = {guess.table: _table(guess, events) for guess in guesses}
    tables.setdefault("members", _derived_members(events[0]))
    if "feedback" not in tables and (labels := guess_table("feedback", events[0].source)):
        guesses.append(labels)
        tables["feedback"] = _table(labels, events)
    order = [tables[name] for name in TABLES if name in tables]
    lines = [*_program(guesses, folder), "tables:", *(line for table in order for line in table)]
    return HEAD + "\n".join([*lines, "", *_left_over(sources, guesses)]) + "\n"


def _common(files: Sequence[Path]) -> tuple[Path, list[str]]:
    if not files:
        raise BadInput("files of an export", "none", "name at least one")
    paths = [Path(file).resolve() for file in files]
    for path in paths:
        if not path.exists():
            raise BadInput(f"the file {path.name}", "no such file", "check the path")
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    return folder, sorted({path.relative_to(folder).as_posix() for path in paths})


def _program(guesses: list[TableGuess], folder: Path) -> list[str]:
    spoken = [g.language for guess in guesses for g in guess.columns.values() if g.language]
    language = max(("en", "id", "es"), key=spoken.count)
    name = re.sub(r"[^\w.-]+", "-", folder.name).strip("-._") or "program"
    zone = ZONES.get(language, "UTC")
    why = "weak, from the language of the columns"
    return [
        "program:",
        f"  program_id: {_text(name)}  # guess: weak, the folder's name",
        f"  timezone: {zone}  # guess: {why}",
        f"  currency: {MONEY.get(language, 'USD')}  # guess: {why}",
        f"  languages: [{language}]  # guess: likely, the language of the columns",
        f"timezone: {zone}  # guess: weak, of times that are written without an offset",
    ]


def _table(guess: TableGuess, events: list[TableGuess]) -> list[str]:
    lines = [f"  {guess.table}:  # guess: {'likely' if guess.score > LIKELY * 2 else 'weak'}",
             *_source(guess.source)]
    if guess.key:
        lines.append(f"    distinct: {_text(guess.key)}  # guess: likely, several rows per id")
    lines.append("    columns:")
    for column in TABLES[guess.table].columns:
        if column.name in guess.columns:
            lines += _column(guess.columns[column.name], guess.key)
        elif column.required:
            lines.append(f"      {column.name}: {_stand_in(column, guess, events)}")
    return lines


def _source(source: SourceProfile) -> list[str]:
    options = []
    if source.form.delimiter != ",":
        options.append(f"delimiter: {_text(source.form.delimiter)}")
    if source.form.encoding != "utf-8":
        options.append(f"encoding: {source.form.encoding}")
    if source.decimal != ".":
        options.append(f"decimal: {_text(source.decimal)}")
    if source.form.names:
        options.append(f"names: [{', '.join(source.form.names)}]")
    lines = [f"    source: {_text(source.source)}"]
    if options:
        lines.append(f"    csv: {{{', '.join(options)}}}  # guess: likely, from the first lines")
    return lines


def _column(guess: Guess, key: str) -> list[str]:
    name, theirs = guess.ours.name, guess.theirs
    comment = f"  # guess: {guess.confidence}, {_why(guess)}"
    if guess.ours.type in ("enum", "set", "boolean"):
        source = f"expr: {_text(f'first({_name(theirs.name)})')}" if key else (
            f"from: {_text(theirs.name)}")
        return [f"      {name}:{comment}", f"        {source}", "        map:",
                *_words(guess)]
    return [f"      {name}: {_entry(guess, key)}{comment}"]


def _words(guess: Guess) -> list[str]:
    lines = []
    for word in guess.theirs.words:
        ours, score = word_for(guess.ours, word) if guess.ours.values else ("", 0.0)
        truth = truth_of(word)
        if guess.ours.type == "boolean" and truth is not None:
            ours, score = json.dumps(truth), 1.0
        if not ours and guess.ours.required:
            ours = guess.ours.values[0]
        sure = "likely" if score >= LIKELY else "weak"
        what = "" if score else ", not understood"
        lines.append(f"          {_text(word)}: {ours or 'null'}  # guess: {sure}{what}")
    return lines


def _entry(guess: Guess, key: str) -> str:
    """Write what the mapping says of one column, on one line."""
    theirs, kind = guess.theirs, guess.ours.type
    name = _name(theirs.name)
    if kind == "time":
        if not key:
            written = f", format: {_text(theirs.format)}" if theirs.format else ""
            return f"{{from: {_text(theirs.name)}{written}}}" if written else _text(theirs.name)
        return _expr(f"min(time({name}, {json.dumps(theirs.format)}))" if theirs.format
                     else f"min({name})")
    if kind in ("points", "integer", "money", "decimal"):
        number = f"sum({name})" if key else name
        if kind == "points" and (theirs.kind == "number" or key):
            return _expr(f"round({number})")
        if kind == "money" and (theirs.digits > 2 or key):
            return _expr(f"round({number}, 2)")
        return _expr(number) if key else _text(theirs.name)
    return _expr(f"first({name})") if key and theirs.name != key else _text(theirs.name)


def _why(guess: Guess) -> str:
    other = guess.theirs.doubtful
    if other:
        return f"{other} fits as well"
    if guess.score >= LIKELY:
        return "by its name" + (f" ({guess.language})" if guess.language else "")
    return "its name is a little alike"


def _stand_in(column: Column, guess: TableGuess, events: list[TableGuess]) -> str:
    """Choose what to say of a required column that no column of theirs is like."""
    amount = guess.columns.get("amount")
    single = guess.table.removesuffix("s")
    match column.name:
        case "event_id" if guess.key:
            return f'{{template: "{single}-{{{guess.key}}}"}}  # guess: weak, one per {guess.key}'
        case "event_id":
            return f'{{template: "{single}-{{row}}"}}  # guess: weak, no id found: rows are counted'
        case "points" if amount is not None:
            number = _name(amount.theirs.name)
            return (f"{_expr(f'round(sum({number}))' if guess.key else f'round({number})')}"
                    "  # guess: weak, no points found: the amount")
        case "points":
            return "{value: 1}  # guess: weak, no points found: one each"
        case "proof":
            proof = next((word for name, word in (("code_id", "qr"), ("invoice_no", "invoice"))
                          if name in guess.columns), "qr")
            return f"{{value: {proof}}}  # guess: weak, from the other columns"
        case "persona":
            return "{value: retailer}  # guess: weak, no persona found"
        case "decided_at" if (time := guess_table("scans", guess.source)) is not None:
            when = time.columns["occurred_at"].theirs
            known = (f"time({_name(when.name)}, {json.dumps(when.format)})" if when.format
                     else _name(when.name))
            return (f"{_expr(f'days_after({known}, {MATURITY})')}"
                    "  # guess: weak, no time of the decision found")
        case "joined_at" | "decided_at":
            return f"{{value: {_text(_start(events))}}}  # guess: weak, no time found"
    return "{value: unknown}  # guess: weak, nothing found"


def _start(events: list[TableGuess]) -> str:
    firsts = [guess.columns["occurred_at"].theirs.first for guess in events]
    return min(firsts)[:10] + "T00:00:00Z" if all(firsts) else BEFORE


def _derived_members(guess: TableGuess) -> list[str]:
    """Members as the distinct members of the events, joined at their first event."""
    member, time = guess.columns["member_id"].theirs, guess.columns["occurred_at"].theirs
    name = _name(time.name)
    first = f"min(time({name}, {json.dumps(time.format)}))" if time.format else f"min({name})"
    return [
        "  members:  # guess: weak, no file of members: those of the events",
        *_source(guess.source),
        f"    distinct: {_text(member.name)}  # guess: weak",
        "    columns:",
        f"      member_id: {_text(member.name)}  # guess: weak",
        "      persona: {value: retailer}  # guess: weak, no persona found",
        f"      joined_at: {_expr(first)}  # guess: weak, the first event",
    ]


def _left_over(sources: list[SourceProfile], guesses: list[TableGuess]) -> list[str]:
    """List what no guess uses, so that nothing is lost in silence."""
    lines = []
    for source in sources:
        used = {g.theirs.name for guess in guesses if guess.source == source
                for g in guess.columns.values()}
        rest = [column.name for column in source.columns if column.name not in used]
        if rest:
            lines.append(f"# not used of {source.source}: {json.dumps(rest, ensure_ascii=False)}")
    return lines


def _expr(text: str) -> str:
    return f"{{expr: {json.dumps(text, ensure_ascii=False)}}}"


def _name(column: str) -> str:
    """Write a column's name as an expression has it."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column)
    reserved = ("row", "True", "False", "None", "and", "or", "not", "if", "else", "in", "is")
    return column if plain and column not in reserved else (
        f"col({json.dumps(column, ensure_ascii=False)})")


def _text(text: str) -> str:
    """Write a text in YAML, between quotes where it would be read as something else."""
    plain = re.fullmatch(r"[\w][\w ./-]*", text) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)
