"""Where behaviour holds an event: numbers that training finds and a bundle carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from features.contract import EVENT_KINDS
from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Final = ("score", "anomaly", "ring")
"""What has a threshold."""


@dataclass(frozen=True)
class Thresholds:
    """Where behaviour holds, per kind of event; a kind without a number is never held by it.

    >>> Thresholds.from_json({"score": {"scan": 0.4}, "anomaly": {}}).score
    {'scan': 0.4}
    """

    score: dict[str, float] = field(default_factory=dict)
    anomaly: dict[str, float] = field(default_factory=dict)
    ring: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in RULES:
            for kind, limit in getattr(self, name).items():
                if kind not in EVENT_KINDS or not 0 <= limit <= 1:
                    raise BadConfig(f"a {name} threshold of 0 to 1 for {', '.join(EVENT_KINDS)}",
                                    f"{kind}: {limit}", "train the bundle again")

    def to_json(self) -> dict[str, dict[str, float]]:
        """Plain numbers for the manifest."""
        return {name: getattr(self, name) for name in RULES}

    @classmethod
    def from_json(cls, body: Mapping[str, Mapping[str, float]]) -> Thresholds:
        """Thresholds of a manifest; BadConfig where a number is not in 0..1."""
        return cls(*(dict(body.get(name, {})) for name in RULES))
