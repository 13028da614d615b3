"""Where behaviour holds an event: numbers that training finds and a bundle carries.

A bundle's limits on score and anomaly are meant for the points that events of a kind usually ask
for. An event of four times the points counts with twice its odds, one of a quarter with half: of
the fraud that can be stopped at the price of so many honest events held, that is the most points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS
from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
TILT: Final = 0.5
"""Power of the points in the odds. By the costs of one event alone it would be 1; half of it
stopped more on simulated programs of seeds 1 to 4, as large honest claims are many."""
NEAREST: Final = 1e-9
"""How near a number comes to 0 or 1, so that its log-odds stay finite."""
RULES: Final = ("score", "anomaly", "ring")
"""What has a threshold."""
STORED: Final = (*RULES, "usual_points", "anomaly_alone")


@dataclass(frozen=True)
class Thresholds:
    """Where behaviour holds, per kind of event; a kind without a number is never held by it.

    ``usual_points`` are those an event of a kind asks for; without, points weigh nothing.
    ``anomaly_alone`` are the limits on the anomaly where no score is trusted beside it.

    >>> Thresholds.from_json({"score": {"scan": 0.4}, "anomaly": {}}).score
    {'scan': 0.4}
    """

    score: dict[str, float] = field(default_factory=dict)
    anomaly: dict[str, float] = field(default_factory=dict)
    ring: dict[str, float] = field(default_factory=dict)
    usual_points: dict[str, float] = field(default_factory=dict)
    anomaly_alone: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*RULES, "anomaly_alone"):
            for kind, limit in getattr(self, name).items():
                if kind not in EVENT_KINDS or not 0 <= limit <= 1:
                    raise BadConfig(f"a {name} threshold of 0 to 1 for {', '.join(EVENT_KINDS)}",
                                    f"{kind}: {limit}", "train the bundle again")

    @cached_property
    def alone(self) -> Thresholds:
        """Limits while the score is hardly trusted: the anomaly holds as if it were alone.

        The same ones in a bundle that was made before there were any.

        >>> Thresholds(anomaly={"scan": 0.99}, anomaly_alone={"scan": 0.9}).alone.anomaly
        {'scan': 0.9}
        """
        return replace(self, anomaly={**self.anomaly, **self.anomaly_alone})

    def weigh(self, kind: str, number: float, points: int) -> float:
        """Score or anomaly as it counts against the limit of a kind, by the points asked for.

        >>> round(Thresholds(usual_points={"scan": 50.0}).weigh("scan", 0.5, 200), 3)
        0.667
        """
        usual = self.usual_points.get(kind)
        if usual is None or points <= 0:
            return number
        near = min(max(number, NEAREST), 1 - NEAREST)
        # `weighed`, to the bit: NumPy takes the power of a half as a square root
        odds = near / (1 - near) * math.sqrt(max(points, 1) / usual)
        return odds / (1 + odds)

    def to_json(self) -> dict[str, dict[str, float]]:
        """Plain numbers for the manifest."""
        return {name: getattr(self, name) for name in STORED}

    @classmethod
    def from_json(cls, body: Mapping[str, Mapping[str, float]]) -> Thresholds:
        """Thresholds of a manifest; BadConfig where a number is not in 0..1."""
        return cls(*(dict(body.get(name, {})) for name in STORED))


def weighed(number: Floats, points: npt.NDArray[np.int64], usual: float) -> Floats:
    """Numbers in 0..1 with their odds times the root of points over the usual, shape (n,)."""
    near = np.clip(number, NEAREST, 1 - NEAREST)
    odds = near / (1 - near) * (np.maximum(points, 1) / usual) ** TILT
    return odds / (1 + odds)
