"""How much of everything a program has: state, journal, cases, holds, messages, snapshots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from features.store.head import read_head
from models.trusthistory import TrustHistory
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.home import Home
    from features.store.store import Store
    from serving.live import Live

SECOND_MS: Final = 1000


class Level(NamedTuple):
    """A number that goes up and down: its metric, what it says, and how much it is now."""

    name: str
    text: str
    value: float


def stock_of(live: Live, home: Home, now_ms: int) -> list[Level]:
    """Look up how much a program has now.

    Parameters
    ----------
    live : Live
        Used by another thread meanwhile; what is read of it are plain numbers.
    home : Home
        Where its snapshots lie.
    now_ms : int
        Milliseconds since 1970 UTC.

    Raises
    ------
    Unavailable
        Where the store does not answer.
    """
    with live.journal.database.reading() as store:
        return [*_state(live), *_model(live, store, now_ms), *_journal(live, store),
                *_desk(store, live.journal.key, now_ms),
                *_messages(store, live.journal.key, now_ms),
                *_snapshot(home.states(live.journal.program.program_id))]


def _state(live: Live) -> Iterator[Level]:
    memory = live.state.memory
    yield Level("jaga_state_entities", "Entities that the live state knows.",
                float(memory.numbers[:, 0].sum()))
    yield Level("jaga_state_bytes", "Bytes of the live state.",
                float(sum(array.nbytes for array in memory)))
    yield Level("jaga_state_whole", "1 while the live state equals the journal it has read.",
                float(live.is_whole))
    mended = 0 if live.mender is None else live.mender.mended
    yield Level("jaga_state_mended", "States made beside the verdicts and taken over: 1 a start.",
                float(mended))
    yield Level("jaga_model_serves", "1 where a trained champion judges.",
                float(not live.degraded))
    rests = 0 if live.breaker is None else live.breaker.opened
    yield Level("jaga_model_rests", "How often the models failed or were slow and were left alone.",
                float(rests))
    if live.succession is not None:
        yield Level("jaga_champions_taken", "Champions taken over while the service ran.",
                    float(live.succession.taken))
        yield Level("jaga_champion_refused", "1 while a champion is named that can not be read.",
                    float(bool(live.succession.refused)))
    if live.shadow is not None:
        yield Level("jaga_shadow_scores", "Verdicts that a challenger scored too.",
                    float(live.shadow.scored))
        yield Level("jaga_shadow_dropped", "Verdicts that a challenger had no time to score.",
                    float(live.shadow.lost))
        yield Level("jaga_shadow_refused", "1 while a challenger is named that can not be read.",
                    float(bool(live.shadow.refused)))
    yield Level("jaga_model_as_of_seconds", "Unix time up to which the champion has learnt.",
                live.bundle.as_of_ms / SECOND_MS)


def _model(live: Live, store: Store, now_ms: int) -> Iterator[Level]:
    bundle = live.bundle
    if bundle.as_of_ms:
        yield Level("jaga_model_age_seconds", "Seconds since what the champion knows ends.",
                    max(now_ms - bundle.as_of_ms, 0) / SECOND_MS)
    trust = TrustHistory.read(store, live.journal.key).of(bundle.bundle_id, now_ms)
    yield Level("jaga_model_trust", "Weight of the odds of the champion's score, 1 in full.",
                trust.weight)


def _journal(live: Live, store: Store) -> Iterator[Level]:
    head = read_head(store, live.journal.key)
    yield Level("jaga_journal_commits", "Transactions of the journal.", float(head.number))
    yield Level("jaga_state_lag_commits", "Transactions of the journal that the state lacks.",
                float(max(head.number - live.head.number, 0)))


def _desk(store: Store, program: int, now_ms: int) -> Iterator[Level]:
    yield Level("jaga_cases_open", "Cases that ask for a person.", _count(
        store, "SELECT count(*) FROM cases WHERE program = ? AND is_open = 1", program))
    yield Level("jaga_holds_due", "Holds whose time has passed and that have not ended.", _count(
        store, "SELECT count(*) FROM cases WHERE program = ? AND hold_until_ms <= ?", program,
        now_ms))


def _messages(store: Store, program: int, now_ms: int) -> Iterator[Level]:
    waiting, dead = Outbox(store, program).counts()
    yield Level("jaga_outbox_waiting", "Messages that the webhook has not taken.", float(waiting))
    yield Level("jaga_outbox_dead", "Messages that were given up.", float(dead))
    oldest = store.rows("SELECT min(created_ms) FROM outbox WHERE program = ? AND dead = 0",
                        (program,))[0][0]
    age = 0.0 if oldest is None else max(now_ms - int(oldest), 0) / SECOND_MS
    yield Level("jaga_outbox_oldest_seconds", "Age of the oldest message that waits.", age)


def _snapshot(folder: Path) -> Iterator[Level]:
    """Tell the age of the newest snapshot by its file; nothing where there is none."""
    written = [path.stat().st_mtime for path in folder.glob("[0-9]*.npz")]
    if written:
        yield Level("jaga_snapshot_age_seconds", "Age of the newest snapshot of the state.",
                    max(time.time() - max(written), 0.0))


def _count(store: Store, statement: str, *values: int) -> float:
    return float(store.rows(statement, values)[0][0])
