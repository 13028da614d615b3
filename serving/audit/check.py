"""Finds what was changed, put in, moved or taken out of the audit log and of what it seals."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from features.store.chain import Chain, root
from serving.audit.heads import MISSING
from serving.audit.leaves import NO_SALT, PACKED, SORT, START, digest_of, unpack
from serving.audit.redactions import Redacted
from serving.audit.redactions import digest_of as digest_of_redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.chain import Entry
    from features.store.store import Store
    from serving.audit.heads import Heads
    from serving.audit.leaves import Row, Sort

MOST: Final = 20
"""Findings that are told; who finds so many has other questions."""
ONE: Final = {"verdicts": "verdict", "decisions": "decision", "replies": "reply",
              "lists": "list entry"}


class Check:
    """Looks at one program's log, inside a transaction that reads.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    """

    def __init__(self, store: Store, program: int) -> None:
        self._store = store
        self._program = program
        self.chain = Chain(store, program)
        self.entries = 0
        self._sealing: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        self._redacting: dict[int, dict[str, Any]] = {}
        self._erased: dict[int, str] = {}
        self._redacted: dict[tuple[str, int], list[tuple[bytes, bytes, bytes]]] = {}

    def findings(self, program_id: str, heads: Heads) -> list[str]:
        """Say what is wrong, a phrase each; empty where the log and all it seals are whole."""
        found: list[str] = []
        for finding in self._all(program_id, heads):
            found.append(finding)
            if len(found) == MOST:
                return [*found, "and perhaps more"]
        return found

    def _all(self, program_id: str, heads: Heads) -> Iterator[str]:
        yield from self._entries()
        for finding in heads.check(program_id, self.chain):
            if finding != MISSING or self._sealing:  # who seals writes the head down
                yield finding
        yield from self._redactions()
        yield from self._erasures()
        for what, sort in SORT.items():
            yield from self._seals(what, sort)

    def _entries(self) -> Iterator[str]:
        expected, before = 1, root(self._program)
        for entry in self.chain.entries(START):
            if entry.number != expected:
                yield f"entry {expected:,} is missing before entry {entry.number:,}"
            if entry.hashed_after(before) != entry.hash:
                yield (f"entry {entry.number:,} ({entry.act}) was changed, or does not follow the "
                       "one before it")
            expected, before = entry.number + 1, entry.hash
            self.entries += 1
            yield from self._learn(entry)

    def _learn(self, entry: Entry) -> Iterator[str]:
        """Remember what an entry says of rows beside the log."""
        try:
            details = json.loads(entry.details)
            if entry.act == "sealed":
                said = {name: int(details[name]) for name in ("after", "until", "rows")}
                self._sealing[str(details["what"])].append(
                    (entry.number, said | {"digest": str(details["digest"])}))
            if "redacted" in details:
                self._redacting[entry.number] = {
                    "redacted": int(details["redacted"]), "digest": str(details["digest"])}
            if "forgotten" in details:
                self._erased[entry.number] = str(details["forgotten"])
        except (ValueError, KeyError, TypeError):
            yield f"entry {entry.number:,} can not be read"

    def _redactions(self) -> Iterator[str]:
        by_entry: dict[int, list[Redacted]] = defaultdict(list)
        for what, key, entry, was, salt, became in self._store.rows(
            "SELECT what, row_key, entry, was, salt, became FROM redactions WHERE program = ? "
            "ORDER BY what, row_key, entry", (self._program,)):
            by_entry[int(entry)].append(Redacted(what, int(key), bytes(was), bytes(became)))
            self._redacted.setdefault((what, int(key)), []).append(
                (bytes(was), bytes(salt), bytes(became)))
        for number in sorted(by_entry.keys() | self._redacting.keys()):
            said, rows = self._redacting.get(number), by_entry.get(number, [])
            if said is None:
                yield f"{len(rows):,} redactions name entry {number:,}, which tells of none"
            elif said["redacted"] != len(rows) or said["digest"] != digest_of_redacted(rows):
                yield f"the redactions of entry {number:,} are not those it tells of"

    def _erasures(self) -> Iterator[str]:
        rows = {int(entry): hashlib.sha256(bytes(salt) + bytes(digest)).hexdigest()
                for entry, salt, digest in self._store.rows(
                    "SELECT entry, salt, digest FROM erasures WHERE program = ?",
                    (self._program,))}
        for number in sorted(rows.keys() | self._erased.keys()):
            if rows.get(number) != self._erased.get(number):
                yield f"the list of who was erased differs from entry {number:,}"

    def _seals(self, what: str, sort: Sort) -> Iterator[str]:
        rows = {int(entry): (int(until), bytes(leaves)) for until, entry, leaves in
                self._store.rows("SELECT until_key, entry, leaves FROM seals WHERE program = ? "
                                 "AND what = ?", (self._program, what))}
        after = START
        for number, said in self._sealing[what]:
            until, leaves = rows.pop(number, (None, b""))
            if until is None or until != said["until"] or after != said["after"]:
                yield f"the seal of {what} in entry {number:,} is missing or another one"
            elif not (len(leaves) == PACKED.size * said["rows"]
                      and digest_of(unpack(leaves)) == said["digest"]):
                yield f"the leaves of the seal in entry {number:,} were changed"
            else:
                yield from self._compare(sort, after, until, leaves)
            after = said["until"]
        for number in rows:
            yield f"a seal of {what} names entry {number:,}, which is none of it"

    def _compare(self, sort: Sort, after: int, until: int, leaves: bytes) -> Iterator[str]:
        one = ONE[sort.table]
        expected = {leaf.key: leaf for leaf in unpack(leaves)}
        for row in sort.rows(self._store, self._program, after, until):
            leaf = expected.pop(row.key, None)
            if leaf is None:
                yield f"the {one} at {sort.key} {row.key} was put in later"
            elif not self._fits(sort.table, row, leaf.salt, leaf.leaf):
                yield f"the {one} at {sort.key} {row.key} was changed"
        for key in expected:
            yield f"the {one} at {sort.key} {key} was taken out"

    def _fits(self, what: str, row: Row, salt: bytes, leaf: bytes) -> bool:
        """Whether a row is what was sealed, or what it became by redactions one after another."""
        steps = self._redacted.get((what, row.key))
        if steps is None:
            return row.leaf(row.digest(salt)) == leaf
        gone = [salt, *(each[1] for each in steps[:-1])]
        return (row.leaf(steps[0][0]) == leaf and all(each == NO_SALT for each in gone)
                and all(here[2] == there[0] for here, there in pairwise(steps))
                and row.digest(steps[-1][1]) == steps[-1][2])
