"""A case as its page shows it: sentences, bars, pictures, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from serving.pages.linkpicture import LinkPicture
from serving.pages.pictures import picture
from serving.pages.queuepage import UNUSUAL, case_path, headline
from serving.review.contents import WHOLE

if TYPE_CHECKING:
    from features.exports.program import Program
    from serving.archive import StoredEvent
    from serving.pages.words import Words
    from serving.review.contents import Reason
    from serving.review.evidence import Claim, Trip
    from serving.review.folder import Folder
    from serving.review.normal import Normal
    from serving.review.telling import Tongue

TONES: Final = {"review": "warn", "decline": "bad", "approve": "accent", "history": "quiet"}
WORDY: Final = ("flag", "word", "weekday")
"""Units whose values are words: nothing to draw."""
LONG: Final = 100.0
"""Width of a bar."""
LEAST_ROOM_MS: Final = 43_200_000
"""Time before the first event and after the last: half a day, so that one alone has an axis."""
DECLARED_AS: Final = {"device": "shared_device", "payout": "shared_payout", "outlet": "own_shop"}
"""As what a thing is declared innocent."""
LISTED: Final = ("member", "device", "payout")


class CasePage:
    """Shows one folder.

    Parameters
    ----------
    folder : Folder
    program : Program
    words : Words
    tongue : Tongue
    now_ms : int
        In the program's time.
    """

    def __init__(self, folder: Folder, program: Program, words: Words, tongue: Tongue,
                 now_ms: int) -> None:
        self._folder = folder
        self._program = program
        self._words = words
        self._tongue = tongue
        self._now_ms = now_ms

    def context(self) -> dict[str, Any]:
        """Make what the template shows."""
        folder = self._folder
        told = self._against()
        heaviest = max((abs(reason.told.contribution) for reason in told
                        if reason.told.contribution is not None), default=0.0)
        reasons = [self._reason(reason, heaviest) for reason in told]
        links = LinkPicture(folder.picture, folder.names, self._words)
        anomaly = (folder.lead.body or {}).get("anomaly")
        return {
            "folder": folder, "case": folder.case, "now_ms": self._now_ms,
            "case_id": folder.case.case_id if folder.case else folder.lead.event_id,
            "title": self._title(), "is_open": folder.case is not None,
            "reasons": [each for each in reasons if not each["told"].code.startswith("proof.")],
            "proofs": [each["told"].text for each in reasons
                       if each["told"].code.startswith("proof.")],
            "innocent": self._innocent(), "timeline": self._timeline(),
            "trips": self._trips(), "map": self._map(), "links": links.drawn(),
            "tied": links.table(),
            "effects": [(reason.told.text, folder.effects[reason.told.code])
                        for reason in folder.reasons
                        if folder.effects.get(reason.told.code)
                        and folder.effects[reason.told.code].held][:5],
            "is_warm": folder.trips is not None, "subjects": self._subjects(),
            "batches": [(name, folder.watched.get(name)) for name in sorted(
                {trip.batch for trip in folder.trips or () if trip.batch})[:20]],
            "message": (folder.lead.body or {}).get("partner_message"),
            "score": (folder.lead.body or {}).get("score"),
            "anomaly": anomaly if self._is_unusual(anomaly) else None,
            "hold_then": ((folder.lead.body or {}).get("hold") or {}).get("then", ""),
            "minor_units": self._program.minor_units, "path_of": self._path_of,
        }

    def _path_of(self, event_id: str) -> str:
        return case_path(self._program.program_id, event_id)

    def _against(self) -> list[Reason]:
        """Reasons but that an event as a whole is like most others."""
        return [reason for reason in self._folder.reasons
                if reason.told.code != WHOLE or self._is_unusual(reason.told.value)]

    def _is_unusual(self, share: float | None) -> bool:
        """Whether a share of events that look less unusual says anything against one."""
        return share is not None and (share >= UNUSUAL or self._folder.held_as_unusual)

    def _title(self) -> Any:
        folder = self._folder
        if folder.case is not None:
            return headline(self._words, folder.case, folder.subject,
                            [reason.told for reason in folder.reasons])
        verdict = str((folder.lead.body or {}).get("would_have", "approve"))
        return self._words.say(f"review.closed.{verdict}", points=folder.lead.points)

    def _reason(self, reason: Reason, heaviest: float) -> dict[str, Any]:
        told = reason.told
        weight = None
        if told.contribution is not None and heaviest:
            weight = round(LONG * told.contribution / heaviest, 1)
        return {"told": told, "alerts": reason.alerts, "weight": weight,
                "bars": self._bars(reason.normal)
                if reason.normal and told.unit not in WORDY else []}

    def _bars(self, normal: Normal) -> list[dict[str, Any]]:
        """Bars of what was seen, of the member's own normal, and of peers, on one scale."""
        spans = [span for span in (normal.own, normal.peers) if span]
        top = max([normal.value, *(span.high for span in spans)], default=0.0)
        if not top > 0 or min([normal.value, *(span.low for span in spans)]) < 0:
            return []
        write, name = self._tongue.write, normal.feature
        found = [{"kind": "seen", "to": LONG * normal.value / top, "low": None, "high": None,
                  "text": write(name, normal.value), "count": 0}]
        for kind, span in (("own", normal.own), (f"peers.{normal.scope}", normal.peers)):
            if span is not None:
                found.append({
                    "kind": kind, "to": LONG * span.median / top, "low": LONG * span.low / top,
                    "high": LONG * span.high / top, "text": write(name, span.median),
                    "count": span.count})
        return found if len(found) > 1 else []

    def _innocent(self) -> list[tuple[str, str]]:
        """What speaks for the members: reasons in their favour, then honest look-alikes."""
        reasons = self._folder.reasons
        favour = [("for", reason.told.text) for reason in reasons if reason.told.speaks_for]
        whole = [(event.body or {}).get("anomaly") for event in self._folder.events]
        known = [float(share) for share in whole if share is not None]
        if known and not self._is_unusual(max(known)):
            favour.append(("for", self._words.say("review.innocent.ordinary",
                                                  share=self._words.share(max(known), 1))))
        alike = [("alike", text) for text in dict.fromkeys(
            reason.told.innocent for reason in reasons
            if reason.told.innocent and not reason.told.speaks_for)]
        return [*favour, *alike]

    def _timeline(self) -> dict[str, Any]:
        """Draw events of the members in time, by score, as large as their points."""
        folder, words = self._folder, self._words
        most = max((event.points for event in folder.timeline), default=1) or 1
        mine = {event.number for event in folder.events}
        traces = []
        for tone in TONES:
            for is_mine in (False, True):
                own = [event for event in folder.timeline
                       if _verdict(event) == tone and (event.number in mine) == is_mine]
                if not own:
                    continue
                name = words.say(f"review.verdict.{tone}")
                traces.append({
                    "type": "scatter", "mode": "markers", "tone": TONES[tone],
                    "name": words.say("review.timeline.this", verdict=name) if is_mine else name,
                    "x": [words.iso(event.occurred_ms) for event in own],
                    "y": [_score(event) for event in own],
                    "customdata": [self._hover(event) for event in own],
                    "hovertemplate": "%{customdata}<extra></extra>",
                    "marker": {"size": [round(7 + 15 * (event.points / most) ** 0.5, 1)
                                        for event in own],
                               "symbol": "diamond" if is_mine else "circle",
                               "opacity": 1 if is_mine else 0.65, "line": {"width": 0}}})
        times = [event.occurred_ms for event in folder.timeline] or [0]
        room = max((max(times) - min(times)) // 20, LEAST_ROOM_MS)
        return picture(traces, {
            "xaxis": {"range": [words.iso(min(times) - room), words.iso(max(times) + room)]},
            "yaxis": {"title": words.say("review.timeline.score"), "tickformat": ".0%",
                      "rangemode": "tozero"}})

    def _hover(self, event: StoredEvent) -> str:
        words = self._words
        return words.say("review.timeline.dot", when=words.moment(event.occurred_ms),
                         kind=words.say(f"review.event.{event.kind}"), points=event.points,
                         member=event.member_id[:24])

    def _trips(self) -> list[Trip]:
        return [trip for trip in self._folder.trips or () if trip.km is not None or trip.sent_to
                or trip.code_status][:12]

    def _map(self) -> dict[str, Any] | None:
        """Draw where goods were sent and where they were scanned; None where nothing is known."""
        trips = [trip for trip in self._folder.trips or () if trip.km is not None]
        if not trips:
            return None
        words = self._words
        lines: dict[str, list[float | None]] = {"x": [], "y": []}
        for trip in trips:
            lines["x"] += [trip.sent_lon, trip.claim.lon, None]
            lines["y"] += [trip.sent_lat, trip.claim.lat, None]
        traces: list[dict[str, Any]] = [
            {"type": "scatter", "mode": "lines", **lines, "tone": "quiet", "hoverinfo": "skip",
             "showlegend": False, "line": {"width": 1, "dash": "dot"}},
            {"type": "scatter", "mode": "markers", "tone": "accent",
             "name": words.say("review.map.sent"),
             "x": [trip.sent_lon for trip in trips], "y": [trip.sent_lat for trip in trips],
             "customdata": [self._sent(trip) for trip in trips],
             "hovertemplate": "%{customdata}<extra></extra>",
             "marker": {"size": 11, "symbol": "square"}},
            {"type": "scatter", "mode": "markers", "tone": "warn",
             "name": words.say("review.map.scanned"),
             "x": [trip.claim.lon for trip in trips], "y": [trip.claim.lat for trip in trips],
             "customdata": [words.say("review.map.scan", km=round(trip.km or 0),
                                      when=words.moment(trip.claim.at_ms)) for trip in trips],
             "hovertemplate": "%{customdata}<extra></extra>", "marker": {"size": 10}},
        ]
        degrees = {"ticksuffix": "°", "zeroline": False}
        return picture(traces, {"xaxis": degrees,
                                "yaxis": {**degrees, "scaleanchor": "x", "scaleratio": 1}})

    def _sent(self, trip: Trip) -> str:
        when = self._words.day(trip.sent_ms) if trip.sent_ms is not None else (
            self._words.say("word.unknown"))
        return self._words.say("review.map.dispatch", to=trip.sent_to[:24], when=when)

    def _subjects(self) -> list[dict[str, str]]:
        """What of this case can be declared innocent, allowed or denied: kind and id."""
        found: dict[tuple[str, str], None] = {}
        case = self._folder.case
        if case is not None and case.group.tie in DECLARED_AS and self._folder.subject:
            found["payout" if case.group.tie == "payout" else "device", self._folder.subject] = None
        nodes = self._folder.picture.nodes if self._folder.picture else ()
        for node in nodes:
            if node.kind in ("payout", "device") and node.hop == 0:
                found.setdefault((node.kind, self._folder.names.get(node.key, "")))
        for body in self._claims():
            if body.outlet:
                found.setdefault(("outlet", body.outlet))
        for one in self._folder.people[:5]:
            found.setdefault(("member", one.member_id))
        return [{"kind": kind, "id": name, "declared": DECLARED_AS.get(kind, "")}
                for kind, name in found if name][:30]

    def _claims(self) -> list[Claim]:
        return [trip.claim for trip in self._folder.trips or ()]


def _verdict(event: StoredEvent) -> str:
    return str(event.body["would_have"]) if event.body else "history"


def _score(event: StoredEvent) -> float:
    score = event.body.get("score") if event.body else None
    return 0.0 if score is None else round(float(score), 4)
