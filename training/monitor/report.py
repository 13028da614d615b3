"""What a monitor found, as people and machines read it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.answers import rfc3339
from models.files import replace_text
from models.monitored import REPORT
from training.monitor.gate import DRIFT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.trust import Finding, Trust
    from training.monitor.gate import Gate


@dataclass(frozen=True)
class MonitorReport:
    """The look of one moment.

    Parameters
    ----------
    program_id, bundle_id : str
    as_of_ms : int
        Only what was known before it was looked at.
    gates : tuple of Gate
    trust : Trust
        How far the model is to be trusted from now on; `training.monitor.run.settle` puts it in
        force.
    folder : Path or None
        Where it is written; None: nowhere.
    windows, figures : dict
        What was held against what, and the numbers behind the gates.
    """

    program_id: str
    bundle_id: str
    as_of_ms: int
    gates: tuple[Gate, ...]
    trust: Trust
    folder: Path | None = None
    windows: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """No gate is closed; one that has too little to say is open."""
        return all(gate.passed is not False for gate in self.gates)

    @property
    def has_drifted(self) -> bool:
        """A gate is closed that says the world moved."""
        return any(gate.passed is False and gate.code in DRIFT for gate in self.gates)

    @property
    def findings(self) -> list[Finding]:
        """What closed gates mean for the trust in the model."""
        return [found for gate in self.gates if (found := gate.finding) is not None]

    def gate(self, code: str) -> Gate:
        """The gate of a code; KeyError for one that was not looked at."""
        found = {gate.code: gate for gate in self.gates}
        return found[code]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; a number that can't be said is None."""
        return {
            "program_id": self.program_id, "bundle_id": self.bundle_id,
            "as_of": rfc3339(self.as_of_ms), "passed": self.passed, "drift": self.has_drifted,
            "gates": [gate.as_dict() for gate in self.gates],
            "trust": {"weight": self.trust.weight, "code": self.trust.code,
                      "since": rfc3339(self.trust.known_ms)},
            "windows": self.windows, "figures": _plain(self.figures),
            "folder": None if self.folder is None else str(self.folder),
        }

    def lines(self) -> Iterable[str]:
        """One sentence a gate, for a terminal."""
        words = {True: "ok", False: "ALERT", None: "-"}
        for gate in self.gates:
            yield f"{words[gate.passed]:<6} {gate.code:<13} {gate.sentence}"

    def metrics(self) -> dict[str, float]:
        """Numbers for MLflow."""
        found = {f"{gate.code}": gate.value for gate in self.gates if gate.value is not None}
        return found | {"trust": self.trust.weight, "passed": float(self.passed)}

    def write(self) -> None:
        """Write ``monitor.json`` into the folder, whole or not at all."""
        if self.folder is not None:
            replace_text(self.folder / REPORT,
                         json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
