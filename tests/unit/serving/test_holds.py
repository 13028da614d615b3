"""Every hold ends: by its time, by its fact, once, and in the state as in the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG
from features.store.ingest import ingest
from serving.archive import Archive
from serving.audit.who import Act
from serving.casework import Casework
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.forgiven import RELEASES
from serving.holds import FACT_KEEPS, FACT_RELEASES, TIME_KEEPS, TIME_RELEASES, Holds
from serving.live import Live
from serving.review.deciding import decide_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400_000


class Bench:
    """One program opened for a test, its clock a number that goes up."""

    def __init__(self, world: Any) -> None:
        self.home = world.home
        self.journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.restart()

    def restart(self) -> None:
        """Forget everything but the journal."""
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)
        self.holds = Holds(self.live, batch=2, share=1.0)

    def do(self, act: Any, *, alone: bool = True) -> Any:
        (result,) = self.commits.commit([Work(act, alone=alone)])
        if isinstance(result, BaseException):
            raise result
        return result

    def scan(self, name: str, **more: Any) -> dict[str, Any]:
        self.now += 1000
        body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00", **more}
        return dict(json.loads(self.do(lambda w: self.live.judge(w, body, self.now), alone=False)))

    def codes(self, *rows: dict[str, Any]) -> None:
        self.now += 1000
        self.do(lambda w: w.rows("codes", pd.DataFrame(list(rows)), arrival_ms=self.now))

    def rest(self) -> int:
        """Rest until nothing is left to do; how many cases were touched."""
        self.now += 1000
        done = 0
        while touched := self.holds.rest(self.now):
            done += touched
            assert done < 100, "a hold is ended again and again"
        return done

    def status(self, name: str) -> tuple[str, int]:
        with self.journal.database.reading() as store:
            archive = Archive(store, self.journal.key)
            event = archive.event(archive.number("event", name))
            assert event is not None
            return event.status, event.points_final

    def is_open(self, name: str) -> bool | None:
        with self.journal.database.reading() as store:
            number = Archive(store, self.journal.key).number("event", name)
            return Casework(store, self.journal.key).is_open(number)

    def outcomes(self) -> list[tuple[str, str, int, str]]:
        """What the feed of outcomes tells: event, status, points, reason."""
        with self.journal.database.reading() as store:
            archive = Archive(store, self.journal.key)
            changes = archive.changes(-1, 1000)
            names = archive.names("event", [change[1] for change in changes])
        return [(names[event], status, points, reason)
                for _, event, status, points, reason, _ in changes]

    def check_state(self) -> None:
        """The state must be the one a rebuild from the journal gives, to the bit."""
        other = Live(self.journal, self.live.bundle, CATALOG)
        other.rebuild()
        body = {"event_id": "probe", "member_id": "m-3", "points": 20, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "C-1499"}
        self.now += DAY
        with self.journal.begin() as writing:
            record = writing.event("scan", body, self.now).record
        vectors = [live.observe_and_judge(record, "probe", "full").vector
                   for live in (self.live, other)]
        assert np.array_equal(*vectors, equal_nan=True)


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def until(verdict: dict[str, Any]) -> int:
    return round(pd.Timestamp(verdict["hold"]["until"]).timestamp() * 1000)


def test_a_hold_of_behaviour_is_released_at_its_end(bench: Bench) -> None:
    """Not a millisecond before its end; then the points are given, once, and the case closes."""
    verdict = bench.scan("a", points=80, code_id="C-1100")
    assert verdict["hold"]["then"] == "release"
    assert bench.holds.end_due(until(verdict) - 1) == 0
    assert bench.status("a") == ("held", 0)
    bench.now = until(verdict)
    assert bench.rest() == 1
    assert bench.status("a") == ("released", 80)
    assert bench.is_open("a") is False
    assert bench.outcomes() == [("a", "released", 80, TIME_RELEASES)]
    assert bench.rest() == 0
    bench.check_state()


def test_a_hold_that_keeps_is_kept_at_its_end(bench: Bench) -> None:
    """Where the fact never came, the points are kept, and the outcome says why."""
    verdict = bench.scan("a", code_id="never-printed")
    assert verdict["hold"]["then"] == "keep"
    bench.now = until(verdict)
    assert bench.rest() == 1
    assert bench.status("a") == ("kept", 0)
    assert bench.outcomes() == [("a", "kept", 0, TIME_KEEPS)]


def test_holds_end_after_a_restart_in_batches_and_once(bench: Bench) -> None:
    """What ran out while nobody served ends after the start, some at a time, each once."""
    ends = [until(bench.scan(f"e{n}", points=80, code_id=f"C-{1100 + n}")) for n in range(5)]
    bench.restart()
    bench.now = max(ends)
    assert [bench.holds.end_due(bench.now) for _ in range(4)] == [2, 2, 1, 0]
    bench.restart()
    assert bench.rest() == 0
    assert sorted(name for name, *_ in bench.outcomes()) == [f"e{n}" for n in range(5)]
    bench.check_state()


def test_a_second_process_ends_nothing_again(bench: Bench) -> None:
    """Two that find the same hold due at once end it once: the later one looks again."""
    verdict = bench.scan("a", points=80, code_id="C-1100")
    from serving.holds import _end_due

    ended = [bench.do(lambda w: _end_due(w, until(verdict), 9)) for _ in range(2)]
    assert ended == [1, 0]
    assert len(bench.outcomes()) == 1


def test_a_decided_case_has_no_hold_left(bench: Bench) -> None:
    """A person's decision ends the hold; its time does not undo it."""
    verdict = bench.scan("a", points=80, code_id="C-1100")
    bench.do(lambda w: decide_case(w, "a", "confirm_fraud", "One wallet.", "rina", bench.now,
                                   Act("case_decided", "rina")))
    bench.now = until(verdict)
    assert bench.rest() == 0
    assert bench.status("a") == ("kept", 0)


