from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.jobs import event_features
from features.places import first_place
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.home import Home

NOW = 1_741_000_000_000
"""Some hours after the made-up program's last scan."""
MARKS = ("zz-member-zz", "zz-phone-zz", "zz-payout-zz", "zz-address-zz", "zz-device-zz",
         "zz-ip-zz", "Zoltan Zz Name", "https://zz.example/zz", "zz appeal text zz",
         "zz-link-zz", "zz decision reason zz", "zz list note zz", "zz-event-zz", "zz-receipt-zz")
"""What names one person, each unlike anything else."""


def scan(name: str, member: str, code: str, **cells: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": member, "points": 40, "proof": "qr",
            "occurred_at": pd.Timestamp(NOW, unit="ms", tz="UTC").isoformat(), "code_id": code,
            "device_id": f"d-{member}", **cells}


async def live(programs: Programs, steps: Callable[[Any], Any]) -> Any:
    return await steps(programs.engine("acme"))


def during(home: Path, steps: Callable[[Any], Any], url: str | None = None,
           now_ms: int = NOW) -> Any:
    """Run steps against the engine of an open home."""
    ticks = itertools.count(now_ms, 1000)
    programs = Programs(Settings(home=home, url=url), lambda: next(ticks))
    programs.open(wait=True)
    try:
        return asyncio.run(live(programs, steps))
    finally:
        programs.close()


async def known_person(engine: Any) -> list[dict[str, Any]]:
    """A member with everything that names him, and others who share some of it."""
    await engine.rows("members", [{
        "member_id": "zz-member-zz", "persona": "retailer", "joined_at": "2025-01-05T00:00:00Z",
        "phone_hash": "zz-phone-zz", "payout_id": "zz-payout-zz", "address_hash": "zz-address-zz",
        "display_name": "Zoltan Zz Name", "contact_url": "https://zz.example/zz",
        "language": "en"}])
    said = []
    for n in range(6):
        said.append(json.loads(await engine.verdict(scan(
            f"zz-event-zz-{n}", "zz-member-zz", f"C-{1000 + n // 2}", ip="zz-ip-zz",
            device_id="zz-device-zz" if n else "d-shared",
            attachment_url="zz-receipt-zz" if n == 2 else None))))
        said.append(json.loads(await engine.verdict(scan(
            f"other-{n}", f"m-{n}", f"C-{1100 + n // 2}", device_id="d-shared"))))
    held = next(one["event_id"] for one in said
                if one["verdict"] != "approve" and "zz" in one["event_id"])
    await engine.desk.reply(held, "appeal", {"text": "zz appeal text zz", "link": "zz-link-zz"})
    await engine.desk.decide(held, "release", "zz decision reason zz", "rina")
    await engine.acts.enlist({"list": "deny", "kind": "device", "subject_id": "zz-device-zz",
                              "note": "zz list note zz", "by": "rina", "valid_to": None})
    return said


def features(home: Home) -> pd.DataFrame:
    """The features of every event, by number."""
    journal = home.journal()
    parts = event_features(journal, home.catalog("acme"), first_place(journal.as_of_ms))
    keys, rows = zip(*parts, strict=True)
    frame = pd.concat(keys, ignore_index=True)[["event", "member"]]
    return pd.concat([frame, pd.DataFrame(np.concatenate(rows))], axis=1)


@pytest.fixture
def features_of() -> Callable[[Home], pd.DataFrame]:
    return features


@pytest.fixture
def person() -> Any:
    """What makes one person known, and runs steps against a home."""
    class Person:
        make = staticmethod(known_person)
        during = staticmethod(during)
        scan = staticmethod(scan)
        marks = MARKS
        now = NOW

    return Person
