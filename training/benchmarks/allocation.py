"""Missions for a whole program under budget, channels and places: how fast and how near the best.

The program is generated: worth of a member, effects that differ by member and mission, costs by
mission, channels by member and mission, a quarter of the pairs excluded. All limits pinch: points,
four channels, three missions. "alike" is the same program with six kinds of members who are the
same to the digit, as assumed effects make them: the hard case for prices.

Beside it, in the same run: taking each member's best mission without any limit (the floor of what
reading the numbers costs), HiGHS through scipy on the linear program at ten thousand members, and
HiGHS to the proved best on small ones.
"""

from __future__ import annotations

import resource
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from features.contract import CHANNELS
from features.progress import Progress, silent
from models.missions.allocation import Allocation, allocate
from models.missions.allocation.quiet import without_noise

if TYPE_CHECKING:
    from pathlib import Path

MISSIONS: Final = 10
PEER: Final = 10_000
"""Members of the linear program that HiGHS solves beside ours."""
SMALL: Final = 100
"""Members of the programs whose best choice is known."""
SMALL_RUNS: Final = 3
OUT: Final = 0.25
"""Share of pairs of member and mission that are excluded."""
PLACES: Final = {"whatsapp": 0.10, "viber": 0.03, "app": 0.08, "sms": 0.05}
"""Messages of each channel per member."""
VISITS: Final = {0: 0.01, 5: 0.02, 9: 0.005}
"""Places of three missions per member."""
POINTS: Final = 0.15
"""Budget as a share of what a mission of mean cost for everybody would take."""

Asked = dict[str, Any]
Floats = npt.NDArray[np.float64]


def benchmark(
    data: Path | None = None, progress: Progress = silent, seed: int = 0,
    members: int = 1_000_000,
) -> dict[str, Any]:  # fmt: skip
    """Seconds, gap and memory on generated programs.

    Parameters
    ----------
    data : Path or None
        Not read.
    members : int
        Size of the large programs.

    Returns
    -------
    dict
        ``seconds, gap`` of the large program and ``seconds_alike, gap_alike``; ``argmax_seconds``
        and how many times longer ours takes; ``peak_mb`` of the process; ``peer`` at ten thousand;
        ``small``: mean and worst gap of ours to the proved best; a printed ``table``.
    """
    compile_all(seed)
    runs = {}
    for done, alike in enumerate((False, True), 1):
        runs["alike" if alike else "mixed"] = large(members, seed, alike)
        progress("allocation", done, 4)
    beside = peer(seed)
    progress("allocation", 3, 4)
    few = small(seed)
    progress("allocation", 4, 4)
    mixed, same = runs["mixed"], runs["alike"]
    return {
        "members": members, "missions": MISSIONS, "seconds": mixed["seconds"], "gap": mixed["gap"],
        "seconds_alike": same["seconds"], "gap_alike": same["gap"],
        "argmax_seconds": mixed["argmax_seconds"],
        "times_argmax": round(mixed["seconds"] / mixed["argmax_seconds"], 1),
        "peak_mb": peak_mb(), "peer": beside, "small": few,
        "table": table(members, runs, beside, few),
    }  # fmt: skip


def program(n: int, seed: int, alike: bool = False) -> Asked:
    """Arguments of `allocate` for a generated program of n members."""
    rng = np.random.default_rng(seed)
    cost = rng.integers(5, 120, MISSIONS)
    kinds = 6 if alike else n
    worth = rng.lognormal(3, 1, kinds)
    effect = rng.beta(2, 38, (kinds, MISSIONS)) * rng.uniform(0.3, 2, MISSIONS)
    gain = worth[:, None] * effect * 4 - cost * 0.05 * rng.uniform(0.3, 1, (kinds, 1))
    if alike:
        gain = gain[rng.integers(0, kinds, n)]
    gain[rng.random((n, MISSIONS)) < OUT] = -np.inf
    of_member = rng.integers(1, 16, n).astype(np.uint8)
    of_mission = rng.choice(np.array([15, 15, 5, 7, 12], np.uint8), MISSIONS)
    return {
        "gain": gain, "cost": cost, "budget": int(n * POINTS * cost.mean()),
        "channels": of_member[:, None] & of_mission,
        "capacity": {name: int(n * share) for name, share in PLACES.items()},
        "most": [int(n * VISITS[j]) if j in VISITS else None for j in range(MISSIONS)],
        "seed": seed,
    }  # fmt: skip


