"""Tables of the pages as CSV: the same rows, for a spreadsheet, and safe to open in one."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula at a cell's start (OWASP, "CSV Injection")."""
BOM: Final = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as another encoding."""


def wants_csv(request: Request) -> bool:
    """Whether a page is asked for as a table: ``?as=csv``."""
    return request.query_params.get("as") == "csv"


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Answer with a table as a file.

    Parameters
    ----------
    name : str
        Of the file; letters, digits and ``-`` of it stay.
    columns : sequence of str
    rows : iterable of sequences
        As many cells each as there are columns. Numbers stay numbers, None is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    file = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "table"
    return Response(f"{BOM}{text.getvalue()}", media_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="{file}.csv"'})


def cell(value: Any) -> Any:
    """Write a value so that no spreadsheet runs it.

    >>> cell("=HYPERLINK(1)"), cell(-5), cell(None), cell(" +62 812")
    ("'=HYPERLINK(1)", -5, '', "' +62 812")
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS) else text
