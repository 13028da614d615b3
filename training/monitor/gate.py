"""A gate: one thing that is watched, what it is now, and from where on it is an alert."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from models.trust import Finding

CODES: Final = ("data_drift", "score_drift", "fraud_mode", "label_share", "label_delay",
                "missed_fraud", "parity", "model_age")
"""In the order in which they are shown."""
OF_TRUST: Final = frozenset({"data_drift", "score_drift", "fraud_mode", "missed_fraud", "parity",
                             "model_age"})
"""Gates that speak of the model; the others speak of those who label."""
DRIFT: Final = frozenset({"data_drift", "score_drift", "fraud_mode", "label_share",
                          "missed_fraud"})
"""Gates of which a closed one says that the world moved."""


@dataclass(frozen=True)
class Gate:
    """One finding.

    Parameters
    ----------
    code : str
        One of `CODES`.
    value, limit : float or None
        What was measured, and where the gate closes: at the limit and above it.
    sentence : str
        What was found, for people.

    Examples
    --------
    >>> Gate("model_age", 200.0, 180.0, "Old.").passed, Gate("parity", None, 0.001, "None.").passed
    (False, None)
    """

    code: str
    value: float | None
    limit: float
    sentence: str

    @property
    def passed(self) -> bool | None:
        """None where there was too little to say."""
        return None if self.value is None else self.value < self.limit

    @property
    def finding(self) -> Finding | None:
        """What it means for the trust in the model, None of a gate that is open or of others."""
        if self.passed is not False or self.value is None or self.code not in OF_TRUST:
            return None
        return Finding(self.code, self.value / self.limit)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        told = self.value is not None and math.isfinite(self.value)
        return {"code": self.code, "passed": self.passed, "limit": self.limit,
                "value": round(self.value, 6) if told and self.value is not None else None,
                "sentence": self.sentence}
