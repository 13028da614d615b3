"""What the last look at the model found, and how far it is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.monitored import PAGE, newest_look
from models.trusthistory import TrustHistory

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.store import Store
    from models.trust import Trust


@dataclass(frozen=True)
class Monitored:
    """The newest look at a bundle.

    Parameters
    ----------
    as_of : str
        Its moment, RFC 3339.
    passed : bool
    gates : list of dict
        ``code, passed, value, limit, sentence`` of each.
    windows : str
        What the last days were held against.
    page : Path or None
        Evidently's page, where one was written.
    """

    as_of: str
    passed: bool
    gates: list[dict[str, Any]]
    windows: str
    page: Path | None

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Gates that are closed."""
        return [gate for gate in self.gates if gate.get("passed") is False]


def read_monitored(folder: Path, bundle_id: str) -> Monitored | None:
    """Read the newest look of a program's folder; None where it was not at this bundle."""
    found = newest_look(folder)
    if found is None or found[1].get("bundle_id") != bundle_id:
        return None
    path, report = found
    page = path / PAGE
    return Monitored(str(report.get("as_of", "")), bool(report.get("passed")), report["gates"],
                     str(report.get("windows", {}).get("sentence", "")),
                     page if page.is_file() else None)


def read_trust(store: Store, program: int, bundle_id: str, now_ms: int) -> Trust:
    """Read how far a bundle is trusted now."""
    return TrustHistory.read(store, program).of(bundle_id, now_ms)
