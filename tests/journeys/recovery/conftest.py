"""A program that lives: an export of history, then live events, rows, decisions and ingests."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG
from features.engine.kernel import LAST_PLACE, LAST_SEQ, NEXT, PAIRS, START, USED
from features.errors import Conflict
from features.links.links import Links
from features.records import COLUMN
from features.store.home import Home
from features.store.ingest import ingest
from serving.champion import bare_bundle
from serving.commits import Commits, Work
from serving.live import Live
from serving.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.engine.declarations import Catalog

PROGRAM = """program_id: acme
timezone: Asia/Jakarta
currency: IDR
enforcement: full
"""
START_AT = pd.Timestamp("2025-01-01T08:00:00Z")
DAY = 86_400_000
MEMBERS, CODES = 12, 300


def moment(ms: int) -> str:
    return (START_AT + pd.Timedelta(milliseconds=ms)).isoformat()


def body(random: np.random.Generator, name: str, ms: int) -> dict[str, Any]:
    """A made-up event in which parties meet often; some happened long before they came."""
    kind = ("scan", "scan", "scan", "referral", "redemption")[random.integers(5)]
    late = random.choice([0, 0, 0, 5_000, 3 * DAY])
    event = {
        "kind": kind, "event_id": name, "member_id": f"m-{random.integers(MEMBERS)}",
        "occurred_at": moment(ms - int(late)), "points": int(random.integers(1, 90)),
        "device_id": f"d-{random.integers(6)}", "ip": f"10.0.0.{random.integers(4)}",
        "lat": round(float(random.normal(-6.2, 0.3)), 5), "lon": 106.8,
    }
    if kind == "scan":
        return event | {"proof": "qr", "code_id": f"C-{random.integers(CODES)}",
                        "amount": int(random.integers(1, 500)), "outlet_id": "o-1"}
    if kind == "referral":
        return event | {"referee_id": f"m-{random.integers(MEMBERS)}", "referee_kind": "member"}
    return event | {"reward_id": "r-1", "reward_kind": "cashback", "amount": 5,
                    "payout_id": f"p-{random.integers(5)}"}


def rows(random: np.random.Generator, name: str, ms: int) -> tuple[str, dict[str, Any]]:
    """A row that is no event, of any table, about what came before ``name``."""
    member, other = (f"m-{random.integers(MEMBERS)}" for _ in range(2))
    event = f"e-{random.integers(max(int(name), 1))}"
    told: dict[str, dict[str, Any]] = {
        "members": {"member_id": member, "persona": "retailer", "joined_at": moment(0),
                    "payout_id": f"p-{random.integers(5)}"},
        "feedback": {"event_id": event, "label": str(random.choice(["fraud", "legit"])),
                     "decided_at": moment(ms)},
        "returns": {"return_id": f"r-{name}", "event_id": event, "returned_at": moment(ms)},
        "account_changes": {"change_id": f"c-{name}", "member_id": member,
                            "changed_at": moment(ms), "what": "payout"},
        "merges": {"merge_id": f"g-{name}", "member_id": member, "into_member_id": other,
                   "merged_at": moment(ms)},
        "codes": {"code_id": f"C-{random.integers(CODES)}", "batch_id": "B-9", "status": "void"},
        "declarations": {"kind": "shared_device", "subject_id": f"d-{random.integers(6)}",
                         "valid_from": moment(ms), "valid_to": moment(ms + DAY)},
        "adjustments": {"event_id": f"a-{name}", "member_id": member, "points": -3,
                        "occurred_at": moment(ms), "agent_id": "s-1"},
        "activities": {"event_id": f"v-{name}", "member_id": member, "kind": "login",
                       "occurred_at": moment(ms)},
    }
    table = list(told)[random.integers(len(told))]
    return table, {"program_id": "acme"} | told[table]


def write_export(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text(PROGRAM)
    for table, some in tables.items():
        pd.DataFrame(some).assign(program_id="acme").to_parquet(folder / f"{table}.parquet")
    return folder


def history(folder: Path, seed: int = 1, count: int = 150) -> Path:
    """Some weeks of events; codes dispatched and campaigns announced for later wait."""
    random = np.random.default_rng(seed)
    found: dict[str, list[dict[str, Any]]] = {"scans": [], "referrals": [], "redemptions": []}
    for n, ms in enumerate(np.sort(random.integers(0, 20 * DAY, count)).tolist()):
        event = body(random, f"h-{n}", ms) | {"recorded_at": moment(ms)}
        found[f"{event.pop('kind')}s"].append(event)
    later = [moment(int(ms)) for ms in random.integers(0, 60 * DAY, CODES)]
    return write_export(
        folder, **found,
        members=[{"member_id": f"m-{n}", "persona": "retailer", "joined_at": moment(0),
                  "tier": "gold", "known_at": moment(n * DAY * 4)} for n in range(MEMBERS)],
        codes=[{"code_id": f"C-{n}", "batch_id": f"B-{n % 7}", "status": "dispatched",
                "dispatched_at": later[n]} for n in range(CODES)],
        outlets=[{"outlet_id": "o-1", "region": "java"}],
        campaigns=[{"campaign_id": "k", "kind": "season", "starts_at": moment(21 * DAY),
                    "ends_at": moment(30 * DAY)}])


SCRATCH = ("wide", "matched", "snapshot")


def meaning(live: Live) -> dict[str, Any]:
    """All that a state knows, however long its arrays are and whatever it last looked at."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        live.state.save(path)
        with np.load(path) as saved:
            found: dict[str, Any] = {name: saved[name] for name in saved if name not in SCRATCH}
    found["scalars"] = found["scalars"][[USED, NEXT, START, LAST_PLACE, LAST_SEQ, PAIRS]]
    links, end = live.state.plan.sizes[3:5, 0]
    found["log"][:, links:end] = 0  # a record that was never in a chain keeps what lay there before
    pages = found["pages"]
    found["pages"] = [*np.argwhere(pages > 0).tolist(), pages[pages > 0].tolist()]
    found["table"] = found["table"][np.lexsort(found["table"].T)]
    personas, found["tracks_codes"], links, alarms = live.circumstances.remembered()
    found |= _published(links) | alarms
    return {name: _plain(part) for name, part in found.items()} | {
        "personas": sorted(personas.tolist()), "head": live.head,
        "waiting": live._waiting._records.tolist()}


