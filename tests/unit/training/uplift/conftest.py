"""Programs with a log of decisions, written as an export."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.store.home import Home
from features.store.journal import Journal

START = pd.Timestamp("2025-01-01", tz="UTC")


class Unsure:
    """An inactivity model that gives every member the same chance."""

    class horizons:  # noqa: N801
        """Sixty days for everybody."""

        @staticmethod
        def of(persona):
            return np.full(len(persona), 60)

    def p_inactive(self, frame):
        return np.full(len(frame), 0.4)


@pytest.fixture
def unsure() -> Unsure:
    return Unsure()


@pytest.fixture
def written(
    tmp_path: Path, home_of: Callable[[Path], Home]
) -> Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame], Journal]:
    """Ingest members (member_id, persona, outlet_id), scans (member_id, day) and missions."""

    def write(members: pd.DataFrame, scans: pd.DataFrame, missions: pd.DataFrame) -> Journal:
        folder = tmp_path / "export"
        folder.mkdir()
        (folder / "program.yaml").write_text("program_id: tiny\nname: Tiny\n")
        members.assign(program_id="tiny", joined_at=START.isoformat()).to_csv(
            folder / "members.csv", index=False)
        moments = START + pd.to_timedelta(scans["day"], unit="D") + pd.Timedelta(hours=12)
        pd.DataFrame({
            "event_id": [f"e{i}" for i in range(len(scans))], "program_id": "tiny",
            "member_id": scans["member_id"], "points": 10, "proof": "qr",
            "occurred_at": [moment.isoformat() for moment in moments],
        }).to_csv(folder / "scans.csv", index=False)  # fmt: skip
        if len(missions):
            missions.to_csv(folder / "missions.csv", index=False)
        return home_of(folder).journal()

    return write
