"""A small world of events with one obvious kind of fraud, and models fitted on it."""

from __future__ import annotations

from types import SimpleNamespace

import lightgbm
import numpy as np
import pytest

from features.exports.program import Program
from models.anomaly import AnomalyModel
from models.bundle import Bundle
from models.calibration import fit_calibration
from models.fraud import FraudModel
from models.thresholds import Thresholds

NAMES = (
    "code_credited_other", "code_credited_self", "code_known", "code_status",
    "code_dispatched_hours", "claim_credited", "device_declared",
    "member_scans_10m", "device_members_24h", "event_amount", "outlet_km", "outlet_fraud_30d",
)
FAMILIES = {"code_known": "code", "device_declared": "declared", "member_scans_10m": "velocity",
            "device_members_24h": "device", "event_amount": "amount", "outlet_km": "place",
            "outlet_fraud_30d": "label"}
UNITS = {"event_amount": "minor units", "outlet_km": "km", "device_declared": "flag"}
HASHES = {name: f"hash of {name}" for name in NAMES}
KINDS = ("scan", "referral", "redemption")


@pytest.fixture(scope="session")
def events():
    """3,000 events; those with many scans in ten minutes and many members on a phone are fraud."""
    random = np.random.default_rng(7)
    rows = np.exp(random.normal(size=(3000, len(NAMES))))
    rows[:, :7] = [0, 0, 1, 2, 24, 0, 0]
    rows[random.random(3000) < 0.1, NAMES.index("outlet_km")] = np.nan
    signal = np.log(rows[:, 7]) + np.log(rows[:, 8])
    target = (signal + random.normal(size=3000) * 0.4 > 2.2).astype(float)
    kinds = random.choice(3, 3000, p=[0.7, 0.15, 0.15])
    personas = random.choice(5, 3000, p=[0.6, 0.2, 0.1, 0.05, 0.05])
    return SimpleNamespace(rows=rows, target=target, kinds=kinds, personas=personas)


@pytest.fixture(scope="session")
def booster(events):
    """Trees fitted on the first two thirds of the events."""
    parameters = {"objective": "binary", "num_leaves": 7, "num_threads": 1, "verbosity": -1,
                  "min_sum_hessian_in_leaf": 1.0, "seed": 1}
    data = lightgbm.Dataset(events.rows[:2000], events.target[:2000])
    return lightgbm.train(parameters, data, 40)


@pytest.fixture(scope="session")
def fraud(events, booster):
    """The trees, calibrated on the last third."""
    margin = booster.predict(events.rows[2000:], raw_score=True)
    return FraudModel(booster, fit_calibration(margin, events.target[2000:]), NAMES, HASHES)


@pytest.fixture(scope="session")
def anomaly(events):
    """Detectors of all events."""
    return AnomalyModel.fit(events.rows, NAMES, HASHES, FAMILIES, events.kinds, events.personas, 3)


@pytest.fixture(scope="session")
def bundle(fraud, anomaly):
    """Both models, holding from a score of 0.5 or an anomaly of 0.999."""
    limits = Thresholds(dict.fromkeys(KINDS, 0.5), dict.fromkeys(KINDS, 0.999))
    return Bundle("acme", 1_767_225_600_000, HASHES, FAMILIES, UNITS, thresholds=limits,
                  fraud=fraud, anomaly=anomaly, metrics={"auc": 0.9}, versions={"lightgbm": "4"})


@pytest.fixture
def program():
    """A program that enforces everything, in two languages."""
    return Program(program_id="acme", enforcement="full", languages=("id", "es"))


@pytest.fixture
def catalog():
    """The features of today: one was added, all others are as they were."""
    return SimpleNamespace(names=("added", *NAMES), hashes={"added": "new", **HASHES},
                           families=FAMILIES, units=UNITS, own_meanings={"added": "Added since"})


@pytest.fixture
def usual_row():
    """An event in the middle of everything."""
    return np.array([0, 0, 1, 2, 24, 0, 0, 1.0, 1.0, 1.0, 1.0, 1.0])


@pytest.fixture
def fraud_row(usual_row):
    """Many scans in ten minutes on a phone with many members."""
    row = usual_row.copy()
    row[7:9] = 9.0
    return row