def test_a_fraud_confirmed_after_points_were_kept_is_a_label(bench: Bench) -> None:
    """It changes no points, so it is no conflict; it is stored and written down, and once."""
    bench.scan("a", points=80, code_id="C-1100")
    found = []
    for decision in ("keep", "confirm_fraud", "confirm_fraud", "keep"):
        told = bench.do(lambda w, word=decision: decide_case(
            w, "a", word, "One wallet.", "rina", bench.now, Act("case_decided", "rina")))
        assert told["status"] == "kept"
        with bench.journal.database.reading() as store:
            found.append(tuple(store.rows(f"SELECT count(*) FROM {rows}")[0][0] for rows in (
                "feedback WHERE label = 1", "feedback", "decisions",
                "audit WHERE act = 'case_decided'")))
    assert found == [(0, 0, 1, 1), (1, 1, 1, 2), (1, 1, 1, 2), (1, 1, 1, 2)]
    bench.check_state()


def test_an_appealed_case_stays_open_past_its_hold(bench: Bench) -> None:
    """The points follow the time, the partner's words still wait for a person."""
    verdict = bench.scan("a", code_id="never-printed")
    number = bench.journal.number("event", "a")
    bench.do(lambda w: Casework(w.store, w.key).reply(number, "appeal", {"text": "?"}, bench.now))
    bench.now = until(verdict)
    assert bench.rest() == 1
    assert bench.status("a") == ("kept", 0)
    assert bench.is_open("a") is True


def test_what_was_only_observed_closes_without_a_change(bench: Bench) -> None:
    """Where nothing was held, the case closes when a hold would have ended, and that is all."""
    bench.now += 1000
    body = {"kind": "scan", "event_id": "a", "member_id": "m-3", "points": 80, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "C-1100"}
    bench.do(lambda w: bench.live.judge(w, body, bench.now, "observe"), alone=False)
    assert bench.is_open("a") is True
    days = bench.journal.program.hold_days
    bench.now += days * DAY
    assert bench.rest() == 1
    assert bench.is_open("a") is False
    assert bench.status("a") == ("credited", 80)
    assert bench.outcomes() == []


