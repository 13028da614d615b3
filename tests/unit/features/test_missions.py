"""missions.yaml: what a mission needs, and errors that name mission and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from features.errors import BadConfig
from features.exports.missions import (
    Mission,
    build_missions,
    draft_missions,
    read_missions,
    starter_missions,
)
from features.exports.program import Program

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = Program(program_id="acme", languages=("en", "id"))
GOOD = {"id": "comeback", "cost_points": 50, "texts": {"en": "Come back", "id": "Kembali"}}


def _read(tmp_path: Path, missions: object) -> list[Mission]:
    path = tmp_path / "missions.yaml"
    path.write_text(yaml.safe_dump(missions))
    return read_missions(path, PROGRAM)


def test_no_file_means_no_missions(tmp_path: Path) -> None:
    """A program without missions.yaml has none."""
    assert read_missions(tmp_path / "missions.yaml", PROGRAM) == []


def test_missions_are_read_in_order(tmp_path: Path) -> None:
    """A list is read as it stands, also below the key missions, with optional keys."""
    second = GOOD | {"id": "refer", "personas": ["retailer"], "channels": ["whatsapp", "app"],
                     "cool_off_days": 14, "goal": "Bring a friend", "reward": "A cap",
                     "prerequisites": ["comeback"], "template_id": "tpl-1"}
    for written in ([GOOD, second], {"missions": [GOOD, second]}):
        first, other = _read(tmp_path, written)
        assert (first.id, first.cost_points, first.personas) == ("comeback", 50, ())
        assert (other.channels, other.cool_off_days) == (("whatsapp", "app"), 14)
        assert (other.prerequisites, other.template_id) == (("comeback",), "tpl-1")


@pytest.mark.parametrize(("mission", "message"), [
    (GOOD | {"texts": {"en": "Come back"}}, "none in id"),
    (GOOD | {"cost_points": -1}, r"missions\.0\.cost_points"),
    ({key: GOOD[key] for key in ("id", "texts")}, "add missions.0.cost_points"),
    (GOOD | {"personas": ["plumber"]}, "retailer"),
    (GOOD | {"channels": ["telegram"]}, "whatsapp"),
    (GOOD | {"id": "none"}, "held-out"),
    (GOOD | {"texts": {"en": "x", "id": ""}}, r"texts\.id"),
    (GOOD | {"prerequisites": ["other"]}, "other"),
    (GOOD | {"rewards": "x"}, "write reward"),
    ("comeback", "a group of keys"),
    (GOOD | {"target": {"what": "sneeze", "count": 1, "within_days": 7}}, "one of scan, invoice"),
    (GOOD | {"target": {"what": "scan", "count": 0, "within_days": 7}}, r"target\.count"),
    (GOOD | {"target": {"what": "scan", "count": 4, "within_days": 27, "each_days": 7}},
     "at least count times each_days"),
    (GOOD | {"states": ["active"]}, "never_started"),
    (GOOD | {"least_balance": -1}, r"missions\.0\.least_balance"),
    (GOOD | {"most_at_once": 1.5}, r"missions\.0\.most_at_once"),
])
def test_a_wrong_mission_is_refused_by_name(tmp_path: Path, mission: object, message: str) -> None:
    """What a mission lacks or says wrongly is said with its place in the file."""
    with pytest.raises(BadConfig, match=message):
        _read(tmp_path, [mission])


def test_an_id_comes_once(tmp_path: Path) -> None:
    """Two missions of one id are refused."""
    with pytest.raises(BadConfig, match="comeback twice"):
        _read(tmp_path, [GOOD, GOOD])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """Keys instead of a list are refused with how to write it."""
    with pytest.raises(BadConfig, match="- id: NAME"):
        _read(tmp_path, {"comeback": 1})


def test_the_missions_to_start_from_are_whole() -> None:
    """At least twelve, each with all that a sender and a machine need, in three languages."""
    program = Program(program_id="acme", languages=("en", "id", "es"))
    missions = build_missions(starter_missions(program.languages), program)
    assert len(missions) >= 12
    assert len({mission.template_id for mission in missions}) == len(missions)
    for mission in missions:
        assert mission.target is not None, mission.id
        assert mission.goal, mission.id
        assert mission.reward, mission.id
        assert mission.personas, mission.id
        assert mission.channels, mission.id
        assert mission.cost_points > 0
        assert mission.cool_off_days >= 7
        assert len(set(mission.texts.values())) == 3, mission.id
    assert any(mission.target and mission.target.is_streak for mission in missions)
    assert any(mission.prerequisites for mission in missions)


def test_a_language_without_translation_gets_the_english_text() -> None:
    """To be translated: a program that speaks Hindi can still start."""
    texts = {tuple(mission["texts"]): mission["texts"]  # type: ignore[index, arg-type]
             for mission in starter_missions(("hi", "es"))}
    assert set(texts) == {("hi", "es")}


def test_a_draft_can_be_read_and_is_not_overwritten(tmp_path: Path) -> None:
    """What is drafted passes the check of its program; a file that is there stays."""
    path = tmp_path / "missions.yaml"
    count = draft_missions(path, PROGRAM)
    assert len(read_missions(path, PROGRAM)) == count >= 12
    text = path.read_text()
    assert text.startswith("#")
    with pytest.raises(BadConfig, match="which is there"):
        draft_missions(path, PROGRAM)
    assert path.read_text() == text
