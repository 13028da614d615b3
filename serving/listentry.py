"""One entry of a list as a person writes it, checked: of a request or of a file."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final

from features.contract import Column
from features.errors import BadCell, BadInput
from features.store.cells import parse_cell
from serving.listed import LISTABLE, LISTS, WATCHABLE, ListEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.exports.program import Program

DAY_MS: Final = 86_400_000
LONGEST_DAYS: Final = 180
"""Who wants to look away for longer allows; who wants to look on says again why."""
ENDING: Final = {"snooze": "a snooze is no permission", "watch": "a watch is no proof"}
"""Lists whose entries must have an end, and why."""
EXPLAINED: Final = ("deny", "allow", "watch")
"""Lists whose entries must say why: who reads them later has to know."""
FROM: Final = Column("valid_from", "time")
TO: Final = Column("valid_to", "time")


def check_entry(raw: Mapping[str, Any], program: Program, now_ms: int) -> ListEntry:
    """Check one entry.

    Parameters
    ----------
    raw : mapping
        ``list``, ``kind``, ``subject_id``, ``valid_from``, ``valid_to``, ``note``.
    program : Program
        Its time zone reads times.
    now_ms : int
        When it begins unless it says so.

    Raises
    ------
    BadCell
        Where a word is not known, a reason or an end is missing, or it ends before it begins.

    Examples
    --------
    >>> from features.exports.program import Program
    >>> check_entry({"list": "allow", "kind": "device", "subject_id": "d-1"},
    ...             Program(program_id="acme"), 0)
    Traceback (most recent call last):
    ...
    features.errors.BadCell: Wanted a reason in note; came none. To do: correct the value and ...
    """
    word, kind = _one_of(raw, "list", LISTS), _one_of(raw, "kind", LISTABLE)
    subject, note = _text(raw, "subject_id"), _text(raw, "note")
    if not subject:
        raise BadCell("subject_id", "the id of a subject", "none")
    _check_kind(word, kind)
    if word in EXPLAINED and not note:
        raise BadCell("note", "a reason", "none")
    begins = _moment(raw, FROM, program)
    from_ms, to_ms = now_ms if begins is None else begins, _moment(raw, TO, program)
    _check_end(word, from_ms, to_ms, str(raw.get("valid_to")))
    return ListEntry(word, kind, subject, from_ms, None if word == "none" else to_ms, note)


def _check_kind(word: str, kind: str) -> None:
    if kind == WATCHABLE and word not in ("watch", "none"):
        raise BadCell("list", f"watch or none for a {kind}", word)
    if word == "watch" and kind != WATCHABLE:
        raise BadCell("kind", f"{WATCHABLE}, as nothing else is watched", kind)


def _check_end(word: str, from_ms: int, to_ms: int | None, came: str) -> None:
    if word == "none":
        return
    if to_ms is not None and to_ms <= from_ms:
        raise BadCell("valid_to", "a moment after the beginning of the entry", came)
    if word in ENDING and (to_ms is None or to_ms - from_ms > LONGEST_DAYS * DAY_MS):
        raise BadCell("valid_to", f"an end within {LONGEST_DAYS} days, as {ENDING[word]}",
                      "none" if to_ms is None else came)


def read_list(path: Path, program: Program, from_ms: int = 0) -> list[ListEntry]:
    """Read a whole list, a CSV with a header or a JSON array of objects.

    Parameters
    ----------
    path : Path
        Columns as of `check_entry`; others are ignored.
    program : Program
    from_ms : int
        When an entry begins that does not say so.

    Raises
    ------
    BadInput
        Where the file can't be read, or an entry breaks the rules; the error names its line.
    """
    entries = []
    for line, raw in enumerate(_rows(path), 1):
        try:
            entries.append(check_entry(raw, program, from_ms))
        except BadCell as error:
            raise BadInput(error.wanted, f"{error.came} in entry {line} of {path.name}",
                           "correct the entry") from error
    return entries


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            rows = json.loads(text)
        else:
            rows = list(csv.DictReader(text.splitlines(), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise BadInput("a list as CSV or JSON in UTF-8", f"{path.name}: {type(error).__name__}",
                       "export it again") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("a JSON array of objects", f"something else in {path.name}",
                       "write [{...}, ...]")
    return rows


def _one_of(raw: Mapping[str, Any], field: str, words: tuple[str, ...]) -> str:
    word = _text(raw, field)
    if word not in words:
        raise BadCell(field, f"one of {', '.join(words)}", repr(word)[:50])
    return word


def _text(raw: Mapping[str, Any], field: str) -> str:
    return str(raw.get(field) or "").strip()


def _moment(raw: Mapping[str, Any], column: Column, program: Program) -> int | None:
    told = raw.get(column.name)
    return None if told is None or told == "" else int(parse_cell(column, told, program))