def test_a_fact_that_comes_releases(bench: Bench) -> None:
    """A code told of late, dispatched before its scan, gives the points by itself."""
    bench.scan("a", code_id="late-1")
    assert bench.rest() == 0
    bench.codes({"code_id": "late-1", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    assert bench.rest() == 1
    assert bench.status("a") == ("released", 20)
    assert bench.outcomes() == [("a", "released", 20, FACT_RELEASES)]
    assert bench.is_open("a") is False
    again = bench.scan("b", member_id="m-4", code_id="late-1")
    assert again["hard_proof"] == ["code_credited_other"]
    bench.check_state()


def test_a_fact_against_it_keeps_and_stays_a_case(bench: Bench) -> None:
    """A code that turns out void is kept for that reason; a person may still look."""
    bench.scan("a", code_id="late-2")
    bench.codes({"code_id": "late-2", "status": "void"})
    assert bench.rest() == 1
    assert bench.status("a") == ("kept", 0)
    assert bench.outcomes() == [("a", "kept", 0, FACT_KEEPS["code_void"])]
    assert bench.is_open("a") is True
    assert bench.rest() == 0


def test_a_code_dispatched_after_its_scan_stays_held(bench: Bench) -> None:
    """A scan before the dispatch is no fact come late; the row that comes next is looked at."""
    bench.scan("a", code_id="late-3")
    bench.codes({"code_id": "late-3", "status": "printed"})
    assert bench.rest() == 1
    assert bench.status("a") == ("held", 0)
    bench.codes({"code_id": "late-3", "status": "dispatched",
                 "dispatched_at": "2025-06-01T00:00:00Z"})
    bench.rest()
    assert bench.status("a") == ("held", 0)
    assert bench.rest() == 0
    bench.codes({"code_id": "late-3", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    bench.rest()
    assert bench.status("a") == ("released", 20)


def test_of_two_who_claim_a_late_code_the_first_has_it(bench: Bench) -> None:
    """The later claim is kept: to another member a case, to himself no mark."""
    bench.scan("first", code_id="late-4", member_id="m-3")
    bench.scan("other", code_id="late-4", member_id="m-4")
    bench.scan("again", code_id="late-4", member_id="m-3")
    bench.codes({"code_id": "late-4", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    assert bench.rest() == 3
    assert bench.outcomes() == [
        ("first", "released", 20, FACT_RELEASES),
        ("other", "kept", 0, FACT_KEEPS["code_credited_other"]),
        ("again", "kept", 0, FACT_KEEPS["code_credited_self"])]
    assert [bench.is_open(name) for name in ("first", "other", "again")] == [False, True, False]


def test_a_code_credited_meanwhile_is_not_credited_twice(bench: Bench) -> None:
    """Points given by a person while the fact was awaited count, though no event came since."""
    bench.scan("a", code_id="late-5", member_id="m-4")
    bench.scan("b", code_id="late-5", member_id="m-3")
    bench.do(lambda w: decide_case(w, "b", "release", "The box is here.", "rina", bench.now,
                                   Act("case_decided", "rina")))
    bench.codes({"code_id": "late-5", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    bench.rest()
    assert bench.status("a") == ("kept", 0)
    assert bench.status("b") == ("released", 20)


@pytest.mark.parametrize(("member", "reason"), [
    ("m-4", "code_credited_other"), ("m-3", "code_credited_self")])
def test_a_code_credited_elsewhere_before_is_kept(
    bench: Bench, member: str, reason: str
) -> None:
    """A credit of an outage, which named the code before its row came, is not given again."""
    bench.now += 1000
    taken = {"kind": "scan", "event_id": "old", "member_id": member, "points": 20, "proof": "qr",
             "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "late-9"}
    bench.scan("a", code_id="late-9")
    bench.do(lambda w: bench.live.take(w, taken, bench.now), alone=False)
    bench.codes({"code_id": "late-9", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    bench.rest()
    assert bench.status("a") == ("kept", 0)
    assert bench.outcomes()[-1][3] == FACT_KEEPS[reason]


def test_behaviour_holds_on_when_the_fact_has_come(bench: Bench) -> None:
    """An event held for both stays held, and from then on ends as behaviour does."""
    verdict = bench.scan("a", points=80, code_id="late-6")
    assert verdict["hold"]["then"] == "keep"
    bench.codes({"code_id": "late-6", "status": "dispatched",
                 "dispatched_at": "2025-02-01T00:00:00Z"})
    assert bench.rest() == 1
    assert bench.status("a") == ("held", 0)
    bench.now = until(verdict)
    bench.rest()
    assert bench.status("a") == ("released", 80)


def test_a_fact_that_comes_by_ingest_releases_too(bench: Bench, tmp_path: Path) -> None:
    """An export with the missing code does what a live row does, after a restart as well."""
    bench.scan("a", code_id="late-7")
    folder = tmp_path / "codes"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\ntimezone: Asia/Jakarta\n")
    pd.DataFrame({"member_id": ["m-3"], "program_id": ["acme"], "persona": ["retailer"],
                  "joined_at": ["2024-06-01T00:00:00Z"]}).to_csv(folder / "members.csv",
                                                                 index=False)
    pd.DataFrame(columns=["event_id", "program_id", "member_id", "occurred_at", "points",
                          "proof"]).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame({"code_id": ["late-7"], "status": ["dispatched"],
                  "dispatched_at": ["2025-02-01T00:00:00Z"]}).to_csv(folder / "codes.csv",
                                                                     index=False)
    ingest(bench.home, folder)
    bench.restart()
    assert bench.rest() == 1
    assert bench.status("a") == ("released", 20)


def test_an_event_without_a_code_waits_for_a_person(bench: Bench) -> None:
    """Which code was meant comes from no table: rows of codes end nothing here."""
    bench.scan("a", code_id=None)
    bench.codes({"code_id": "late-8", "status": "dispatched"})
    assert bench.rest() == 0
    assert bench.status("a") == ("held", 0)


def test_an_alarm_on_a_stale_file_lets_go_of_those_before_it(bench: Bench) -> None:
    """Held for their code alone before it opened, they are released; a second claim is not."""
    first = [bench.scan(f"u{n}", member_id=f"m-{n}", device_id=f"d-{n}", code_id=f"unknown-{n}",
                        sku="wire") for n in range(12)]
    again = bench.scan("copy", member_id="m-20", device_id="d-20", code_id="unknown-0", sku="wire")
    held = [f"u{n}" for n, verdict in enumerate(first) if verdict["verdict"] == "review"]
    assert 5 <= len(held) < 12
    assert first[-1]["verdict"] == "approve"
    assert again["verdict"] == "approve"
    assert bench.rest() >= len(held)
    told = {name: (status, reason) for name, status, _, reason in bench.outcomes()}
    assert told == {name: ("released", RELEASES) for name in held if name != "u0"}
    assert bench.status("u0") == ("held", 0), "its code was credited to another since"
    assert bench.rest() == 0
    bench.check_state()
    bench.restart()
    assert bench.rest() <= 1
    assert len(bench.outcomes()) == len(told)