def compile_all(seed: int) -> None:
    """Run once on a few members, so that no clock measures the compiler."""
    allocate(**program(SMALL, seed))


def large(members: int, seed: int, alike: bool) -> dict[str, float]:
    """Seconds and gap on a large program, and seconds of everybody's best without limits."""
    asked = program(members, seed, alike)
    start = time.perf_counter()
    asked["gain"].argmax(axis=1)
    middle = time.perf_counter()
    found = allocate(**asked)
    end = time.perf_counter()
    return {"seconds": round(end - middle, 2), "gap": found.gap, "value": found.value,
            "argmax_seconds": round(middle - start, 4)}  # fmt: skip


def peer(seed: int) -> dict[str, float]:
    """Ours and the linear program of HiGHS at ten thousand members: seconds, and the bounds."""
    asked = program(PEER, seed)
    start = time.perf_counter()
    found = allocate(**asked)
    middle = time.perf_counter()
    relaxed = by_highs(asked, whole=False)
    end = time.perf_counter()
    return {"members": PEER, "seconds": round(middle - start, 2), "gap": found.gap,
            "highs_seconds": round(end - middle, 2),
            "bound_above_highs": found.bound / relaxed - 1}  # fmt: skip


def small(seed: int) -> dict[str, Any]:
    """How far ours is from the best that HiGHS proves on small programs, mixed and alike."""
    missed: list[float] = []
    methods: list[str] = []
    for run in range(SMALL_RUNS):
        for alike in (False, True):
            asked = program(SMALL, seed + run, alike)
            found: Allocation = allocate(**asked)
            missed.append(1 - found.value / by_highs(asked, whole=True))
            methods.append(found.method)
    return {
        "members": SMALL, "runs": len(missed), "exact": methods.count("exact"),
        "missed_mean": float(np.mean(missed)), "missed_most": float(np.max(missed)),
    }  # fmt: skip


def by_highs(asked: Asked, whole: bool) -> float:
    """Best value by HiGHS with a variable for each member, mission and channel.

    ``whole``: the best choice; otherwise the linear program, which is never below it.
    """
    gain, bits = asked["gain"], np.arange(len(CHANNELS))
    n = len(gain)
    is_open = (asked["channels"][:, :, None] >> bits & 1 > 0) & (gain > 0)[:, :, None]
    rows, missions, channels = np.nonzero(is_open)
    at, one = np.arange(len(rows)), np.ones(len(rows))
    parts = [sparse.csr_matrix((one, (axis, at)), (size, len(rows))) for axis, size in
             ((rows, n), (missions, MISSIONS), (channels, len(CHANNELS)))]  # fmt: skip
    parts.append(sparse.csr_matrix(asked["cost"][missions][None, :].astype(np.float64)))
    high = [*[1] * n, *[n if most is None else most for most in asked["most"]],
            *[asked["capacity"].get(name, n) for name in CHANNELS], asked["budget"]]  # fmt: skip
    limits = LinearConstraint(sparse.vstack(parts, format="csr"), -np.inf, np.array(high, float))
    with without_noise():
        found = milp(-gain[rows, missions], integrality=one * whole, bounds=Bounds(0, 1),
                     constraints=limits, options={"mip_rel_gap": 0.0})  # fmt: skip
    return float(-found.fun)


def peak_mb() -> int:
    """Most memory that this process ever held, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def table(
    members: int, runs: dict[str, dict[str, float]], beside: dict[str, float], few: dict[str, Any]
) -> str:
    """Print what was measured, one line each."""
    lines = [f"\n{'':46}{'seconds':>9}{'gap':>12}"]
    for name, run in runs.items():
        lines.append(f"{f'{members:,} members x {MISSIONS} missions, {name}':46}"
                     f"{run['seconds']:9.2f}{run['gap']:12.1e}")  # fmt: skip
    argmax = runs["mixed"]["argmax_seconds"]
    lines += [
        f"{'  floor: best mission of each, no limits':46}{argmax:9.3f}",
        f"{f'{PEER:,} members':46}{beside['seconds']:9.2f}{beside['gap']:12.1e}",
        f"{'  peer: HiGHS, linear program':46}{beside['highs_seconds']:9.2f}",
        f"{SMALL} members: {few['exact']} of {few['runs']} proved best, "
        f"missed at most {few['missed_most']:.1e} of HiGHS",
        f"peak memory {peak_mb():,} MiB",
    ]  # fmt: skip
    return "\n".join(lines)
