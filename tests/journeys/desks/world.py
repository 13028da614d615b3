"""A demo's home with people, and with cases of known shape among those that the demo has."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pandas as pd
import yaml

from features.store.home import Home
from features.store.ingest import ingest
from jaga.demo import Demo
from serving.identity.administering import add_user
from serving.tour import read_tour
from tests.journeys.fire.service import HOST, Service

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS, DAYS, SEED = 400, 200, 7
PASSWORD: Final = "eleven brown geese walking"
PEOPLE: Final = {"rina": "manager", "budi": "manager", "maya": "marketer", "joko": "marketer",
                 "audi": "auditor"}
ALONE: Final = 3_000
"""Points above which two people decide."""
UNDO_S: Final = 10
DAY_MS: Final = 86_400_000
HOSTILE: Final = "\u202e<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
RING: Final = tuple(f"m-ring-{n}" for n in range(5))
NAMES: Final = ("Agro Sur", "Campo Verde", "La Huerta", "El Surco", "Don Ramón")
LONE: Final = {"big": ("m-big", (1_600, 1_550)), "race": ("m-race", (90, 80)),
               "ask": ("m-ask", (70,)), "undo": ("m-undo", (75,)), "note": ("m-note", (85,)),
               "hostile": (f"m-{HOSTILE}", (65,))}
"""Members with scans that name no code, which are held, and the points of each."""


@dataclass(frozen=True)
class World:
    """A service on a demo's home, and what a test may know of it.

    Parameters
    ----------
    service : Service
    program_id : str
    key : str
        Of a points engine.
    behind_ms : int
        How far the program's clock lies behind the wall's.
    """

    service: Service
    program_id: str
    key: str
    behind_ms: int

    @property
    def pages(self) -> str:
        """Origin of the pages."""
        return f"http://{HOST}:{self.service.port + 1}"

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(HOST, self.service.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body), {
                "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, said[:300]
        return dict(json.loads(said))

    def status(self, event_id: str) -> str:
        """What the points engine is told about an event."""
        return str(self.ask("GET", f"/v1/events/{quote(event_id)}")["status"])

    def fill(self) -> None:
        """Have events judged that are held: a ring's, and those of lone members.

        The ring scans codes that nobody printed. Were they more, that would look like a stale file
        of codes, and would be excused; so the others name no code.
        """
        ring = [(f"{member}-{n}", member, 240 + 60 * n) for n in range(2) for member in RING]
        lone = [(f"{name}-{n}", member, points) for name, (member, every) in LONE.items()
                for n, points in enumerate(every)]
        for at, (event_id, member, points) in enumerate([*ring, *lone]):
            verdict = self.ask("POST", "/v1/verdicts", {
                "kind": "scan", "event_id": event_id, "member_id": member, "points": points,
                "proof": "qr", "code_id": f"never-printed-{at}" if member in RING else None,
                "channel": "app",
                "capture": "camera", "occurred_at": moment(self.now_ms - (40 - at) * 3_600_000),
                "device_id": "d-of-the-ring" if member in RING else f"d-{at}"})
            assert verdict["verdict"] == "review", verdict

    @property
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 - self.behind_ms


def make_home(path: Path) -> Home:
    """Run a small demo, then take in a ring's members and the desk's settings, and add people."""
    demo = Demo(path, MEMBERS, DAYS, SEED, "farmers")
    demo.run()
    home = Home(path)
    ingest(home, _more(demo, path.parent / "more", home.journal(demo.program_id).as_of_ms))
    for name, role in PEOPLE.items():
        add_user(home, name, [role], demo.program_id, time.time_ns() // 1_000_000,
                 password=PASSWORD)
    return home


def open_world(service: Service) -> World:
    """Start a service on such a home, and fill its desk."""
    tour = read_tour(service.home)
    service.start()
    world = World(service, tour.program_id, tour.key, tour.behind_ms)
    world.fill()
    return world


def moment(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat()


def _more(demo: Demo, folder: Path, now_ms: int) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    settings = yaml.safe_load((demo.world / "past" / "program.yaml").read_text())
    shutil.copy(demo.world / "past" / "missions.yaml", folder)
    settings["desk"] = {"undo_seconds": UNDO_S, "four_eyes_points": ALONE, "second_review": 0}
    (folder / "program.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    pd.DataFrame({
        "program_id": demo.program_id, "member_id": RING, "persona": "retailer", "tier": "bronze",
        "joined_at": [moment(now_ms - days * DAY_MS) for days in (20, 20, 20, 17, 11)],
        "payout_id": "w-of-the-ring", "display_name": NAMES, "language": "es",
        "contact_url": [f"https://wa.me/59598100000{n}" for n in range(len(RING))],
    }).to_csv(folder / "members.csv", index=False)
    scans = pd.DataFrame([{
        "program_id": demo.program_id, "event_id": f"{member}-earlier-{n}", "member_id": member,
        "occurred_at": moment(now_ms - (9 - 2 * n) * DAY_MS + at * 3_600_000),
        "points": 20 + 10 * n, "proof": "qr", "code_id": f"printed-{at}-{n}",
        "device_id": f"d-{member}", "channel": "app", "capture": "camera", "outcome": "credited",
    } for at, member in enumerate(RING) for n in range(4)])
    scans["recorded_at"] = scans["occurred_at"]
    scans.to_csv(folder / "scans.csv", index=False)
    return folder