def _published(links: Any) -> dict[str, Any]:
    """Rings as they are, and as they would be of all that is noted: however it lies in memory."""
    now, later = Links.from_arrays(links), Links.from_arrays(links)
    ms = (int(links["links_position"][0]) >> 20) + DAY
    return now.rings.arrays() | {
        f"{name}_later": part for name, part in later.publish(ms).arrays().items()}


def _plain(part: Any) -> Any:
    return (part.shape, part.tobytes()) if isinstance(part, np.ndarray) else part


@dataclass
class Bench:
    """One program, its clock a number that goes up by a second an act."""

    home: Home
    catalog: Catalog = CATALOG
    ms: int = 21 * DAY
    seed: int = 3

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.done = 0
        self.live = self.fresh()
        self.live.rebuild()

    @staticmethod
    def differing(one: Live, other: Live) -> list[str]:
        """Names of what two states know differently."""
        first, second = meaning(one), meaning(other)
        return [name for name in first if first[name] != second[name]]

    @property
    def now(self) -> int:
        return round(START_AT.timestamp() * 1000) + self.ms

    def snapshots(self, folder: str = "states") -> Snapshots:
        return Snapshots(self.home.path / folder, self.home.journal(), self.catalog)

    def fresh(self, snapshots: Snapshots | None = None) -> Live:
        journal = self.home.journal()
        return Live(journal, bare_bundle(journal), self.catalog, "model", snapshots)

    def replayed(self) -> Live:
        """A state from the whole journal."""
        live = self.fresh()
        live.rebuild()
        return live

    def recovered(self, snapshots: Snapshots) -> tuple[Live, int]:
        """A state from the newest usable snapshot, and how many rows were read after it."""
        live = self.fresh(snapshots)
        return live, live.rebuild()

    def commit(self, work: Any, alone: bool = False) -> Any:
        return Commits(self.live).commit([Work(work, alone)])[0]

    def judge(self, event: dict[str, Any]) -> bytes:
        answer = self.commit(lambda writing: self.live.judge(writing, event, self.now))
        assert isinstance(answer, bytes), answer
        return answer

    def act(self) -> None:
        """An event; or a row, a decision, an event decided elsewhere, an ingest now and then."""
        self.done += 1
        self.ms += int(self.random.choice([1, 1_000, 60_000, 8 * 3_600_000]))
        name, chance = str(self.done), self.random.random()
        event = body(self.random, f"e-{name}", self.ms)
        if chance < 0.6:
            self.judge(event)
        elif chance < 0.65:
            self.commit(lambda writing: self.live.take(writing, event, self.now))
        elif chance < 0.7:
            self.commit(self._decide, alone=True)
        else:
            table, row = rows(self.random, name, self.ms)
            arrival = self.now if chance < 0.9 else None
            frame = pd.DataFrame([row])
            self.commit(lambda writing: writing.rows(table, frame, arrival), alone=True)

    def _decide(self, writing: Any) -> None:
        events = self.home.journal().frame("scans", columns=["event_id"])["event_id"]
        number = int(self.random.choice(events))
        name = str(writing.entities.name("event", np.array([number]))[0])
        writing.decision(name, int(self.random.integers(6)), points_final=0, by="x", reason="",
                         at_ms=self.now)

    def probe(self, live: Live) -> list[bytes]:
        """Features of some events that are not stored, the same for every state."""
        found = []
        for n in range(5):
            event = body(np.random.default_rng(n), f"probe-{n}", self.ms + 1_000)
            try:
                with live.journal.begin() as writing:
                    record = writing.event(event["kind"], event, self.now + 1_000).record
                    raise Conflict("nothing kept", "a probe", "roll back")
            except Conflict:
                other = live.state.copy()
                other.advance(live._waiting._records[
                    live._waiting._records[:, COLUMN["place"]] <= record[0]])
                found.append(other.observe(record).tobytes())
        return found


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of history."""
    return history(tmp_path_factory.mktemp("past") / "export")


@pytest.fixture
def bench(past: Path, tmp_path: Path) -> Iterator[Bench]:
    """The program with its history taken in."""
    home = Home(tmp_path / "home")
    ingest(home, past)
    yield Bench(home)
    home.close()


@pytest.fixture(scope="session")
def make_bench() -> type[Bench]:
    """Opens a home's program for a test."""
    return Bench


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """Another export of the same weeks, with events and labels that are older than the journal."""
    folder = history(tmp_path / "more" / "export", seed=2, count=40)
    for table in ("scans", "referrals", "redemptions"):
        frame = pd.read_parquet(folder / f"{table}.parquet")
        frame["event_id"] = "n-" + frame["event_id"]
        frame.to_parquet(folder / f"{table}.parquet")
    pd.DataFrame({"event_id": [f"h-{n}" for n in range(30)], "program_id": "acme",
                  "label": "fraud", "decided_at": moment(15 * DAY)}).to_parquet(
        folder / "feedback.parquet")
    return folder
