"""What a gate found, and what all of them together say."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

RESULT: Final = {True: "passed", False: "not passed", None: "too little to say"}


@dataclass(frozen=True)
class Finding:
    """What one gate found.

    Parameters
    ----------
    gate : str
        Its name.
    passed : bool or None
        None: too little to say.
    sentence : str
    figures : dict
        Plain numbers behind it.
    """

    gate: str
    passed: bool | None
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; a figure that can't be said is None."""
        return {"gate": self.gate, "passed": self.passed, "sentence": self.sentence,
                "figures": plain(self.figures)}


@dataclass(frozen=True)
class Gates:
    """What all gates found about a challenger.

    Parameters
    ----------
    program_id, bundle_id, champion_id : str
        Whose challenger, and whom it would follow.
    window : str
        Days of the events that judged both.
    as_of_ms : int
        Just after the journal's last event: what was known before it judged.
    findings : tuple of Finding

    Examples
    --------
    >>> found = Gates("acme", "b", "a", "", 0, (Finding("quality", True, "Better."),
    ...                                         Finding("parity", None, "No verdicts yet.")))
    >>> found.passed, found.sentence
    (None, 'Too little to say: parity.')
    """

    program_id: str
    bundle_id: str
    champion_id: str
    window: str
    as_of_ms: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool | None:
        """True where every gate is passed, False where one is not, None where one can't say."""
        said = {finding.passed for finding in self.findings}
        return False if False in said else None if None in said else True

    @property
    def sentence(self) -> str:
        """Say in one sentence what stands in the way."""
        for word, start in ((False, "Not passed"), (None, "Too little to say")):
            names = [finding.gate for finding in self.findings if finding.passed is word]
            if names:
                return f"{start}: {', '.join(names)}."
        return "Every gate is passed."

    @property
    def table(self) -> str:
        """One line a gate, for a person at a screen."""
        rows = [f"{one.gate:<12}  {RESULT[one.passed]:<18}  {one.sentence}"
                for one in self.findings]
        return "\n".join(["", *rows, "", f"Judged on {self.window}. {self.sentence}"])

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"passed": self.passed, "sentence": self.sentence, "program_id": self.program_id,
                "bundle_id": self.bundle_id, "champion_id": self.champion_id,
                "window": self.window, "as_of_ms": self.as_of_ms,
                "gates": [finding.as_dict() for finding in self.findings]}


def plain(value: Any) -> Any:
    """Replace numbers that are none by None, and round the others.

    >>> plain({"a": [float("nan"), 0.123456789]})
    {'a': [None, 0.123457]}
    """
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
