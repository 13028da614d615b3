"""What the digest of each night told of, and who has it already."""

from __future__ import annotations

import json
from typing import NamedTuple

from serving.within import WithinProgram


class Digest(NamedTuple):
    """The digest of a night.

    Parameters
    ----------
    night : str
        Its day, as `jaga.nightly` names it.
    at_ms : int
    nudges : tuple of str
        Keys of everything that was to be looked at.
    mails : tuple of str
        Ids of the letters that a mail server has taken.
    """

    night: str
    at_ms: int
    nudges: tuple[str, ...]
    mails: tuple[str, ...]


class Digests(WithinProgram):
    """Reads and writes of a program's digests inside a transaction."""

    def find(self, night: str) -> Digest | None:
        """The digest of a night; None before it was made."""
        return self._one("night = ?", night)

    def before(self, at_ms: int) -> Digest | None:
        """The last digest before a moment; None where there was none."""
        return self._one("at_ms < ?", at_ms)

    def add(self, made: Digest) -> None:
        """Write the digest of a night; the first stays."""
        self._store.run(
            "INSERT INTO digests (program, night, at_ms, nudges, mails) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (program, night) DO NOTHING",
            (self._program, made.night, made.at_ms, json.dumps(made.nudges),
             json.dumps(made.mails)))

    def mailed(self, night: str, letter_id: str) -> None:
        """Write down that a mail server has a letter."""
        found = self.find(night)
        assert found is not None  # a letter is of a digest that was made
        self._store.run("UPDATE digests SET mails = ? WHERE program = ? AND night = ?",
                        (json.dumps([*found.mails, letter_id]), self._program, night))

    def _one(self, where: str, value: str | int) -> Digest | None:
        rows = self._store.rows(
            f"SELECT night, at_ms, nudges, mails FROM digests WHERE program = ? AND {where} "
            "ORDER BY at_ms DESC, night DESC LIMIT 1", (self._program, value))
        return None if not rows else Digest(
            str(rows[0][0]), int(rows[0][1]), tuple(json.loads(rows[0][2])),
            tuple(json.loads(rows[0][3])))
