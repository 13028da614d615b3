"""Records of a small, busy program, and the two engines over them."""

from __future__ import annotations

import numpy as np
import pytest

from features.engine.state import State
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS
from features.sql.rows import sql_rows

START = 1_740_800_000_000
DAY = 86_400_000
ZONE = "Asia/Jakarta"


def record(kind, ms, seq, **known):
    """One record; its place is its time, and its seq the tie."""
    row = np.full(len(COLUMNS), MISSING, np.int64)
    for name in ("event", *ENTITIES):
        row[COLUMN[name]] = 0
    cells = {"place": (START + ms << 20) + seq, "seq": seq, "kind": KINDS.index(kind),
             "event": seq} | known
    for name, value in cells.items():
        row[COLUMN[name]] = value
    return row


def stream(*rows):
    """Records of (kind, milliseconds, columns) in their order."""
    return np.array([record(kind, ms, i + 1, **known) for i, (kind, ms, known) in enumerate(rows)])


def crowd(count, seed=0, days=120, entities=40):
    """Records of every kind and column at random, heavy on a few entities."""
    random = np.random.default_rng(seed)
    matrix = np.full((count, len(COLUMNS)), MISSING, np.int64)
    weights = np.array([12, 1, 2, *[1] * (len(KINDS) - 3)], float)
    kinds = random.choice(len(KINDS), count, p=weights / weights.sum())
    ms = START + np.sort(random.integers(0, days * DAY, count)) // 10_000 * 10_000
    matrix[:, COLUMN["place"]] = (ms << 20) + np.arange(count)
    matrix[:, COLUMN["seq"]] = np.arange(1, count + 1)
    matrix[:, COLUMN["kind"]] = kinds
    about = random.integers(1, count + 1, count)
    matrix[:, COLUMN["event"]] = np.where(kinds < 3, np.arange(1, count + 1), about)
    for name in ENTITIES:
        ids = 1 + (random.random(count) ** 3 * entities).astype(np.int64)
        matrix[:, COLUMN[name]] = np.where(random.random(count) < 0.8, ids, 0)
    for name in ("points", "amount", "quantity", "x", "y", "z", "balance"):
        matrix[:, COLUMN[name]] = random.integers(0, 1000, count)
    for name in ("lat", "lon", "outcome", "status", "label", "persona", "tier", "change", "proof",
                 "declaration", "mock_location", "referee_kind", "channel", "activity", "capture"):
        some = random.random(count) < 0.7
        matrix[:, COLUMN[name]] = np.where(some, random.integers(0, 3, count), MISSING)
    for name in ("occurred_ms", "valid_from_ms", "valid_to_ms", "dispatched_ms", "joined_ms"):
        some = random.random(count) < 0.7
        near = ms + random.integers(-3, 4, count) * DAY
        matrix[:, COLUMN[name]] = np.where(some, near, MISSING)
    return matrix


def differing(catalog, matrix, engine="duckdb", **settings):
    """Features of which a value differs between kernel and SQL."""
    wanted = State(catalog, ZONE).replay(matrix)
    found = [rows for _, rows in sql_rows([matrix], catalog, ZONE, engine, **settings)]
    came = np.concatenate(found) if found else np.empty((0, len(catalog.names)))
    assert wanted.shape == came.shape
    same = (wanted == came) | (np.isnan(wanted) & np.isnan(came))
    return [catalog.names[i] for i in np.flatnonzero(~same.all(axis=0))]


@pytest.fixture
def sql():
    """Builders of records, and the comparison with the kernel."""
    class Sql:
        day = DAY
        zone = ZONE
        stream = staticmethod(stream)
        crowd = staticmethod(crowd)
        differing = staticmethod(differing)

    return Sql
