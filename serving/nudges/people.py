"""People inside whom the last look found; a second person looks, and nobody is blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.answers import rfc3339
from models.insiders.jobs import newest_findings
from serving.nudges.nudge import Nudge, hidden

if TYPE_CHECKING:
    from pathlib import Path

    from models.texts import Texts


def people_inside(folder: Path, program_id: str, texts: Texts, language: str) -> list[Nudge]:
    """Tell of each person whom the newest look found, the strongest first."""
    return [_person(each, program_id, texts, language) for each in newest_findings(folder)]


def _person(found: dict[str, Any], program_id: str, texts: Texts, language: str) -> Nudge:
    name, role = found["staff_id"], found["role"]
    kind = f"insider.{found['kind']}"
    return Nudge(
        f"{kind}:{role}:{hidden(program_id, role, name)}",
        f"{found['kind']}:{role}:{name}:{found['as_of_ms']}", kind,
        found["text"].get(language) or found["text"]["en"],
        found["innocent"].get(language) or found["innocent"]["en"],
        texts.text("insider.next", language, name=name), {"kind": role, "id": name},
        rfc3339(found["as_of_ms"]), len(found["members"]), None, None,
        size=float(len(found["members"])), link=f"/review?program={program_id}")
