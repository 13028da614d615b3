"""Acts on one program, done as the writing thread does them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from serving.commits import Commits, Work

if TYPE_CHECKING:
    from serving.live import Live


class Acts:
    """Judges and stores, by a clock that goes up by a second an act."""

    live: Live
    commits: Commits
    now: int

    def judge(self, *bodies: dict[str, Any]) -> list[Any]:
        works = []
        for body in bodies:
            self.now += 1000
            works.append(Work(lambda w, b=body, n=self.now: self.live.judge(w, b, n)))
        return self.commits.commit(works)

    def rows(self, table: str, *rows: dict[str, Any]) -> Any:
        self.now += 1000
        frame = pd.DataFrame(list(rows))
        return self.commits.commit([Work(
            lambda w: w.rows(table, frame, arrival_ms=self.now), alone=True)])[0]


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": f"C-{1000 + len(name)}", **more}
