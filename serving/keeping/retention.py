"""`jaga retention`: what a program keeps no longer than so many days goes, by program.yaml.

Nothing that a window of a feature can still reach goes: names and numbers within the longest
window stay, so that every feature is the same before and after.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from features.engine.clause import window_ms
from features.errors import BadConfig
from features.places import first_place
from features.store.chain import Chain
from features.store.head import move_head, read_head
from serving.audit.redactions import Redactions
from serving.audit.sealer import Sealer
from serving.keeping.erasing import MARK, RANDOM_BYTES
from serving.review.actions import without_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from features.engine.declarations import Catalog
    from features.exports.program import Retention
    from features.store.home import Home
    from features.store.journal import Journal
    from features.store.store import Store

DAY_MS: Final = 86_400_000
BATCH: Final = 500
"""Rows of one transaction: some ten milliseconds in which a service answers nobody."""
_APPROVALS: Final = ("SELECT place, body FROM verdicts WHERE program = ? AND place > ? "
                     "AND place < ? AND verdict = 0 AND length(vector) > 0 ORDER BY place LIMIT ?")
_SHADOWS: Final = ("SELECT event_id, bundle_id FROM shadow_scores WHERE program = ? "
                   "AND place < ? ORDER BY place LIMIT ?")
_REPLIES: Final = (
    "SELECT r.reply FROM replies r JOIN cases c ON c.program = r.program "
    "AND c.event_id = r.event_id AND c.is_open = 0 WHERE r.program = ? AND r.reply > ? "
    "AND r.at_ms < ? AND r.body <> '{}' ORDER BY r.reply LIMIT ?")
_REASONS: Final = (
    "SELECT d.seq FROM decisions d LEFT JOIN cases c ON c.program = d.program "
    "AND c.event_id = d.event_id WHERE d.program = ? AND d.seq > ? AND d.at_ms < ? "
    "AND d.reason <> '' AND COALESCE(c.is_open, 0) = 0 ORDER BY d.seq LIMIT ?")
_NOTES: Final = ("SELECT entry FROM lists WHERE program = ? AND entry > ? AND valid_to_ms < ? "
                 "AND note <> '' ORDER BY entry LIMIT ?")
_DESK_NOTES: Final = (
    "SELECT n.note, n.text, '{}' FROM desk_notes n LEFT JOIN cases c ON c.program = n.program "
    "AND c.event_id = n.event_id WHERE n.program = ? AND n.note > ? AND n.at_ms < ? "
    "AND COALESCE(c.is_open, 0) = 0 ORDER BY n.note LIMIT ?")
_DESK_ACTS: Final = (
    "SELECT a.action, a.reason, a.body FROM desk_actions a WHERE a.program = ? AND a.action > ? "
    "AND a.at_ms < ? AND a.status NOT IN ('waiting', 'due') AND NOT EXISTS ("
    "SELECT 1 FROM desk_action_events e JOIN cases c ON c.program = e.program "
    "AND c.event_id = e.event_id AND c.is_open = 1 WHERE e.program = a.program "
    "AND e.action = a.action) ORDER BY a.action LIMIT ?")
_OF_SUGGESTIONS: Final = ("SELECT decision_id, body FROM suggested WHERE program = ? "
                          "AND decision_id > ? AND at_ms < ? ORDER BY decision_id LIMIT ?")
_SEEN: Final = ("scans", "referrals", "redemptions")


def longest_window_days(catalog: Catalog) -> int:
    """Days of the longest window of a program's features, rounded up."""
    longest = max((window_ms(each.window, name) for name, each in catalog.aggregates.items()),
                  default=0)
    return -(-longest // DAY_MS)


def check_retention(retention: Retention, catalog: Catalog) -> None:
    """Refuse days that are fewer than a window still needs; BadConfig."""
    least = longest_window_days(catalog)
    for name in ("texts", "addresses", "vectors"):
        days = getattr(retention, name)
        if days is not None and days < least:
            raise BadConfig(f"at least {least} days in retention.{name}: the longest window of a "
                            "feature", f"{days}", "keep it longer, or not set at all")


def apply_retention(home: Home, program_id: str | None, by: str, now_ms: int) -> dict[str, Any]:
    """Let go what is older than program.yaml says; a service may run.

    Raises
    ------
    BadConfig
        Where it would be shorter than the longest window.
    """
    journal = home.journal(program_id)
    retention = journal.program.retention
    told: dict[str, Any] = {"program_id": journal.program.program_id, "texts": 0, "addresses": 0,
                            "vectors": 0, "shadow_scores": 0}
    if retention is None:
        return told | {"kept": "everything: program.yaml sets no retention"}
    check_retention(retention, home.catalog(journal.program.program_id))
    Sealer(journal, home.path).everything(now_ms)
    run = _Run(journal, by, now_ms)
    if retention.texts is not None:
        told["texts"] = run.texts(now_ms - retention.texts * DAY_MS)
    if retention.vectors is not None:
        told["vectors"] = run.vectors(now_ms - retention.vectors * DAY_MS)
        told["shadow_scores"] = run.shadow_scores(now_ms - retention.vectors * DAY_MS)
    if retention.addresses is not None:
        told["addresses"] = run.addresses(now_ms - retention.addresses * DAY_MS)
    Sealer(journal, home.path).tell_head(now_ms)
    return told


class _Run:
    """One run over one program, in small transactions."""

    def __init__(self, journal: Journal, by: str, now_ms: int) -> None:
        self._journal = journal
        self._key = journal.key
        self._by = by
        self._now_ms = now_ms

    def vectors(self, before_ms: int) -> int:
        """Drop the features of approvals; the answer itself stays, as it may be asked again."""
        end = first_place(before_ms)

        def empty(redactions: Redactions, row: tuple[Any, ...]) -> None:
            redactions.replace("verdicts", int(row[0]), (bytes(row[1]), b""))

        return self._redact("vectors", _APPROVALS, end, empty)

    def shadow_scores(self, before_ms: int) -> int:
        """Drop what challengers would have said; nothing that was told rests on it."""
        total = 0
        while True:
            with self._journal.database.writing() as store:
                rows = store.rows(_SHADOWS, (self._key, first_place(before_ms), BATCH))
                if not rows:
                    return total
                store.many("DELETE FROM shadow_scores WHERE program = ? AND event_id = ? "
                           "AND bundle_id = ?", [(self._key, *row) for row in rows])
                total += len(rows)

    def texts(self, before_ms: int) -> int:
        """Drop the words of partners and reviewers where the case is closed, and of messages."""
        count = 0
        for table, statement, empty in (("replies", _REPLIES, json.dumps({})),
                                        ("decisions", _REASONS, ""), ("lists", _NOTES, "")):
            def forget(redactions: Redactions, row: tuple[Any, ...], table: str = table,
                       empty: str = empty) -> None:
                redactions.replace(table, int(row[0]), (empty,))

            count += self._redact("texts", statement, before_ms, forget)
        return count + self._desk(before_ms) + self._messages(before_ms)

    def _redact(self, what: str, statement: str, before: int,
                forget: Callable[[Redactions, tuple[Any, ...]], None]) -> int:
        total, last = 0, -1
        while True:
            with self._journal.database.writing() as store:
                store.take_turn(self._key)
                rows = store.rows(statement, (self._key, last, before, BATCH))
                if not rows:
                    return total
                chain = Chain(store, self._key)
                redactions = Redactions(store, self._key, chain.head()[0] + 1)
                for row in rows:
                    forget(redactions, row)
                last = int(rows[-1][0])
                chain.add("outdated_dropped", self._by, self._now_ms, {},
                          {"what": what, **redactions.finish()})
                total += len(redactions.done)

    def _desk(self, before_ms: int) -> int:
        """Drop notes on closed cases, and the words of acts on them; who did what stays."""
        total = 0
        for statement, start in ((_DESK_NOTES, -1), (_DESK_ACTS, "")):
            last: int | str = start
            while True:
                with self._journal.database.writing() as store:
                    rows = store.rows(statement, (self._key, last, before_ms, BATCH))
                    if not rows:
                        break
                    total += sum(self._forgets(store, *row) for row in rows)
                    last = rows[-1][0]
        return total

    def _forgets(self, store: Store, name: int | str, said: str, body: str) -> bool:
        """Delete a note, or the words of an act; whether there were any."""
        told = json.loads(body)
        if isinstance(name, int):
            store.run("DELETE FROM desk_notes WHERE program = ? AND note = ?", (self._key, name))
        else:
            store.run("UPDATE desk_actions SET reason = '', body = ? WHERE program = ? "
                      "AND action = ?", (json.dumps(without_words(told)), self._key, name))
        return bool(said or told.get("text") or told.get("told"))

    def _messages(self, before_ms: int) -> int:
        """Drop the words that were sent with suggestions; what was decided stays."""
        total, last = 0, ""
        while True:
            with self._journal.database.writing() as store:
                rows = store.rows(_OF_SUGGESTIONS, (self._key, last, before_ms, BATCH))
                if not rows:
                    return total
                for name, body in rows:
                    told = json.loads(body)
                    if told.get("message"):
                        total += 1
                        store.run("UPDATE suggested SET body = ? WHERE program = ? "
                                  "AND decision_id = ?",
                                  (json.dumps(told | {"message": ""}, ensure_ascii=False),
                                   self._key, name))
                last = str(rows[-1][0])

    def addresses(self, before_ms: int) -> int:
        """Give random names to network addresses that nobody used since."""
        total = 0
        with self._journal.database.reading() as store:
            numbers = self._unseen(store, first_place(before_ms))
            behind = max(first_place(before_ms), read_head(store, self._key).place + 1)
        for some in _batches(numbers):
            with self._journal.database.writing() as store:
                store.take_turn(self._key)
                # Only what came since is looked through here, where nobody else writes.
                still = set(self._unseen(store, behind, some))
                fresh = [(MARK + secrets.token_hex(RANDOM_BYTES), self._key, number)
                         for number in some if number in still]
                store.many("UPDATE entities SET name = ? WHERE program = ? AND kind = 'ip' "
                           "AND number = ?", fresh)
                entry = Chain(store, self._key).add(
                    "outdated_dropped", self._by, self._now_ms, {},
                    {"what": "addresses", "names": len(fresh),
                     "forgotten": hashlib.sha256().hexdigest()})
                store.run("INSERT INTO erasures (program, entry, salt, digest) "
                          "VALUES (?, ?, ?, ?)", (self._key, entry, b"", b""))
                head = read_head(store, self._key)
                move_head(store, self._key, head, head.seq, head.place, True)
                total += len(fresh)
        return total

    def _unseen(self, store: Store, place: int, asked: list[int] | None = None) -> list[int]:
        """Addresses by number that no event names from a place on, and no list or declaration."""
        few = "" if asked is None else f" AND ip IN ({', '.join(map(str, asked))})"
        seen = {int(row[0]) for table in _SEEN for row in store.rows(
            f"SELECT DISTINCT ip FROM {table} WHERE program = ? AND place >= ? "
            f"AND ip IS NOT NULL{few}", (self._key, place))}
        seen |= {int(row[0]) for row in store.rows(
            "SELECT entity FROM lists WHERE program = ? AND kind = 'ip'", (self._key,))}
        seen |= {int(row[0]) for row in store.rows(
            "SELECT DISTINCT subject_ip FROM declarations WHERE program = ? "
            "AND subject_ip IS NOT NULL", (self._key,))}
        known = asked if asked is not None else [int(row[0]) for row in store.rows(
            "SELECT number FROM entities WHERE program = ? AND kind = 'ip' "
            "AND name NOT LIKE ? ORDER BY number", (self._key, f"{MARK}%"))]
        return [number for number in known if number not in seen]


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    return (numbers[start:start + BATCH] for start in range(0, len(numbers), BATCH))
