"""The page on policies: its example is one, its figures add up, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.policy import Policy
from models.sandbox import RESERVED
from models.stakes import Stakes

PAGE = (Path(__file__).parents[1] / "docs/policy.md").read_text()


def test_the_example_is_a_policy() -> None:
    """Copied from the page it is taken."""
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert [Policy.parse(text).name for text in examples] == ["rainy-season"]


def test_every_section_and_reserved_event_is_told() -> None:
    """A section or a reserved event without a row fails the build."""
    rows = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))
    for name in {*Policy.model_fields, *RESERVED} - {"name"}:
        assert f"`{name}`" in rows, name


def test_the_figures_of_the_stakes_are_those_of_the_code() -> None:
    """The example's numbers, computed."""
    stakes = Stakes(0.01, 1.0, 2.0, 0.0, months=12, margin=0.05, chance_lost=0.02)
    assert stakes.loss(2000) == pytest.approx(20.0)
    lost = stakes.harm(0.0, 1000) - stakes.review
    assert lost == pytest.approx(12.0)
    assert lost / (lost + stakes.loss(2000)) == pytest.approx(0.375, abs=0.005)


def test_sections_left_out_are_as_they_come() -> None:
    """But for the three that the page names."""
    came, bare = Policy.read(), Policy.parse('version: "1"')
    differing = {name for name in Policy.model_fields
                 if getattr(came, name) != getattr(bare, name)}
    assert differing == {"ends_by", "excused", "peaks"}
