"""Cuts chunks of a body into lines, none longer than a limit."""

from __future__ import annotations

from typing import Final

TOO_LONG: Final = None
"""In place of a line that is longer than the limit; nothing of it is kept."""


class Lines:
    r"""Cuts a body that comes in chunks into lines without their ends; empty ones are left out.

    Parameters
    ----------
    limit : int
        Bytes of the longest line.

    Examples
    --------
    >>> lines = Lines(4)
    >>> lines.feed(b"ab\n\ncd"), lines.feed(b"e\r\n123456789"), lines.feed(b"0\nf"), lines.end()
    ([b'ab'], [b'cde'], [None], [b'f'])
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open = bytearray()
        self._is_skipping = False

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """Take a chunk in; the lines that end in it, `TOO_LONG` for one above the limit."""
        *ended, rest = chunk.split(b"\n")
        found = [self._ended(part) for part in ended]
        self._keep(rest)
        return [line for line in found if line != b""]

    def end(self) -> list[bytes | None]:
        """Tell the line that no end of a line followed, if there is one."""
        line = self._ended(b"")
        return [] if line == b"" else [line]

    def _ended(self, part: bytes) -> bytes | None:
        self._keep(part)
        line = TOO_LONG if self._is_skipping else bytes(self._open).strip()
        self._open.clear()
        self._is_skipping = False
        return line

    def _keep(self, part: bytes) -> None:
        if self._is_skipping or len(self._open) + len(part) > self._limit:
            self._is_skipping = True
            self._open.clear()
        else:
            self._open += part
