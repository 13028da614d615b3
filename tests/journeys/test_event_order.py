"""Late, re-sent, conflicting, equal-time and out-of-order rows, and merged members.

What a whole journal says of each event is compared with a naive reading of the export's rows, in
pure Python, that knows neither records nor windows nor numbers: only which fact was known before
which event.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.jobs import write_event_features
from features.places import first_place, known_place
from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVES: Final = os.environ.get("JAGA_PROVE") == "1"
SEEDS: Final = range(40 if PROVES else 2)
EVENTS: Final = 150
DAY: Final = 86_400_000
START: Final = round(pd.Timestamp("2025-01-01T00:00:00Z").timestamp() * 1000)
SPAN: Final = 40 * DAY
Row = dict[str, Any]
Export = dict[str, list[Row]]


def at(ms: int) -> str:
    return pd.Timestamp(START + ms, unit="ms", tz="UTC").isoformat()


def made(seed: int, later: tuple[int, ...] = (5 * 60_000,)) -> list[Export]:
    """Three exports of the same weeks, one after the other: two of them bring what is late.

    Times meet often, to the millisecond; merges chain and circle; some rows come twice, some with
    another body, some ms ``later``; goods come back, labels come late, and of events that never
    came.
    """
    random = np.random.default_rng(seed)
    exports: list[Export] = [defaultdict(list) for _ in range(3)]
    moments = np.sort(random.integers(0, SPAN // 3_600_000, EVENTS)) * 3_600_000
    for n, ms in enumerate(moments.tolist()):
        late = int(random.choice([0, 0, 0, 7 * DAY]))
        event = {"event_id": f"e-{n:03d}", "member_id": f"m-{random.integers(6)}",
                 "occurred_at": at(ms - late), "recorded_at": at(ms),
                 "points": int(random.integers(1, 9)), "device_id": f"d-{random.integers(4)}",
                 "outcome": str(random.choice(["credited", "held", "refused"]))}
        table = str(random.choice(["scans", "scans", "scans", "redemptions"]))
        more = ({"proof": "qr", "code_id": f"c-{random.integers(12)}",
                 "outlet_id": f"o-{random.integers(3)}"} if table == "scans"
                else {"reward_id": "r"})
        came = int(random.choice([0, 0, 1, 2]))
        exports[came][table].append(event | more)
        if random.random() < 0.15:  # sent again, and once with other points
            other = {"points": event["points"] + int(random.random() < 0.5)}
            again = {"recorded_at": at(ms + int(random.choice(later)))}
            exports[int(random.integers(came, 3))][table].append(event | more | other | again)
    for n in range(60):
        ms, came = int(random.integers(0, SPAN)), int(random.choice([0, 0, 1, 2]))
        event = f"e-{random.integers(EVENTS + 5):03d}"
        exports[came]["feedback"].append({
            "event_id": event, "decided_at": at(ms), "source": "review",
            "label": str(random.choice(["fraud", "legit"]))})
        if n % 3 == 0:
            exports[came]["returns"].append({
                "return_id": f"r-{n}", "event_id": event, "returned_at": at(ms)})
        if n % 6 == 0:
            exports[came]["merges"].append({
                "merge_id": f"g-{n}", "member_id": f"m-{random.integers(6)}",
                "into_member_id": f"m-{random.integers(6)}", "merged_at": at(ms)})
        if n % 4 == 0:
            exports[came]["codes"].append({
                "code_id": f"c-{n % 3}", "batch_id": "b", "known_at": at(ms),
                "status": str(random.choice(["printed", "activated", "void"]))})
    for export in exports:
        export["members"] = [{"member_id": f"m-{n}", "persona": "retailer", "joined_at": at(0)}
                             for n in range(6)]
    return exports


def written(export: Export, folder: Path, shuffle: int | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text("program_id: acme\ntimezone: Asia/Jakarta\n")
    for table, rows in export.items():
        frame = pd.DataFrame(rows).assign(program_id="acme")
        if shuffle is not None:
            frame = frame.sample(frac=1, random_state=shuffle)
        frame.to_parquet(folder / f"{table}.parquet")
    return folder


class Worlds:
    """Homes to which exports were ingested, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.homes: list[Home] = []

    def home(self, exports: list[Export], shuffle: int | None = None) -> Home:
        folder = self.path / f"world-{len(self.homes)}"
        home = Home(folder / "home")
        self.homes.append(home)
        for number, export in enumerate(exports):
            ingest(home, written(export, folder / f"export-{number}", shuffle))
        return home

    def features(self, home: Home) -> pd.DataFrame:
        """Feature rows by event, in the journal's order."""
        out = home.path / "features.parquet"
        write_event_features(home.journal(), out)
        return pq.read_table(out).to_pandas().set_index("event_id")


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Worlds]:
    made = Worlds(tmp_path)
    yield made
    for home in made.homes:
        home.close()


