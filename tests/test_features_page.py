"""The page on own features: its example loads, and its vocabulary is the whole one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.catalog import CATALOG, program_catalog
from features.catalog.network import CARRIER_MEMBERS
from features.engine.clause import OPERATORS
from features.engine.definition import AGGREGATES, BUILT_IN
from features.engine.entry import KEYS
from features.engine.expression import FUNCTIONS
from features.records import ENTITIES, KINDS, VALUES
from models.phrases import UNITS

PAGE = Path(__file__).parents[1] / "docs/features.md"
TEXT = PAGE.read_text()


def test_the_example_is_read_as_it_stands(tmp_path: Path) -> None:
    """Every YAML block of the page is a file that loads."""
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.yaml").write_text(block)
    assert program_catalog(tmp_path).names[len(CATALOG.names):] == (
        "manual_scans_7d", "manual_share_7d", "sku_points_step", "outlet_sku_members_30d")


@pytest.mark.parametrize("words", [
    KEYS, AGGREGATES, ("difference",), ENTITIES, VALUES, BUILT_IN, KINDS, OPERATORS,
    tuple(FUNCTIONS), tuple(sorted(set(CATALOG.families.values()))), ("other",),
], ids=["keys", "aggregates", "difference", "entities", "values", "built-in", "kinds",
        "operators", "functions", "families", "other"])
def test_the_vocabulary_is_told(words: tuple[str, ...]) -> None:
    """Whatever a declaration may say, the page names."""
    told = set(re.findall(r"[a-z_]+|[=!<>]=?", TEXT))
    assert [word for word in words if word not in told] == []


def test_units_that_are_written_in_words_are_known() -> None:
    """The units the page speaks of are those that reasons write in a language's way."""
    row = next(line for line in TEXT.splitlines() if line.startswith("| `unit`"))
    assert set(re.findall(r"`([^`]+)`", row)) - {"unit", "events"} <= set(UNITS)


def test_the_number_of_members_of_a_carrier_is_told() -> None:
    """The page and the catalogue agree."""
    assert f"more than {CARRIER_MEMBERS} members" in TEXT
