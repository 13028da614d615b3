"""The README's request gets the README's answer: same keys, same decision, same words."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest
from serving.programs import Programs
from serving.settings import Settings

README = Path(__file__).parents[2] / "README.md"
PROGRAM = """program_id: readme
timezone: America/Asuncion
currency: PYG
languages: [en, es, id]
enforcement: full
"""


def _example(pattern: str) -> dict[str, Any]:
    found = re.search(pattern, README.read_text(), flags=re.DOTALL)
    assert found, pattern
    return dict(json.loads(found.group(1)))


@pytest.fixture
def answer(tmp_path: Path) -> dict[str, Any]:
    """What a program answers in which somebody else was credited for that code."""
    request = _example(r"-d '\n(\{.*?\})'\n```")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "program.yaml").write_text(PROGRAM)
    members = [request["member_id"], "m-first"]
    pd.DataFrame({
        "member_id": members, "program_id": "readme", "persona": "retailer", "language": "es",
        "joined_at": "2025-01-01T00:00:00Z",
    }).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "event_id": ["first"], "program_id": "readme", "member_id": ["m-first"],
        "occurred_at": ["2025-12-31T22:00:00Z"], "points": [request["points"]], "proof": ["qr"],
        "code_id": [request["code_id"]],
    }).to_csv(folder / "scans.csv", index=False)
    home = Home(tmp_path / "home")
    ingest(home, folder)
    home.close()
    programs = Programs(Settings(home=tmp_path / "home"), lambda: 1_767_234_697_156)
    programs.open(wait=True)
    try:
        return dict(json.loads(asyncio.run(programs.engine("readme").verdict(request))))
    finally:
        programs.close()


def test_the_answer_of_the_readme_is_the_answer(answer: dict[str, Any]) -> None:
    """Scores depend on the trained bundle; decision, proof and words do not."""
    shown = _example(r"```json\n(\{.*?\n\})\n```")
    assert list(shown) == list(answer)
    assert list(shown["reasons"][0]) == list(answer["reasons"][0])
    for name in ("event_id", "verdict", "enforced", "would_have", "points_held", "hold",
                 "hard_proof", "partner_message", "policy_version"):
        assert shown[name] == answer[name], name
    assert shown["reasons"][0] == answer["reasons"][0]
