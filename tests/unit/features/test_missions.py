"""missions.yaml: what a mission needs, and errors that name mission and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from features.errors import BadConfig
from features.exports.missions import Mission, read_missions
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
