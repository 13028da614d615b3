"""Missions: a goal, a reward and a text per language, as missions.yaml lists them."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from features.errors import BadConfig
from features.exports.config import Config, in_words, read_yaml, validate
from features.exports.program import Count, Language, Program

Persona = Literal["retailer", "distributor", "promoter", "influencer", "field_rep"]
Channel = Literal["whatsapp", "viber", "app", "sms"]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=100)]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=2000)]
NOBODY: Final = "none"
"""The mission of a held-out member in the log of decisions; no mission may be called so."""


class Mission(Config):
    """What can be offered to a slipping member.

    Parameters
    ----------
    id : str
        Unique in the program.
    cost_points : int
        What the program pays when the goal is met.
    personas, channels : tuple of str
        Whom it suits and where it may be sent; empty: all.
    cool_off_days : int
        Days before the same member may be offered anything again.
    goal : str
        What the member is asked to do, in the program's own words.
    texts : dict of str to str
        The message per language.
    reward, template_id : str or None
        What is promised; the template approved for a channel.
    prerequisites : tuple of str
        Missions that come before.
    """

    id: Word
    cost_points: Count
    personas: tuple[Persona, ...] = ()
    channels: tuple[Channel, ...] = ()
    cool_off_days: Count = 30
    goal: Annotated[str, Field(strict=True, max_length=500)] = ""
    texts: dict[Language, Text]
    reward: Text | None = None
    prerequisites: tuple[Word, ...] = ()
    template_id: Text | None = None


def build_missions(raw: object, program: Program, name: str = "missions.yaml") -> list[Mission]:
    """Build the missions of a program from what YAML gave: a list, or a list under ``missions``.

    Raises
    ------
    BadConfig
        Naming the file, the mission and the key; also for an id given twice, a text missing in
        a language of the program, and a prerequisite that is no mission.
    """
    listed = raw.get("missions") if isinstance(raw, dict) and set(raw) == {"missions"} else raw
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise BadConfig(f"{name} with a list of missions", in_words(listed),
                        "start each mission with '- id: NAME'")
    missions = [validate(Mission, item, name, f"missions.{i}") for i, item in enumerate(listed)]
    _check_ids(missions, name)
    for mission in missions:
        _check_texts(mission, program, name)
    return missions


def read_missions(path: Path, program: Program) -> list[Mission]:
    """Read missions.yaml; a missing file means no missions.

    Raises
    ------
    BadConfig
        As `build_missions`.
    """
    return build_missions(read_yaml(path), program, path.name) if path.exists() else []


def _check_ids(missions: list[Mission], name: str) -> None:
    ids = [mission.id for mission in missions]
    for mission in missions:
        if mission.id == NOBODY:
            raise BadConfig(f"{name} with names for missions", f"the id {NOBODY}",
                            "rename it: in the log it means a held-out member")
        if ids.count(mission.id) > 1:
            raise BadConfig(f"{name} with each id once", f"{mission.id} twice", "rename one")
        for before in mission.prerequisites:
            if before not in ids:
                raise BadConfig(f"{name}: prerequisites of {mission.id} to be missions", before,
                                "take one of " + ", ".join(ids))


def _check_texts(mission: Mission, program: Program, name: str) -> None:
    missing = [code for code in program.languages if code not in mission.texts]
    if missing:
        raise BadConfig(f"{name}: texts of {mission.id} in {', '.join(program.languages)}",
                        f"none in {', '.join(missing)}",
                        f"add texts.{missing[0]} to {mission.id}, or drop the language "
                        "from program.yaml")