class Naive:
    """Facts in the order in which the program learnt of them, and what each event could know."""

    def __init__(self) -> None:
        self.last = 0
        self.facts: list[tuple[int, int, str, Row]] = []
        self.bodies: dict[str, Row] = {}

    def take(self, export: Export) -> None:
        before = self.last
        for table, time in (("members", ""), ("feedback", "decided_at"),
                            ("returns", "returned_at"), ("merges", "merged_at")):
            for row in sorted(export.get(table, []), key=lambda row: row.get(time, "")):
                known = known_place(ms_of(row[time])) if time else 0
                self.facts.append((max(known, before), len(self.facts), table, row))
        events = [(table, row) for table in ("scans", "redemptions")
                  for row in export.get(table, [])]
        for table, row in sorted(events, key=lambda e: (ms_of(e[1]["recorded_at"]),
                                                        e[1]["event_id"])):
            if row["event_id"] in self.bodies:
                continue
            self.bodies[row["event_id"]] = row
            self.last = max(first_place(ms_of(row["recorded_at"])), self.last + 1)
            self.facts.append((self.last, len(self.facts), table, row))

    def features(self) -> dict[str, Row]:
        """Some features of every event, by definition."""
        kept: dict[str, str] = {}
        past: list[Row] = []
        found = {}
        for place, _, table, row in sorted(self.facts, key=lambda fact: fact[:2]):
            event = self._event(row, place)
            fact = {**event, **row, "table": table, "place": place}
            if table == "merges":
                kept[row["member_id"]] = self._now(row["into_member_id"], kept)
                continue
            if "member_id" in fact:
                fact["member_id"] = self._now(fact["member_id"], kept)
            if table in ("scans", "redemptions"):
                found[row["event_id"]] = self._read(fact, past)
            past.append(fact)
        return found

    def _event(self, row: Row, place: int) -> Row:
        """Who and where of the event that a label or a return speaks of, if it came before."""
        for other_place, _, table, other in self.facts:
            if table in ("scans", "redemptions") and other["event_id"] == row.get("event_id"):
                return other if other_place < place else {}
        return {}

    @staticmethod
    def _now(member: str, kept: dict[str, str]) -> str:
        first = member
        for _ in range(8):
            if member not in kept:
                break
            member = kept[member]
            if member == first:
                break
        return member

    @staticmethod
    def _read(now: Row, past: list[Row]) -> Row:
        def within(days: float, table: str, key: str, **more: Any) -> list[Row]:
            return [fact for fact in [*past, now]
                    if fact["table"] in table.split() and key in now
                    and fact.get(key) == now[key]
                    and fact["place"] > now["place"] - (round(days * DAY) << 20)
                    and all(fact[name] == value for name, value in more.items())]

        both, member = "scans redemptions", "member_id"
        tries = [fact for fact in past if "code_id" in now and fact["table"] == "scans"
                 and fact.get("code_id") == now["code_id"]]
        credits = [fact for fact in tries if fact["outcome"] == "credited"]
        tried = [(fact[member], fact["code_id"]) for fact in [*past, now]
                 if fact["table"] == "scans" and "code_id" in fact]
        firsts = {pair: tried.index(pair) for pair in tried}
        order = [fact for fact in [*past, now] if fact["table"] == "scans" and "code_id" in fact]
        again = [id(fact) for place, fact in enumerate(order) if firsts[tried[place]] != place]
        refused = [fact for fact in within(1, "scans", member, outcome="refused")
                   if fact is not now and id(fact) not in again]
        code = "code_id" in now
        return {
            "member_count_24h": len(within(1, both, member)),
            "member_count_30d": len(within(30, both, member)),
            "member_points_7d": sum(f["points"] for f in within(7, "scans", member)
                                    if id(f) not in again),
            "member_devices_30d": len({f["device_id"] for f in within(30, both, member)}),
            "member_refused_24h": len(refused),
            "member_returns_90d": len(within(90, "returns", member)),
            "member_fraud_90d": len(within(90, "feedback", member, label="fraud")),
            "outlet_fraud_7d": len(within(7, "feedback", "outlet_id", label="fraud"))
            if "outlet_id" in now else None,
            "code_tries_before": len(tries) if code else None,
            "code_members_30d": len({f[member] for f in within(30, "scans", "code_id")})
            if code else None,
            "code_credited_other": sum(f[member] != now[member] for f in credits)
            if code else None,
        }


