"""The home that is measured: a simulated history, a champion, and the events that come next."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import yaml

from features.contract import EVENT_KINDS, EVENT_TABLES
from features.store.home import Home
from features.store.ingest import ingest
from jaga.speed.load import post
from models.answers import rfc3339
from serving.keys import create_key
from serving.tour import FILE, Tour

if TYPE_CHECKING:
    from pathlib import Path

    from features.progress import Progress

DAY_MS: Final = 86_400_000
STORY: Final = "electricians"
LIVE: Final = 0.06
"""Share of the days whose events are not history: they are asked for verdicts."""
LEARNT: Final = 0.4
"""Share of the days from which the champion learns; fitting on all of them takes 8 GB."""
KNOWN_ALREADY: Final = ("members", "codes", "outlets", "campaigns", "declarations")
"""Tables whose rows of the live days are known by then, as a program syncs them first."""
JUST_NOW_MS: Final = 3_000
"""How long before the service's clock an event happened."""
DONE: Final = "made.json"


@dataclass(frozen=True)
class World:
    """A made home and what continues it.

    Parameters
    ----------
    folder : Path
        Holds ``home`` and ``next.parquet``.
    end_ms : int
        End of the simulated time, where the service's clock starts.
    key : str
        Of a points engine.
    """

    folder: Path
    end_ms: int
    key: str

    def copy(self, name: str, now_ms: int) -> tuple[Path, int]:
        """Copy the home, its clock set back to the end of the simulated time.

        Returns
        -------
        Path, int
            The copy, and how far its clock is behind, in milliseconds.
        """
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / "home", target)
        behind = now_ms - self.end_ms
        (target / FILE).write_text(Tour(behind_ms=behind).model_dump_json())
        return target, behind

    def bodies(self) -> list[dict[str, Any]]:
        """Events of the live days, in their order, without their moments."""
        frame = pd.read_parquet(self.folder / "next.parquet")
        return [{name: cell for name, cell in zip(frame.columns, row, strict=True)
                 if cell is not None and cell == cell}
                for row in frame.itertuples(index=False, name=None)]


def made(folder: Path, members: int, days: int, seed: int, progress: Progress) -> World:
    """Make a world, or open it where it was made before.

    Parameters
    ----------
    folder : Path
        Where to put it; one folder per size and seed.
    members, days, seed : int
        Of the simulation.
    """
    done = folder / DONE
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        done.write_text(json.dumps(_make(folder, members, days, seed, progress)))
    told = json.loads(done.read_text())
    return World(folder, told["end_ms"], told["key"])


def _make(folder: Path, members: int, days: int, seed: int, progress: Progress
          ) -> dict[str, Any]:
    from training.cut import cut
    from training.simulate import simulate
    from training.train import train

    whole, past, live = folder / "whole", folder / "past", folder / "live"
    simulate(whole, members, days, seed, STORY, progress=progress)
    settings = whole / "program.yaml"
    told = yaml.safe_load(settings.read_text()) | {"enforcement": "full"}
    settings.write_text(yaml.safe_dump(told, sort_keys=False))
    first, last = _span(whole)
    cut(whole, round(last - LIVE * (last - first)), past, live)
    for table in KNOWN_ALREADY:
        source = whole / f"{table}.parquet"
        if source.exists():
            shutil.copyfile(source, past / source.name)
    home = Home(folder / "home")
    ingest(home, past, progress=progress)
    train(home, as_of=round(first + LEARNT * (last - first)), seed=seed, progress=progress)
    _events(live).to_parquet(folder / "next.parquet", index=False)
    key = create_key(home, str(told["program_id"]), "points-engine")
    home.close()
    for part in (whole, past, live):
        shutil.rmtree(part)
    return {"end_ms": last, "key": key}


def _span(export: Path) -> tuple[int, int]:
    """First and last moment at which an export's events were recorded, in milliseconds."""
    times = pd.concat(pd.to_datetime(pd.read_parquet(
        export / f"{table}.parquet", columns=["recorded_at"])["recorded_at"], utc=True)
        for table in EVENT_TABLES)
    return round(times.min().timestamp() * 1000), round(times.max().timestamp() * 1000)


def _events(live: Path) -> pd.DataFrame:
    """Events of an export as bodies, in the order in which they were recorded."""
    kinds = {table: kind for kind, table in EVENT_KINDS.items()}
    frames = [pd.read_parquet(live / f"{table}.parquet").assign(kind=kinds[table])
              for table in EVENT_TABLES]
    every = pd.concat(frames, ignore_index=True).sort_values(["recorded_at", "event_id"])
    every = every.drop_duplicates("event_id")
    dropped = ["program_id", "recorded_at", "occurred_at", "outcome", "status", "fulfilled_at"]
    return every.drop(columns=dropped, errors="ignore").astype(object).where(every.notna(), None)


def requests(bodies: list[dict[str, Any]], key: str, start_ms: int, rate: float) -> list[bytes]:
    """Write bodies as requests that happen at a rate, from a moment of the service's clock on."""
    moments = start_ms - JUST_NOW_MS + (np.arange(len(bodies)) * 1000 / rate).astype(np.int64)
    return [post("/v1/verdicts", json.dumps(
        body | {"occurred_at": rfc3339(ms)}, separators=(",", ":"), default=_plain).encode(), key)
        for body, ms in zip(bodies, moments.tolist(), strict=True)]


def _plain(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else str(cell)
