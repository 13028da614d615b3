"""The best choice for few members, by branch and bound (HiGHS).

A variable for each member and mission that is allowed; channels are limits on how many members
depend on each set of them, as `problem` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from models.missions.allocation.answer import NONE
from models.missions.allocation.quiet import without_noise

if TYPE_CHECKING:
    from models.missions.allocation.dual import Dual
    from models.missions.allocation.problem import Problem

Ints = npt.NDArray[np.int64]
SEEN: Final = 20_000
"""Pairs of member and mission up to which those that could be in the best choice are counted;
beyond, prices come within a ten-thousandth."""
MOST: Final = 5_000
"""Such pairs up to which the best choice is looked for: 1 to 5 seconds."""
NODES: Final = 500
"""Most branches looked at. A count and not a time, so that every machine gives one answer."""
SLACK: Final = 1e-9
"""Share of the bound that rounding may take."""


def improve(problem: Problem, dual: Dual, chosen: Ints, seed: int) -> tuple[Ints, float]:
    """The best choice, shape (n,), and a bound on any: those at hand where there is too much.

    A pair that loses more at the prices than the bound is above the value at hand is in no better
    choice and is left out (reduced-cost fixing, Dantzig, Fulkerson and Johnson 1954).
    """
    value = problem.value(chosen)
    if dual.bound - value <= SLACK * dual.bound or problem.gain.size > SEEN:
        return chosen, dual.bound
    rows, missions = np.nonzero(problem.priced(dual.price) >= value - dual.bound * (1 + SLACK))
    if len(rows) > MOST:
        return chosen, dual.bound
    found = _solve(problem, rows, missions, seed)
    if found is None:
        return chosen, dual.bound
    better, bound = found
    if problem.value(better) < value:
        better = chosen
    return better, min(dual.bound, max(bound, problem.value(better)))


def _solve(
    problem: Problem, rows: Ints, missions: Ints, seed: int
) -> tuple[Ints, float] | None:  # fmt: skip
    """The best choice among pairs and a bound on it; None where HiGHS has no sound answer.

    Pairs are shuffled, so that among equal choices no member is first because of his number.
    """
    order = np.random.default_rng(seed).permutation(len(rows))
    rows, missions = rows[order], missions[order]
    with without_noise():
        found = milp(
            -problem.gain[rows, missions], integrality=np.ones(len(rows)), bounds=Bounds(0, 1),
            constraints=_constraints(problem, rows, missions),
            options={"node_limit": NODES, "mip_rel_gap": 0.0},
        )  # fmt: skip
    if found.x is None or found.mip_dual_bound is None:
        return None
    taken = found.x > 0.5
    chosen = np.full(len(problem.gain), NONE, dtype=np.int64)
    chosen[rows[taken]] = missions[taken]
    if taken.sum() != (chosen != NONE).sum() or not problem.fits(chosen):
        return None
    return chosen, float(-found.mip_dual_bound)


def _constraints(problem: Problem, rows: Ints, missions: Ints) -> LinearConstraint:
    """One mission for each member, and all limits."""
    at = np.arange(len(rows))
    parts = [sparse.csr_matrix((np.ones(len(rows)), (rows, at)), (len(problem.gain), len(rows)))]
    high = [1.0] * len(problem.gain)
    if problem.budget is not None:
        parts.append(sparse.csr_matrix(problem.cost[rows, missions][None, :].astype(np.float64)))
        high.append(float(problem.budget))
    for j, places in problem.most.items():
        parts.append(sparse.csr_matrix((missions == j)[None, :].astype(np.float64)))
        high.append(float(places))
    mask = problem.reach[rows, missions]
    sets = problem.room()[2]
    for one in np.flatnonzero(sets < len(problem.gain)).tolist():
        inside = (mask & ~np.uint8(one) == 0) & (mask > 0)
        parts.append(sparse.csr_matrix(inside[None, :].astype(np.float64)))
        high.append(float(sets[one]))
    return LinearConstraint(sparse.vstack(parts, format="csr"), -np.inf, np.array(high))