def ms_of(text: str) -> int:
    return round(pd.Timestamp(text).timestamp() * 1000)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_event_knows_what_was_known_before_it(worlds: Worlds, seed: int) -> None:
    """Three exports with late, re-sent, conflicting and equal-time rows, against the naive."""
    exports = made(seed)
    naive = Naive()
    for export in exports:
        naive.take(export)
    expected = pd.DataFrame.from_dict(naive.features(), orient="index").astype(float)
    actual = worlds.features(worlds.home(exports))[expected.columns].astype(float)
    assert sorted(actual.index) == sorted(expected.index)
    pd.testing.assert_frame_equal(actual, expected.loc[actual.index], check_names=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_in_a_file_does_not_matter(worlds: Worlds, seed: int) -> None:
    """Each file shuffled: the same places, and the same bits in every feature of every event."""
    exports = made(seed, later=(0, 5 * 60_000))
    plain = worlds.features(worlds.home(exports))
    shuffled = worlds.features(worlds.home(exports, shuffle=seed))
    pd.testing.assert_frame_equal(plain, shuffled, check_exact=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_comes_later_changes_a_row(worlds: Worlds, seed: int) -> None:
    """The file of features written before is the beginning of the one written after."""
    exports = made(seed)
    home = worlds.home(exports[:1])
    before = worlds.features(home)
    for number, export in enumerate(exports[1:]):
        ingest(home, written(export, worlds.path / f"later-{number}"))
        after = worlds.features(home)
        assert len(after) > len(before)
        pd.testing.assert_frame_equal(after.iloc[:len(before)], before, check_exact=True)
        before = after


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_rows_again_change_nothing(worlds: Worlds, seed: int) -> None:
    """All three exports a second time, in another order: no row is new, no bit differs."""
    exports = made(seed)
    home = worlds.home(exports)
    before, last = worlds.features(home), home.journal().last_seq
    for number in (2, 0, 1):
        report = ingest(home, written(exports[number], worlds.path / f"again-{number}"))
        assert {name: counts.new + counts.versions
                for name, counts in report.tables.items() if name != "codes"} == dict.fromkeys(
            set(report.tables) - {"codes"}, 0)
    assert home.journal().last_seq == last
    pd.testing.assert_frame_equal(worlds.features(home), before, check_exact=True)



def scan(name: str, ms: int, **more: Any) -> Row:
    return {"event_id": name, "member_id": "m-0", "occurred_at": at(ms), "points": 1,
            "proof": "qr", "device_id": "d", **more}


def told(worlds: Worlds, name: str, exports: list[Export]) -> Row:
    """One feature by event."""
    for export in exports:
        export.setdefault("members", [{"member_id": "m-0", "persona": "retailer",
                                       "joined_at": at(0)}])
    return dict(worlds.features(worlds.home(exports))[name].items())


def test_events_of_one_moment_come_in_the_order_of_their_ids(worlds: Worlds) -> None:
    """Each knows those before it, and each has a place of its own."""
    found = told(worlds, "device_count_24h", [
        {"scans": [scan(name, DAY) for name in ("c", "a", "b")]}])
    assert found == {"a": 1, "b": 2, "c": 3}


def test_a_late_event_takes_the_next_place_and_its_time(worlds: Worlds) -> None:
    """It happened two days before and came last: it counts from now on, and nothing moves."""
    exports: list[Export] = [
        {"scans": [scan("a", DAY), scan("b", 3 * DAY)]}, {"scans": [scan("late", DAY + 5)]},
        {"scans": [scan("next", 3 * DAY + 60_000)]}]
    assert told(worlds, "device_count_24h", exports) == {"a": 1, "b": 1, "late": 2, "next": 3}
    assert list(worlds.features(worlds.homes[0])["recorded_at"].astype("int64") // DAY * DAY
                ).count(START + 3 * DAY) == 3


@pytest.mark.parametrize("merges", [
    [("m-1", "m-0", 2)],
    [("m-1", "m-2", 1), ("m-2", "m-0", 2)],
    [("m-2", "m-0", 1), ("m-1", "m-2", 2)],
    [("m-1", "m-0", 1), ("m-0", "m-1", 2)],
    [("m-1", "m-2", 1), ("m-2", "m-0", 2), ("m-0", "m-1", 2)],
])
def test_merged_members_are_one_from_the_merge_on(
    worlds: Worlds, merges: list[tuple[str, str, int]]
) -> None:
    """Plain, chained either way, and in a circle: their events add up after it, never before."""
    found = told(worlds, "member_count_30d", [{
        "scans": [scan(f"{day}-{member}", day * DAY, member_id=f"m-{member}")
                  for day in (0, 3, 4) for member in (0, 1)],
        "merges": [{"merge_id": f"g-{n}", "member_id": member, "into_member_id": into,
                    "merged_at": at(day * DAY)} for n, (member, into, day) in enumerate(merges)],
    }])
    assert [found["0-0"], found["0-1"]] == [1, 1]
    first = found["3-0"]
    assert [found["3-1"], found["4-0"], found["4-1"]] == [first + 1, first + 2, first + 3]
    assert first in (1, 2)


def test_an_id_belongs_to_the_row_that_came_first(worlds: Worlds) -> None:
    """Another body is a reject, in the same file and in a later one; the first one counts."""
    home = worlds.home([{"members": [{"member_id": "m-0", "persona": "retailer",
                                      "joined_at": at(0)}],
                         "scans": [scan("a", DAY, points=5), scan("a", DAY + 1, points=6)]}])
    report = ingest(home, written({"members": [{"member_id": "m-0", "persona": "retailer",
                                                "joined_at": at(0)}],
                                   "scans": [scan("a", DAY, points=7), scan("a", DAY, points=5)]},
                                  worlds.path / "again"))
    counts = report.tables["scans"]
    assert (counts.new, counts.same, counts.rejects) == (0, 1, 1)
    assert worlds.features(home)["event_points"].to_dict() == {"a": 5}


def test_a_version_that_came_late_is_known_from_its_arrival(worlds: Worlds) -> None:
    """The file's rows need not be in order; what was known in between is no news later."""
    def codes(*known: tuple[int, str]) -> list[Row]:
        return [{"code_id": "c", "status": status, "known_at": at(day * DAY)}
                for day, status in known]

    scans = [scan(f"s-{day}", day * DAY + 60_000, code_id="c") for day in (1, 3, 5, 7)]
    exports: list[Export] = [
        {"scans": scans[:3], "codes": codes((4, "printed"), (0, "printed"), (2, "void"))},
        {"scans": scans[3:], "codes": codes((3, "void"), (4, "printed"))}]
    found = told(worlds, "code_status", exports)
    assert found == {"s-1": 0, "s-3": 3, "s-5": 0, "s-7": 0}
