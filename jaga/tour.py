"""What a demo shows first: three cases to open, and an event to judge with a working key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from features.errors import Conflict
from serving.identity.administering import add_user, reset_password
from serving.keys import create_key, now_ms
from serving.tour import FILE, Stop, Tour, read_tour
from training.evaluate import telling_events

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home

MINUTE_MS = 60_000
USER = "demo"


def leave_tour(home: Home, program_id: str, world: Path) -> list[str]:
    """Write ``tour.json`` into the home; return the titles of its stops.

    Parameters
    ----------
    home : Home
        A home whose program was replayed and scored.
    program_id : str
    world : Path
        Folder with ``verdicts.parquet``, ``scores/`` and ``whole/``.
    """
    verdicts = pd.read_parquet(world / "verdicts.parquet")
    before = read_tour(home.path)
    stops = _cases(verdicts, world / "whole") + _off_season(world)
    tour = Tour(
        cases=stops, program_id=program_id, body=_taken_code(verdicts, world),
        key=before.key or create_key(home, program_id, "points-engine"),
        behind_ms=before.behind_ms or now_ms() - home.journal(program_id).as_of_ms - MINUTE_MS,
        user=USER, password=before.password or _password(home, program_id),
    )
    (home.path / FILE).write_text(tour.model_dump_json(indent=1))
    (home.path / FILE).chmod(0o600)  # it holds a key and a password of the demo
    return [stop.title for stop in stops]


def _password(home: Home, program_id: str) -> str:
    """Make somebody who may open the pages; who was made before gets another password."""
    try:
        made = add_user(home, USER, ["admin"], program_id, now_ms())
    except Conflict:
        made = reset_password(home, USER)
    return str(made["password"])


def _cases(verdicts: pd.DataFrame, whole: Path) -> list[Stop]:
    telling = telling_events(verdicts, whole)
    words = {
        "ring": ("A ring, held", "Accounts that belong together; see what they share."),
        "look_alike": (
            "A look-alike, passed", "It looks like fraud and is none; see what speaks for it."),
    }
    return [
        Stop(title=words[name][0], sentence=words[name][1], path=f"/review/{event}")
        for name, event in telling.items()
    ]


def _off_season(world: Path) -> list[Stop]:
    """The member whose silence is longest and yet normal: off season."""
    scores = pd.read_parquet(world / "scores" / "members.parquet")
    resting = scores[scores["state"] == "off_season"].sort_values(
        ["p_inactive", "member_id"], ascending=[False, True])
    if resting.empty:
        return []
    return [Stop(title="A farmer off season" if "farmers" in world.name else "A partner off season",
                 sentence="Silent, and that is normal for this time of the year.",
                 path=f"/retention?member={resting['member_id'].iloc[0]}")]


def _taken_code(verdicts: pd.DataFrame, world: Path) -> dict[str, Any]:
    """A scan of a code that somebody else was already credited for; empty in a tiny world."""
    scans = pd.read_parquet(world / "live" / "scans.parquet")
    credited = set(verdicts.loc[verdicts["verdict"] == "approve", "event_id"])
    found = scans[scans["event_id"].isin(credited) & scans["code_id"].notna()]
    if found.empty or scans["member_id"].nunique() < 2:
        return {}
    taken = found.iloc[-1]
    other = scans.loc[scans["member_id"] != taken["member_id"], "member_id"].iloc[-1]
    return {
        "kind": "scan", "event_id": "try-me-1", "member_id": other,
        "occurred_at": pd.Timestamp(taken["occurred_at"]).isoformat(),
        "points": int(taken["points"]), "proof": "qr", "code_id": taken["code_id"],
    }
