"""What thresholds know of a program's costs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from features.exports.program import Program
from features.store.home import Home
from models.policy import Policy
from models.stakes import Stakes
from serving.policies import Policies
from training.costs import harm, policy_at


@pytest.fixture
def journal(tmp_path):
    """An empty program to which two policies were applied."""
    home = Home(tmp_path)
    journal = home.create(Program(program_id="acme"))
    with home.database.writing() as store:
        policies = Policies(store, journal.key)
        policies.apply('version: "2"', "ana", 1000, journal.program)
        policies.apply('version: "3"', "ana", 2000, journal.program)
    yield journal
    home.close()


@pytest.mark.parametrize(("as_of_ms", "name"), [(1000, "1"), (1001, "2"), (2000, "2"), (2001, "3")])
def test_only_policies_known_before_the_moment_count(journal, as_of_ms: int, name: str) -> None:
    """A policy applied at the moment of learning, or later, is not known to it."""
    assert policy_at(journal, as_of_ms).name == name


def test_a_partner_of_worth_is_dearer_to_hold() -> None:
    """With a future value in the policy harm rises with what a member asks for in a month."""
    policy = Policy.parse("""
version: "1"
costs: {future_value: {months: 12, margin_per_point: 0.05, chance_lost_by_false_hold: 0.02}}""")
    stakes = Stakes.of(policy, Program(program_id="acme"))
    events = SimpleNamespace(catalog=SimpleNamespace(names=("member_points_30d",)),
                             matrix=np.array([[0.0], [1000.0], [np.nan]]))
    found = harm(stakes, events)
    assert found is not None
    assert found == pytest.approx([0.0, 0.02 * 1000 * 12 * 0.05, 0.0])
    assert harm(Stakes.of(Policy.read(), Program(program_id="acme")), events) is None
