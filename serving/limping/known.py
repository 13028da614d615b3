"""What is known of an event without the state: proof, missing facts, caps, and who it is from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import ENTRY_CHANNELS, EVENT_KINDS, EVENT_TABLES, PERSONAS
from features.places import MISSING, place_ms
from features.records import COLUMN
from models.occasion import Occasion
from serving.archive import Archive
from serving.limping.ledger import Asked, Ledger, Row
from serving.listed import Listed
from serving.lists import Lists

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.exports.program import Program
    from features.places import Ints
    from features.store.store import Store
    from models.bundle import Bundle

KINDS: Final = tuple(EVENT_KINDS)
HOUR_MS: Final = 3_600_000
_AT: Final = {name: COLUMN[name] for name in (
    "place", "seq", "kind", "event", "member", "code", "claim", "invoice", "points", "proof",
    "channel")}


class Known:
    """Facts of events from the journal's tables alone.

    Parameters
    ----------
    program : Program
        For its caps.
    key : int
        The program's key.
    until : int
        Rows known from this place on are not seen.
    """

    def __init__(self, program: Program, key: int, until: int) -> None:
        caps = program.caps
        self._key = key
        self._ledger = Ledger(key, until, caps=any(
            limit is not None for limit in (caps.points_per_day, caps.scans_per_day,
                                            caps.redemption_points_per_day)))
        self._listed = Listed()
        self._entry = -1
        self._tracks_codes = False

    def read(self, store: Store, last_place: int) -> None:
        """Read all there is; takes about 2 s for a million scans."""
        self._ledger.read(store, last_place)
        self._listen(store)

    def open(self, store: Store) -> None:
        """Take in what was committed since."""
        self._ledger.open(store)
        self._listen(store)

    def note(self, record: Ints, outcome: int) -> None:
        """Take in an event of the open transaction, with what became of it."""
        place, event, member, code, claim, invoice = (
            int(record[_AT[name]])
            for name in ("place", "event", "member", "code", "claim", "invoice"))
        self._ledger.note(Row(place, event, member, code, claim, invoice, outcome),
                          _asked(record))

    def _listen(self, store: Store) -> None:
        """Read the lists anew where an entry came."""
        entry = int(store.rows("SELECT COALESCE(max(entry), 0) FROM lists WHERE program = ?",
                               (self._key,))[0][0])
        if entry != self._entry:
            self._entry, self._listed = entry, Listed(Lists(store, self._key).entries())

    def vector(self, store: Store, record: Ints, bundle: Bundle) -> npt.NDArray[np.float64]:
        """Row of the bundle's features in which all is unknown but proof and caps."""
        row = np.full(len(bundle.event_features), np.nan)
        for name, value in self.facts(store, record).items():
            if name in bundle.index:
                row[bundle.index[name]] = value
        return row

    def facts(self, store: Store, record: Ints) -> dict[str, float]:
        """Features of proof and caps by their names; a name that is missing is unknown."""
        found: dict[str, float] = {}
        if record[_AT["proof"]] != MISSING:
            found["event_proof"] = float(record[_AT["proof"]])
        place, code, claim, invoice = (
            int(record[_AT[name]]) for name in ("place", "code", "claim", "invoice"))
        if code:
            found |= self._code(store, record, code)
        if claim:
            found["claim_credited"] = float(self._ledger.claims(claim, place))
        if invoice:
            found["invoice_before"] = float(self._ledger.invoices(invoice, place))
        return found | self._sums(record)

    def _code(self, store: Store, record: Ints, code: int) -> dict[str, float]:
        place, seq = int(record[_AT["place"]]), int(record[_AT["seq"]])
        rows = store.rows(
            "SELECT status, dispatched_at FROM codes WHERE program = ? AND code_id = ? "
            "AND place < ? AND seq < ? ORDER BY place, seq", (self._key, code, place, seq))
        status = dispatched = math.nan
        for told, at_ms in rows:
            status = status if told is None else float(told)
            dispatched = dispatched if at_ms is None else float(at_ms)
        other, own = self._ledger.credits(code, int(record[_AT["member"]]), place)
        return {"code_known": float(bool(rows)), "code_status": status,
                "code_dispatched_hours": (place_ms(place) - dispatched) / HOUR_MS,
                "code_credited_other": float(other), "code_credited_self": float(own)}

    def _sums(self, record: Ints) -> dict[str, float]:
        """What the member asked for in a day, this event included; nothing without caps."""
        ledger, own = self._ledger, _asked(record)
        if not ledger.counts:
            return {}
        member = ledger.member(int(record[_AT["member"]]), own.place)
        day = ledger.asked(member, own.place)
        if not ledger.is_again(member, own):
            day.append(own)
        earned = [each.points for each in day if each.table != "redemptions"]
        spent = [each.points for each in day if each.table == "redemptions"]
        return {"member_points_24h": float(sum(earned)), "member_redeemed_24h": float(sum(spent)),
                "member_scans_24h": float(sum(each.table == "scans" for each in day))}

    def occasion(self, store: Store, record: Ints, event_id: str, language: str | None = None
                 ) -> Occasion:
        """Describe an event; ``language`` in place of the member's, as a verdict had it."""
        member, place = int(record[_AT["member"]]), int(record[_AT["place"]])
        persona, region = self._person(store, member, place, int(record[_AT["seq"]]))
        archive = Archive(store, self._key)
        spoken = archive.languages([member]).get(member) if language is None else language
        listing = self._listed.of(record, place_ms(place), self._batch(store, record))
        return Occasion(
            event_id, KINDS[int(record[_AT["kind"]])], int(record[_AT["points"]]),
            place_ms(place), persona=persona, channel=_word(ENTRY_CHANNELS,
                                                            int(record[_AT["channel"]])),
            language=spoken, denied=listing.denied, tracks_codes=self._tracks(store, place),
            member=member, region=archive.names("region", [region]).get(region),
            allowed=listing.allowed, snoozed=listing.snoozed, watched=listing.watched)

    def _batch(self, store: Store, record: Ints) -> int:
        """Batch of an event's code, 0 where it is not known, or none is watched."""
        rows = store.rows(
            "SELECT batch_id FROM codes WHERE program = ? AND code_id = ? AND batch_id > 0 "
            "AND place < ? AND seq < ? ORDER BY place DESC, seq DESC LIMIT 1",
            (self._key, *(int(record[_AT[name]]) for name in ("code", "place", "seq")))
        ) if self._listed.watched else []
        return int(rows[0][0]) if rows else 0

    def _person(self, store: Store, member: int, place: int, seq: int
                ) -> tuple[str | None, int]:
        rows = store.rows(
            "SELECT persona, region FROM members WHERE program = ? AND member_id = ? "
            "AND place < ? AND seq < ? ORDER BY place DESC, seq DESC LIMIT 1",
            (self._key, member, place, seq))
        persona, region = rows[0] if rows else (None, None)
        return _word(PERSONAS, -1 if persona is None else int(persona)), int(region or 0)

    def _tracks(self, store: Store, place: int) -> bool:
        """Whether the program ever handed over a code."""
        self._tracks_codes = self._tracks_codes or bool(store.rows(
            "SELECT 1 FROM codes WHERE program = ? AND place < ? LIMIT 1", (self._key, place)))
        return self._tracks_codes


def _asked(record: Ints) -> Asked:
    return Asked(int(record[_AT["place"]]), EVENT_TABLES[int(record[_AT["kind"]])],
                 int(record[_AT["points"]]), int(record[_AT["code"]]))


def _word(words: tuple[str, ...], index: int) -> str | None:
    return words[index] if 0 <= index < len(words) else None
