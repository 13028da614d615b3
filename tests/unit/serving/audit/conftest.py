from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from features.exports.program import Program
from features.store.chain import Chain
from features.store.home import Home
from serving.audit.check import Check
from serving.audit.heads import Heads
from serving.audit.leaves import SORTS
from serving.audit.redactions import Redactions
from serving.audit.sealer import Sealer, seal
from serving.casework import Casework

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.journal import Journal
    from features.store.store import Store

NOW = 1_767_225_600_000


@dataclass
class Logged:
    """A home whose log tells of acts, seals and a redaction."""

    home: Home
    journal: Journal

    def findings(self, key: bytes = b"") -> list[str]:
        with self.home.database.reading() as store:
            return Check(store, self.journal.key).findings("acme", Heads(self.home.path, key))


def fill(store: Store, program: int, start: int, count: int) -> None:
    """Rows of every sort that is sealed."""
    for n in range(start, start + count):
        store.run(
            "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, verdict, "
            "points_held, body, vector, decided_ms, release_chance, released) "
            "VALUES (?, ?, ?, 'b', 'p', 1, 40, ?, ?, ?, ?, 0)",
            (program, n, 1000 + 3 * n, json.dumps({"event_id": f"e-{n}"}).encode(), bytes([n] * 16),
             NOW + n, 0.05 if n % 3 else None))
        store.run(
            'INSERT INTO decisions (program, place, seq, event_id, status, points_final, "by", '
            "reason, at_ms) VALUES (?, ?, ?, ?, 2, 40, 'ana', ?, ?)",
            (program, 1000 + 3 * n, 7 * n, n, f"because {n}", NOW + n))
        Casework(store, program).reply(n, "appeal", {"text": f"it was me {n}"}, NOW + n)
        store.run("INSERT INTO lists (program, kind, entity, list, valid_to_ms, note, author, "
                  "at_ms) VALUES (?, 'device', ?, 1, ?, ?, 'ben', ?)",
                  (program, n, NOW + 10**6 if n % 2 else None, f"note {n}", NOW + n))


def redact(store: Store, program: int) -> None:
    """Take words out of a row of each sort, out of one twice."""
    for keys in ((1, 2), (2,)):
        entry = Chain(store, program).head()[0] + 1
        redactions = Redactions(store, program, entry)
        for n in keys:
            redactions.replace("verdicts", 1000 + 3 * n, (b"{}", bytes(len(keys))))
            redactions.replace("decisions", 7 * n, (f"{len(keys)}",))
        Chain(store, program).add("redacted", "ana", NOW, {}, redactions.finish())


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    home = Home(tmp_path / "home")
    journal = home.create(Program(program_id="acme"))
    with home.database.writing() as store:
        Chain(store, journal.key).add("policy_applied", "ana", NOW, {"policy": 1})
        fill(store, journal.key, 1, 5)
        for sort in SORTS:
            seal(store, journal.key, sort, NOW, 3)
        Chain(store, journal.key).add("key_created", "ben", NOW + 1, {}, {"role": "admin"})
        for sort in SORTS:
            seal(store, journal.key, sort, NOW + 2)
        redact(store, journal.key)
        salt, digest = bytes(range(16)), bytes(range(32))
        entry = Chain(store, journal.key).add("erased", "ana", NOW + 3, {"member": 7}, {
            "redacted": 0, "digest": hashlib.sha256().hexdigest(),
            "forgotten": hashlib.sha256(salt + digest).hexdigest()})
        store.run("INSERT INTO erasures (program, entry, salt, digest) VALUES (?, ?, ?, ?)",
                  (journal.key, entry, salt, digest))
    Sealer(journal, home.path).tell_head(NOW)
    yield Logged(home, journal)
    home.close()


@pytest.fixture
def filled() -> object:
    return fill
