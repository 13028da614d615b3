"""The audit log of a program: entries that are only ever added, each sealed by the one before it.

An entry's hash covers the hash before it and every stored column, so that no entry can be changed,
taken out, put in or moved without breaking the chain from there on. Only its end can be cut off
unseen; for that its head is kept elsewhere (`serving.audit.heads`).

Details are numbers and words of ours, never names of members or free text: what is erased later
must not stand in what can not be changed.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from features.store.store import Store

    Facts = Mapping[str, "int | str | bool | None"]

MACHINE: Final = "jaga"
"""Who acts where nobody does: the service itself."""
HOME: Final = 0
"""In place of a program's key, which are above 0: acts on what belongs to none, such as people."""
COLUMNS: Final = "number, at_ms, who, act, about, details, hash"
PAGE: Final = 10_000
ACT: Final = re.compile(r"[a-z]+(_[a-z]+)*")
LONGEST: Final = 200
"""Characters of who acted, and of each fact: an entry is no place for texts."""


class Entry(NamedTuple):
    """One line of the audit log.

    Parameters
    ----------
    number : int
        From 1 on, without a gap.
    at_ms : int
        When, by the clock of who wrote it; milliseconds since 1970 UTC.
    who : str
        Name of a person or a key; never a secret.
    act : str
        What was done, a word in the past tense.
    about, details : str
        JSON objects: numbers of what it was done to, and what else is to be known.
    hash : str
        Hexadecimal SHA-256 of the hash before it and of all other columns.
    """

    number: int
    at_ms: int
    who: str
    act: str
    about: str
    details: str
    hash: str

    def hashed_after(self, before: str) -> str:
        """Hash that this entry has to have after another one's."""
        text = json.dumps([before, *self[:-1]], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Chain:
    """The audit log of one program inside a transaction.

    Parameters
    ----------
    store : Store
        The transaction; one that writes for `add`.
    program : int
        Key of the program.

    Examples
    --------
    >>> import tempfile
    >>> from features.store.database import Database
    >>> database = Database("sqlite:///" + tempfile.mkdtemp() + "/journal.sqlite")
    >>> database.migrate()
    >>> with database.writing() as store:
    ...     Chain(store, 1).add("policy_applied", "ana", 1_767_225_600_000, {"policy": 1})
    1
    >>> with database.reading() as store:
    ...     [(entry.number, entry.who, entry.about) for entry in Chain(store, 1).entries()]
    [(1, 'ana', '{"policy":1}')]
    >>> database.close()
    """

    def __init__(self, store: Store, program: int) -> None:
        self._store = store
        self._program = program

    def add(self, act: str, who: str, at_ms: int, about: Facts | None = None,
            details: Facts | None = None) -> int:
        """Write down what was done, in the transaction in which it was done; the entry's number.

        Raises
        ------
        BadInput
            Where the act is no word such as ``key_created``, or a fact is a text.
        """
        if not ACT.fullmatch(act):
            raise BadInput("a word in the past tense such as key_created", repr(act), "use one")
        self._store.take_turn(self._program)
        before = self.head()
        entry = Entry(before[0] + 1, at_ms, who.strip()[:LONGEST] or MACHINE, act, _json(about),
                      _json(details), "")
        self._store.run(
            f"INSERT INTO audit (program, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._program, *entry[:-1], entry.hashed_after(before[1])))
        return entry.number

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; before the first 0 and that of the program."""
        rows = self._store.rows("SELECT number, hash FROM audit WHERE program = ? "
                                "ORDER BY number DESC LIMIT 1", (self._program,))
        return (int(rows[0][0]), str(rows[0][1])) if rows else (0, root(self._program))

    def hash_of(self, number: int) -> str | None:
        """Hash of an entry, of the program where it is 0; None where there is none."""
        if number == 0:
            return root(self._program)
        rows = self._store.rows("SELECT hash FROM audit WHERE program = ? AND number = ?",
                                (self._program, number))
        return str(rows[0][0]) if rows else None

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Read the entries after a number, in order."""
        while True:
            rows = self._store.rows(
                f"SELECT {COLUMNS} FROM audit WHERE program = ? AND number > ? "
                "ORDER BY number LIMIT ?", (self._program, after, PAGE))
            yield from (Entry(*row) for row in rows)
            if len(rows) < PAGE:
                return
            after = int(rows[-1][0])


def operator() -> str:
    """Name whoever runs a command, as the machine knows him.

    >>> operator().startswith("operator")
    True
    """
    try:
        return f"operator {getpass.getuser()}"
    except (KeyError, OSError):
        return "operator"


def root(program: int) -> str:
    """Hash before a program's first entry.

    >>> root(1)[:8]
    '449814d9'
    """
    return hashlib.sha256(f"jaga audit {program}".encode()).hexdigest()


def _json(facts: Facts | None) -> str:
    for name, value in (facts or {}).items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise BadInput(f"a fact of at most {LONGEST} characters as {name}",
                           f"{len(value)}", "keep texts out of the audit log")
    return json.dumps(facts or {}, ensure_ascii=False, separators=(",", ":"))
