"""A small home with a trained bundle, made once, copied for each test that writes."""

from __future__ import annotations

import re
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import lightgbm
import numpy as np
import pandas as pd
import pytest
import uvicorn
from fastapi import FastAPI

from features.engine.state import State
from features.members.rhythm import MEMBER_CATALOG, member_features
from features.records import COLUMN, SCORED
from features.store.home import Home
from features.store.ingest import ingest
from models.anomaly import AnomalyModel
from models.bundle import Bundle
from models.calibration import fit_calibration
from models.champion import promote
from models.fraud import FraudModel
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from models.thresholds import Thresholds
from serving.hotpath import HotPath
from serving.identity.administering import add_user
from serving.keys import create_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from features.catalog import Catalog
    from features.store.journal import Journal

START = pd.Timestamp("2025-01-01T08:00:00Z")
MEMBERS = 30
PROGRAM = """program_id: acme
name: Acme Electricians
timezone: Asia/Jakarta
currency: IDR
point_value: 10
languages: [en, id]
enforcement: {enforcement}
"""
MISSIONS = """- id: come-back
  cost_points: 60
  personas: [retailer]
  channels: [whatsapp]
  cool_off_days: 14
  goal: three scans in a week
  texts: {en: "Scan three packs this week for 60 points more.", id: "Pindai tiga kemasan."}
"""


@dataclass(frozen=True)
class World:
    """A home on disk and a key of each role."""

    path: Path
    keys: dict[str, str]

    @property
    def home(self) -> Home:
        return Home(self.path)


def write_export(folder: Path, enforcement: str = "full") -> Path:
    """Write a made-up program: thirty members, some hundred scans, a few frauds."""
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text(PROGRAM.format(enforcement=enforcement))
    (folder / "missions.yaml").write_text(MISSIONS)
    random = np.random.default_rng(5)
    pd.DataFrame({
        "member_id": [f"m-{n}" for n in range(MEMBERS)], "program_id": "acme",
        "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
        "language": ["id" if n % 2 else "en" for n in range(MEMBERS)],
        "channels": "whatsapp", "consent": True, "tier": "gold", "region": "java",
    }).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "code_id": [f"C-{n}" for n in range(1500)], "sku": "wire", "points": 40,
        "status": "dispatched", "dispatched_at": "2024-12-01T00:00:00Z",
    }).to_csv(folder / "codes.csv", index=False)
    scans(random, 900).to_csv(folder / "scans.csv", index=False)
    return folder


def scans(random: np.random.Generator, count: int) -> pd.DataFrame:
    minutes = np.sort(random.integers(0, 60 * 24 * 60, count))
    member = random.integers(0, MEMBERS, count)
    return pd.DataFrame({
        "event_id": [f"h-{n}" for n in range(count)],
        "member_id": [f"m-{n}" for n in member], "program_id": "acme",
        "occurred_at": [(START + pd.Timedelta(minutes=int(m))).isoformat() for m in minutes],
        "points": random.choice([20, 40, 80], count), "proof": "qr",
        "code_id": [f"C-{n}" for n in range(count)],
        "device_id": [f"d-{n}" for n in member], "channel": "app", "capture": "camera",
    })


def vectors(journal: Journal, catalog: Catalog) -> tuple[Any, Any]:
    """Judged records of a journal and their features."""
    state = State(catalog, journal.program.timezone)
    parts = [(rows[rows[:, COLUMN["kind"]] < SCORED], state.replay(rows))
             for rows in journal.records()]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def train(home: Home, cause: str = "event_points", above: float = 60) -> str:
    """Fit a small bundle on the journal and make it champion; a high cause is mostly fraud."""
    journal, catalog = home.journal(), home.catalog("acme")
    records, matrix = vectors(journal, catalog)
    random = np.random.default_rng(0)
    high = matrix[:, catalog.names.index(cause)] > above
    label = (high & (random.random(len(matrix)) < 0.9)).astype(float)
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 2, "num_leaves": 7, "seed": 0},
        lightgbm.Dataset(matrix, label, params={"verbosity": -1}), 20)
    calibration = fit_calibration(booster.predict(matrix, raw_score=True), label)
    persona = np.nan_to_num(matrix[:, catalog.names.index("member_persona")], nan=-1)
    anomaly = AnomalyModel.fit(matrix, catalog.names, catalog.hashes, catalog.families,
                               records[:, COLUMN["kind"]], persona.astype(np.int64), 0)
    frame = member_features(journal, journal.as_of_ms)
    bundle = Bundle("acme", journal.as_of_ms, dict(catalog.hashes), dict(catalog.families),
                    dict(catalog.units), dict(catalog.own_meanings),
                    member_features=dict(MEMBER_CATALOG.hashes),
                    thresholds=Thresholds({"scan": 0.6, "redemption": 0.6}, {"scan": 0.999}),
                    fraud=FraudModel(booster, calibration, catalog.names, catalog.hashes),
                    anomaly=anomaly, inactivity=InactivityModel.fit([], frame, Horizons(30), 0))
    folder = bundle.save(home.bundles("acme"))
    promote(home.bundles("acme"), folder.name)
    return folder.name


def build(folder: Path, enforcement: str = "full") -> World:
    home = Home(folder / "home")
    ingest(home, write_export(folder / "export", enforcement))
    train(home)
    keys = {role: create_key(home, "acme", role)
            for role in ("points-engine", "manager", "marketer", "admin", "auditor")}
    home.close()
    return World(folder / "home", keys)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home nobody may write to."""
    return build(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def trained() -> Callable[..., str]:
    """Fits a small bundle on a home's journal."""
    return train


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    """A fresh copy of the home."""
    shutil.copytree(made.path, tmp_path / "home")
    return World(tmp_path / "home", made.keys)


@contextmanager
def served(app: Any) -> Iterator[httpx.Client]:
    """Serve an ASGI application on a free port, in a thread, and give a client."""
    if isinstance(app, FastAPI):
        app = HotPath(app, app, "/verdicts")  # as in front of the service
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client
    server.should_exit = True
    thread.join(10)


def sign_in(client: httpx.Client, home: Home, roles: str = "admin@acme", name: str = "rina"
            ) -> httpx.Client:
    """Make somebody with these roles, and sign him in on the pages with this client."""
    made = add_user(home, name, roles.split(), None, 1)
    client.headers["Origin"] = str(client.base_url).rstrip("/")
    fields = {"name": name, "password": made["password"], "csrf": form_token_of(client)}
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 303, answer.text
    return client


def form_token_of(client: httpx.Client, path: str = "/sign-in") -> str:
    """Read the token of the form on a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(path).text)
    assert found is not None, path
    return found.group(1)


@pytest.fixture(scope="session")
def signed_in() -> Callable[..., httpx.Client]:
    """Signs a client in on the pages."""
    return sign_in


@pytest.fixture(scope="session")
def csrf_of() -> Callable[..., str]:
    """Reads the token of a page's form."""
    return form_token_of


@pytest.fixture(scope="session")
def serving_app() -> Any:
    """Serves an application while a block runs."""
    return served
