"""What is computed once from a row's cells when it enters the journal.

Places on the sphere in whole metres, so that a distance is exact integer arithmetic in every
engine, and the names under which an invoice is known again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.places import MISSING, Ints
from features.store.cells import MILLION

if TYPE_CHECKING:
    from collections.abc import Callable

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius R1 of the Earth, 6371.0088 km (IUGG; Moritz, Geodetic Reference System 1980)."""
SPHERE: Final = {
    "scans": ("lat", "lon"), "referrals": ("lat", "lon"), "redemptions": ("lat", "lon"),
    "members": ("lat", "lon"), "outlets": ("lat", "lon"),
    "codes": ("dispatched_lat", "dispatched_lon"),
}
"""Tables with coordinates, and the columns that hold them."""

_BAR: Final = pa.scalar("|", pa.large_string())
_others = re.compile(r"[\W_]+")
_zeros = re.compile(r"(?<![0-9])0+(?=[0-9])")


def on_sphere(lat: Ints, lon: Ints) -> tuple[Ints, Ints, Ints]:
    """Whole metres x, y, z of coordinates in millionths of a degree; MISSING where unknown.

    Examples
    --------
    >>> import numpy as np
    >>> x, y, z = on_sphere(np.array([0, 90_000_000]), np.array([0, 0]))
    >>> x.tolist(), z.tolist()
    ([6371009, 0], [0, 6371009])
    """
    known = (lat != MISSING) & (lon != MISSING)
    phi = np.radians(np.where(known, lat, 0) / MILLION)
    theta = np.radians(np.where(known, lon, 0) / MILLION)
    axes = (np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi))
    x, y, z = (np.where(known, np.rint(axis * EARTH_RADIUS_M).astype(np.int64), MISSING)
               for axis in axes)
    return x, y, z


def point_on_sphere(lat: int, lon: int) -> tuple[int, int, int]:
    """Whole metres of one known point: equal to `on_sphere`, without its arrays.

    >>> point_on_sphere(0, 90_000_000)
    (0, 6371009, 0)
    """
    angles = np.radians(np.array([lat, lon]) / MILLION)
    (cos_lat, cos_lon), (sin_lat, sin_lon) = np.cos(angles).tolist(), np.sin(angles).tolist()
    axes = (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat)
    x, y, z = (round(axis * EARTH_RADIUS_M) for axis in axes)
    return x, y, z


def invoice_number(text: str) -> str:
    """Spell an invoice number in one way: capitals and digits without leading zeros.

    >>> invoice_number("inv-00012/a07")
    'INV12A7'
    """
    return _zeros.sub("", _others.sub("", text.upper()))


def invoice_name(seller: str, number: str) -> str:
    """Name of an invoice in the dictionary; empty where seller or number is unknown.

    >>> invoice_name("S|1", "no. 007")
    'S%7C1|NO7'
    """
    normal = invoice_number(number)
    return f"{_escaped(seller)}|{normal}" if seller and normal else ""


def claim_name(invoice: str, amount: int, lines: str) -> str:
    """Name of an invoice with amount and lines: the hard proof that it came again.

    >>> claim_name("S1|NO7", 1250, "ab")
    'S1|NO7|1250|ab'
    """
    known = invoice and lines and amount != MISSING
    return f"{invoice}|{amount}|{_escaped(lines)}" if known else ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


def with_invoices(rows: pa.Table) -> pa.Table:
    """Add ``invoice`` and ``claim`` to scans whose columns allow it."""
    names = set(rows.column_names)
    if not {"seller_id", "invoice_no"} <= names or rows.num_rows == 0:
        return rows
    seller = _mapped(rows["seller_id"], _escaped)
    number = _mapped(rows["invoice_no"], invoice_number)
    invoice = pc.binary_join_element_wise(seller, number, _BAR)
    rows = rows.append_column("invoice", invoice.combine_chunks().dictionary_encode())
    if not {"amount", "invoice_lines_hash"} <= names:
        return rows
    amount = rows["amount"].cast(pa.large_string())
    lines = _mapped(rows["invoice_lines_hash"], _escaped)
    claim = pc.binary_join_element_wise(invoice, amount, lines, _BAR)
    return rows.append_column("claim", claim.combine_chunks().dictionary_encode())


def _mapped(column: pa.ChunkedArray, function: Callable[[str], str]) -> pa.ChunkedArray:
    """Pass each distinct text of a column through ``function``; empty is unknown."""
    encoded = column.combine_chunks()
    texts = [function(text) or None for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.large_string()).take(encoded.indices)])
