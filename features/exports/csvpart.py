"""Text tables: CSV as the contract writes it, and the forms foreign exports come in.

Every cell stays the text it is: ``NA`` is the word NA, and only an empty cell is unknown. A file
that breaks is read a second time, slowly, to say at which line.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BLOCK: Final = 4 << 20
"""Bytes parsed at a time; a single row must fit."""
WHITESPACE: Final = "whitespace"
LINES: Final = 65_536
"""Rows of a whitespace-separated file put into one batch."""
MAGIC: Final = {
    b"PAR1": "a Parquet file", b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\x1f\x8b": "a gzip archive", b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF document",
}
"""First bytes of files that are no UTF-8 CSV, whatever their name ends in."""


@dataclass(frozen=True)
class CsvForm:
    """How a text table is written.

    Parameters
    ----------
    delimiter : str
        One character, or ``whitespace`` for any run of blanks.
    encoding : str
        Name of the text encoding.
    names : tuple of str
        Column names where the file has no header line.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    names: tuple[str, ...] = ()


CSV: Final = CsvForm()


def check_not_empty(path: Path, name: str) -> None:
    """Raise BadInput for a file of no bytes, which is a failed export rather than no rows."""
    if path.stat().st_size == 0:
        raise BadInput(f"a table {name}, a header line at least", "an empty file of 0 bytes",
                       "export it again, or remove it if the program has no such table")


def check_names(names: list[str], file: str) -> None:
    """Raise BadInput where a column name comes twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"each column of {file} once", f"{', '.join(twice)} more than once",
                       "rename or drop the repeated column")


@dataclass(frozen=True)
class CsvPart:
    """A text table, read in blocks."""

    path: Path
    name: str
    form: CsvForm = CSV

    def header(self) -> list[str]:
        """Column names; BadInput where the file is empty or no text table."""
        return self._head()[0]

    def count(self) -> int | None:
        """Rows are not known before the file is read."""
        return None

    def check(self) -> None:
        """Read the file once, so that a broken line stops before anything is written.

        An odd number of quotes is what an unclosed one leaves, which would swallow rows.
        """
        for _ in self.batches(self.header()):
            pass
        with self.path.open("rb") as file:
            quotes = sum(block.count(b'"') for block in iter(lambda: file.read(BLOCK), b""))
        if quotes % 2:
            self._explain(0)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of these columns as text; BadInput with the line where the file breaks."""
        names, lines = self._head()
        white = self.form.delimiter == WHITESPACE
        read = self._whitespace if white else self._arrow
        try:
            yield from read(names, lines, columns)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            self._explain(len(names))
            raise self._bad("a CSV table", str(error).splitlines()[0][:200],
                            "export the file again") from error

    def _arrow(self, names: list[str], lines: int, columns: Sequence[str]
               ) -> Iterator[pa.RecordBatch]:
        if self._ends_after(lines):
            return
        yield from arrow_csv.open_csv(
            self.path,
            arrow_csv.ReadOptions(column_names=names, skip_rows=lines, block_size=BLOCK,
                                  encoding=self.form.encoding),
            arrow_csv.ParseOptions(delimiter=self.form.delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()),
                                     include_columns=list(columns), strings_can_be_null=False),
        )

    def _whitespace(self, names: list[str], lines: int, columns: Sequence[str]
                    ) -> Iterator[pa.RecordBatch]:
        kept = [names.index(column) for column in columns]
        rows: list[list[str]] = []
        with self._text() as file:
            for number, line in enumerate(file, 1):
                cells = line.split()
                if number <= lines or not cells:
                    continue
                if len(cells) != len(names):
                    raise self._ragged(number, len(names), len(cells))
                rows.append([cells[index] for index in kept])
                if len(rows) == LINES:
                    yield _batch(rows, columns)
                    rows = []
        if rows:
            yield _batch(rows, columns)

    def _head(self) -> tuple[list[str], int]:
        """Return column names and how many lines stand before the first row."""
        check_not_empty(self.path, self.name)
        self._check_magic()
        if self.form.names:
            return list(self.form.names), 0
        cells, lines = self._first_row()
        names = [cell.strip() or f"column {i}" for i, cell in enumerate(cells, 1)]
        check_names(names, self.name)
        other = next((mark for mark in ";\t|" if mark in names[0]), None)
        if len(names) == 1 and other:
            raise self._bad("cells separated by commas", f"a header separated by {other!r}",
                            "export it with commas, or name the delimiter in a mapping.yaml")
        return names, lines

    def _first_row(self) -> tuple[list[str], int]:
        with self._text() as file:
            try:
                if self.form.delimiter == WHITESPACE:
                    return next((line.split(), number) for number, line in enumerate(file, 1)
                                if line.strip())
                reader = csv.reader(file, delimiter=self.form.delimiter)
                return next((row, reader.line_num) for row in reader if row)
            except StopIteration:
                raise self._bad("a header line", "empty lines only", "export it again") from None
            except (csv.Error, UnicodeError) as error:
                self._explain(0)
                raise self._bad("a CSV table", str(error), "export it again") from error

    def _text(self) -> TextIO:
        encoding = "utf-8-sig" if self.form.encoding == "utf-8" else self.form.encoding
        return self.path.open(encoding=encoding, newline="")

    def _check_magic(self) -> None:
        with self.path.open("rb") as file:
            start = file.read(4096)
        if self.form.encoding.startswith("utf-16"):
            return
        came = next((what for magic, what in MAGIC.items() if start.startswith(magic)), "")
        if came or start.count(0) * 5 > len(start):
            raise self._bad("CSV text in UTF-8", came or "UTF-16 text, or no text",
                            "save it as CSV in UTF-8 "
                            "(text in UTF-16: iconv -f UTF-16 -t UTF-8)")

    def _ends_after(self, lines: int) -> bool:
        """Say whether no row follows the header, which Arrow takes for an error."""
        with self._text() as file:
            return not any(line.strip() for number, line in enumerate(file) if number >= lines)

    def _explain(self, width: int) -> None:
        """Find what breaks a file and raise BadInput with its line; return where nothing does."""
        self._check_encoding()
        with self._text() as file:
            reader = csv.reader(file, delimiter=self.form.delimiter, strict=True)
            try:
                for row in reader:
                    if row and width and len(row) != width:
                        raise self._ragged(reader.line_num, width, len(row))
            except csv.Error as error:
                raise self._bad("a CSV table", f"{error} at line {reader.line_num}",
                                "mend the quotes in that line") from error

    def _check_encoding(self) -> None:
        offset = 0
        if self.form.encoding != "utf-8":
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise self._bad(
                        "UTF-8 text", f"another encoding at line {number}, "
                        f"byte {offset + error.start}", "convert it, for Latin-1 with iconv "
                        "-f ISO-8859-1 -t UTF-8, or name the encoding in a mapping.yaml",
                    ) from error
                offset += len(line)

    def _ragged(self, line: int, wanted: int, came: int) -> BadInput:
        return self._bad(f"{wanted} cells in every row", f"{came} cells at line {line}",
                         "quote cells that hold the delimiter, or mend the line")

    def _bad(self, wanted: str, came: str, remedy: str) -> BadInput:
        return BadInput(f"{self.name}: {wanted}", came, remedy)


def _batch(rows: list[list[str]], columns: Sequence[str]) -> pa.RecordBatch:
    cells = zip(*rows, strict=True) if columns else []
    return pa.record_batch([pa.array(column, pa.string()) for column in cells], list(columns))
