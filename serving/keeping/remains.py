"""Where words stand outside of the journal: files of the home that name somebody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.store.rejects import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PASSED: Final = frozenset({"bundles", "states", "audit"})
"""Folders that hold numbers only."""
MOST_BYTES: Final = 1 << 28


def naming(home: Path, words: Iterable[str]) -> list[str]:
    """List the files of a home, but the journal's, in which a word stands by itself.

    Parameters
    ----------
    home : Path
    words : iterable of str

    Returns
    -------
    list of str
        Paths within the home; they are what was made for people or handed in by them.
    """
    words = [word for word in words if word]
    if not words:
        return []
    pattern = re.compile(standing_alone(words).encode())
    found = []
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if (path.is_file() and inside.parts[0] not in PASSED and len(inside.parts) > 1
                and path.stat().st_size <= MOST_BYTES and _holds(path, pattern, set(words))):
            found.append(str(inside))
    return found


def standing_alone(words: Iterable[str]) -> str:
    """Pattern of any of some words where it is not a part of a longer one.

    >>> re.findall(standing_alone(["m-3"]), "m-31, pm-3, (m-3)")
    ['m-3']
    """
    escaped = "|".join(sorted(re.escape(word) for word in words))
    return rf"(?<![\w.-])(?:{escaped})(?![\w-])"


def _holds(path: Path, pattern: re.Pattern[bytes], words: set[str]) -> bool:
    if path.suffix != ".parquet":
        return pattern.search(path.read_bytes()) is not None
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid:
        return False
    texts = [column for column in table.columns if pa.types.is_string(column.type)
             or pa.types.is_large_string(column.type)]
    return any(pc.any(pc.is_in(column, pa.array(sorted(words), column.type))).as_py()
               for column in texts)


def clear_rejects(path: Path, words: Iterable[str]) -> int:
    """Take the values out of a file of rejects that are one of some words; how many."""
    if not path.exists():
        return 0
    table = pq.read_table(path)
    known = pc.is_in(table["value"], pa.array(sorted(words), pa.string()))
    count = int(pc.sum(known).as_py() or 0)
    if count:
        value = pc.if_else(known, pa.scalar("", pa.string()), table["value"].cast(pa.string()))
        sentence = pc.if_else(known, pa.scalar("erased", pa.string()),
                              table["sentence"].cast(pa.string()))
        table = table.set_column(table.column_names.index("value"), SCHEMA.field("value"), value)
        table = table.set_column(table.column_names.index("sentence"), SCHEMA.field("sentence"),
                                 sentence)
        draft = path.with_suffix(".erasing")
        pq.write_table(table, draft)
        draft.replace(path)
    return count
