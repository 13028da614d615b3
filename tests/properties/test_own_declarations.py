"""Whatever stands in a file of declarations, it is read or refused with file and line."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import CATALOG, program_catalog
from features.engine.planner import compile_plan
from features.engine.zone import offsets
from features.errors import BadConfig

EXAMPLE = """- name: manual_7d
  meaning: Typed by hand
  entity: member
  aggregate: count
  kinds: [scan, referral]
  where: ["capture == manual", "points > 5"]
  window: 7d
- {name: step, meaning: Step, unit: points, entity: sku, aggregate: difference, argument: points}
- name: share
  meaning: Share
  unit: share
  formula: where(manual_7d > 2, manual_7d / max(points, 1), unknown)
- {name: outlet_sku, pair: [outlet, sku]}
"""
CHARACTERS = st.sampled_from([*"\n\t -:,[]{}()&*!|>'\"%@#<=/+~.0159amx", "points", "share", "10m",
                              "1.5", "null", "true", "\x00", "é", "!!python/name:os", "9" * 30])
CHANGES = st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 9), CHARACTERS),
                   min_size=1, max_size=4)


@settings(deadline=None, max_examples=150)
@given(CHANGES)
def test_a_damaged_file_is_read_or_refused_where_it_stands(changes):
    """No text makes anything but a catalogue that compiles, or one sentence with file and line."""
    text = EXAMPLE
    for at, cut, put in changes:
        text = text[:at] + put + text[at + cut:]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "own.yaml"
        path.write_text(text, encoding="utf-8")
        said, catalog = _read(Path(scratch))
    if catalog is None:
        assert re.search(r"own\.yaml:\d+", said), said
    else:
        compile_plan(catalog, offsets("UTC").copy())
        assert catalog.names[:len(CATALOG.names)] == CATALOG.names
        assert {name: catalog.hashes[name] for name in CATALOG.names} == CATALOG.hashes


def _read(folder):
    try:
        return "", program_catalog(folder)
    except BadConfig as error:
        return str(error), None


def test_the_example_itself_is_read(tmp_path):
    """What is damaged above is whole to begin with."""
    (tmp_path / "own.yaml").write_text(EXAMPLE)
    assert program_catalog(tmp_path).names[-3:] == ("manual_7d", "step", "share")
