"""What a reason did to others: of those held for it, how many were proved, how many freed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from features.contract import LABELS
from features.store.schema import DECISIONS
from models.labelled import COLUMNS, resolved
from serving.review.alerts import parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.head import Head
    from features.store.store import Store

DAYS: Final = 90
DAY_MS: Final = 86_400_000
_FRAUD: Final = LABELS.index("fraud")
_RELEASED: Final = DECISIONS.index("released")


class Effect(NamedTuple):
    """Alerts of a reason in the last `DAYS`: held, proved fraud since, given back, not decided."""

    held: int
    proved: int
    released: int
    open: int


class _Reason(msgspec.Struct):
    code: str


class _Body(msgspec.Struct):
    reasons: list[_Reason]
    hard_proof: list[str]


class PolicyEffect:
    """Counts by reason; what stays the same of an alert is read once.

    Examples
    --------
    >>> PolicyEffect()._codes
    {}
    """

    def __init__(self) -> None:
        self._codes: dict[int, frozenset[str]] = {}
        self._counted: dict[str, Effect] = {}
        self._head: Head | None = None

    def of(self, store: Store, program: int, codes: Iterable[str], now_ms: int, head: Head
           ) -> dict[str, Effect]:
        """Count alerts with each reason among the strongest of their verdict.

        Parameters
        ----------
        store : Store
            The transaction.
        program : int
        codes : iterable of str
            Codes of reasons.
        now_ms : int
        head : Head
            Where the journal stands: at the same head nothing is counted again.
        """
        if head != self._head:
            self._counted, self._head = self._count(store, program, now_ms), head
        none = Effect(0, 0, 0, 0)
        return {code: self._counted.get(code, none) for code in codes}

    def _count(self, store: Store, program: int, now_ms: int) -> dict[str, Effect]:
        rows = store.rows("SELECT event_id, is_open FROM cases WHERE program = ? "
                          "AND opened_ms >= ?", (program, now_ms - DAYS * DAY_MS))
        is_open = {int(event): bool(opened) for event, opened in rows}
        self._codes = {event: codes for event, codes in self._codes.items() if event in is_open}
        new = [event for event in is_open if event not in self._codes]
        decode = msgspec.json.Decoder(_Body).decode
        for some in parts(new):
            for event, body in store.rows(
                    "SELECT event_id, body FROM verdicts WHERE program = ? "
                    f"AND event_id IN ({some})", (program,)):
                told = decode(bytes(body))
                self._codes[int(event)] = frozenset(reason.code for reason in told.reasons)
        labels, status = self._last(store, program, is_open)
        counts: dict[str, list[int]] = {}
        for event, codes in self._codes.items():
            proved = labels.get(event) == _FRAUD
            freed = status.get(event) == _RELEASED and not proved
            for code in codes:
                own = counts.setdefault(code, [0, 0, 0, 0])
                for at, counted in enumerate((True, proved, freed, is_open[event])):
                    own[at] += counted
        return {code: Effect(*numbers) for code, numbers in counts.items()}

    def _last(self, store: Store, program: int, events: Iterable[int]
              ) -> tuple[dict[int, int], dict[int, int]]:
        """Label that counts and last status of each event that has one."""
        labels: dict[int, int] = {}
        status: dict[int, int] = {}
        for some in parts(events):
            labels |= resolved(store.rows(
                f"SELECT {', '.join(COLUMNS)} FROM feedback WHERE program = ? "
                f"AND event_id IN ({some})", (program,)))
            status |= {int(event): int(now) for event, now in store.rows(
                "SELECT event_id, status FROM decisions WHERE program = ? "
                f"AND event_id IN ({some}) ORDER BY seq", (program,))}
        return labels, status
