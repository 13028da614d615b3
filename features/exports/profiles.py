"""What a file of a foreign export looks like: how it is written, and what its columns hold."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd
import pyarrow as pa

from features.exports.cellreading import NUMBER
from features.exports.csvpart import WHITESPACE, CsvForm
from features.exports.parts import open_parts

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE: Final = 20_000
"""Rows looked at from the head of a file."""
FEW: Final = 12
"""Distinct words up to which a column is taken for a list of choices."""
LINES: Final = 20
TIMES: Final = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%m/%d/%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%Y%m%d%H%M%S", "%Y%m%d",
)
"""Ways to write a time, after ISO 8601; where several fit, the first is taken."""
YEARS: Final = (1990, 2100)
"""A whole number that reads as a time is only taken for one between these years."""
Kind = Literal["time", "whole", "number", "truth", "text", "empty"]


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds, judged by the sample.

    ``format`` is how times are written (empty: ISO 8601 or typed), ``doubtful`` another format
    that fits as well. ``words`` are the distinct texts where there are few, ``digits`` the most
    decimals of a number. ``first`` is the smallest time.
    """

    name: str
    kind: Kind
    filled: int
    distinct: int
    format: str = ""
    doubtful: str = ""
    words: tuple[str, ...] = ()
    digits: int = 0
    first: str = ""

    @property
    def unique(self) -> bool:
        """No cell twice."""
        return self.filled > 0 and self.distinct == self.filled


@dataclass(frozen=True)
class SourceProfile:
    """One file: its name within the export, its form and its columns."""

    source: str
    form: CsvForm
    decimal: str
    columns: tuple[ColumnProfile, ...]

    def column(self, name: str) -> ColumnProfile:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


def profile(folder: Path, source: str) -> SourceProfile:
    """Look at the head of a file.

    Parameters
    ----------
    folder : Path
        The export.
    source : str
        The file's path below it.

    Raises
    ------
    BadInput
        Where it is no table.
    """
    path = folder / source
    form = CsvForm() if path.is_dir() or path.suffix == ".parquet" else sniff(path)
    part = open_parts(folder, source, form)[0]
    names = part.header()
    batches, rows = [], 0
    for batch in part.batches(names):
        batches.append(batch)
        rows += batch.num_rows
        if rows >= SAMPLE:
            break
    sample = pa.Table.from_batches(batches).slice(0, SAMPLE).to_pandas() if batches else (
        pd.DataFrame(columns=names, dtype=str))
    decimal = _decimal(sample, form)
    columns = tuple(_column(name, sample[name], decimal) for name in names)
    return SourceProfile(source, form, decimal, columns)


def sniff(path: Path) -> CsvForm:
    r"""Guess encoding, delimiter and header of a text table.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("kode;poin\nA1;5\n")
    >>> sniff(path)
    CsvForm(delimiter=';', encoding='utf-8', names=())
    """
    encoding = _encoding(path)
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as file:
        lines = [line.rstrip("\n") for line, _ in zip(file, range(LINES), strict=False)
                 if line.strip()]
    delimiter = _delimiter(lines, path.suffix)
    head = lines[0].split(None if delimiter == WHITESPACE else delimiter) if lines else []
    data = any(re.fullmatch(NUMBER["."], cell.strip('" ')) for cell in head)
    names = tuple(f"c{i}" for i in range(1, len(head) + 1)) if data else ()
    return CsvForm(delimiter, encoding, names)


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _delimiter(lines: list[str], ending: str) -> str:
    """Take the mark that comes equally often in every line, the most frequent of several."""
    counts = {mark: {line.count(mark) for line in lines} for mark in ",;\t|"}
    even = {mark: min(found) for mark, found in counts.items() if len(found) == 1}
    best = max(even, key=lambda mark: even[mark], default=",")
    if even.get(best):
        return best
    most = max(counts, key=lambda mark: min(counts[mark], default=0))
    if min(counts[most], default=0):
        return most
    return WHITESPACE if ending == ".txt" else ","


def _decimal(sample: pd.DataFrame, form: CsvForm) -> str:
    """Take a comma for the decimal mark where numbers are plainly written so."""
    if form.delimiter == ",":
        return "."
    texts: pd.Series = sample.select_dtypes(include="str").stack()
    comma = texts.str.fullmatch(r"-?[\d.]*\d,\d{1,2}").sum()
    point = texts.str.fullmatch(r"-?\d+\.\d{1,2}").sum()
    return "," if comma > point else "."


def _column(name: str, cells: pd.Series, decimal: str) -> ColumnProfile:
    known = cells.dropna()
    if pd.api.types.is_string_dtype(known):
        known = known[known.astype(str).str.strip() != ""]
    filled, distinct = len(known), int(known.astype(str).nunique())
    if not filled:
        return ColumnProfile(name, "empty", 0, 0)
    words = tuple(sorted(known.astype(str).unique())) if distinct <= FEW else ()
    if pd.api.types.is_bool_dtype(known):
        return ColumnProfile(name, "truth", filled, distinct, words=("False", "True"))
    if pd.api.types.is_datetime64_any_dtype(known):
        return ColumnProfile(name, "time", filled, distinct, first=str(known.min()))
    texts = known.astype(str).str.strip()
    fits = [(written, read) for written in ("", *TIMES)
            if (read := _as_times(texts, written)) is not None]
    if fits:
        (written, read), *others = fits
        return ColumnProfile(name, "time", filled, distinct, written,
                             others[0][0] if others else "", first=read)
    texts = texts.str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)
    if texts.str.fullmatch(r"[+-]?\d+").all():
        return ColumnProfile(name, "whole", filled, distinct, words=words)
    if texts.str.fullmatch(NUMBER[decimal].strip("^$")).all():
        digits = int(texts.str.extract(rf"\{decimal}(\d+)$")[0].str.len().max() or 0)
        return ColumnProfile(name, "number", filled, distinct, digits=digits)
    return ColumnProfile(name, "text", filled, distinct, words=words)


def _as_times(texts: pd.Series, written: str) -> str | None:
    """Earliest time where all texts read as this way to write times, else None."""
    head = texts.iloc[:200]
    if not written and not head.str.match(r"\d{4}-\d{2}-\d{2}").all():
        return None
    for cells in (head, texts):
        read = pd.to_datetime(cells, format=written or "ISO8601", errors="coerce", utc=True)
        if read.isna().any() or not read.dt.year.between(*YEARS).all():
            return None
    return str(read.min())
