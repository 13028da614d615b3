"""Missions: a goal, a reward and a text per language, as missions.yaml lists them."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import Field, model_validator

from features.contract import ACTIVITIES
from features.errors import BadConfig
from features.exports.config import Config, in_words, read_yaml, validate
from features.exports.program import Count, Language, Program

Persona = Literal["retailer", "distributor", "promoter", "influencer", "field_rep"]
Channel = Literal["whatsapp", "viber", "app", "sms"]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=100)]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=2000)]
NOBODY: Final = "none"
"""The mission of a held-out member in the log of decisions; no mission may be called so."""
STARTER: Final = Path(__file__).with_name("starter_missions.yaml")
"""The missions that come with Jaga."""
STARTER_LANGUAGES: Final = ("en", "id", "es")
_DRAFTED: Final = """\
# Missions to start from: change costs, texts and template ids to those of the program, drop what
# does not fit, and put the file beside program.yaml as missions.yaml."""
COUNTED: Final = ("scan", "invoice", "points", "referral", "redemption", *ACTIVITIES)
"""What a goal may count: events by kind, scans with an invoice, points earned, activities."""
State = Literal["never_started", "slipping", "lapsed"]
Few = Annotated[int, Field(strict=True, ge=1, le=365)]


class Target(Config):
    """A goal that a machine can check: so much of something within so many days.

    Parameters
    ----------
    what : str
        One of `COUNTED`.
    count : int
        How many of them.
    within_days : int
        From the day the mission is sent.
    each_days : int or None
        For a streak: one in each of ``count`` stretches of so many days.
    sku : str or None
        Of this product only.

    Examples
    --------
    >>> Target(what="scan", count=4, within_days=28, each_days=7).is_streak
    True
    """

    what: Word
    count: Annotated[int, Field(strict=True, ge=1, le=10**6)]
    within_days: Few
    each_days: Few | None = None
    sku: Word | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.what not in COUNTED:
            raise ValueError(f"what to be one of {', '.join(COUNTED)}")
        if self.each_days is not None and self.count * self.each_days > self.within_days:
            raise ValueError("within_days of at least count times each_days")
        return self

    @property
    def is_streak(self) -> bool:
        """Whether it asks for one in each stretch of days."""
        return self.each_days is not None


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
    target : Target or None
        The goal for a machine.
    states : tuple of str
        Whom of the silent it suits: never_started, slipping, lapsed; empty: all.
    least_balance : int
        Points that must be on the account, as for help with redeeming.
    most_at_once : int or None
        How many can be offered in one go, as for visits; None: no limit.
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
    target: Target | None = None
    states: tuple[State, ...] = ()
    least_balance: Count = 0
    most_at_once: Count | None = None


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


def starter_missions(languages: tuple[str, ...]) -> list[dict[str, object]]:
    """The missions that come with Jaga, as missions.yaml lists them, to start from.

    Parameters
    ----------
    languages : tuple of str
        The program's; a language without translations gets the English text, to be translated.

    Examples
    --------
    >>> [mission["id"] for mission in starter_missions(("es",))][:2]
    ['first_scan', 'double_points_new_product']
    """
    listed = read_yaml(STARTER)
    assert isinstance(listed, list)
    for mission in listed:
        texts = mission["texts"]
        mission["texts"] = {code: texts.get(code.split("_")[0], texts["en"]) for code in languages}
    return listed


def starter_program() -> Program:
    """A program that speaks the languages in which the missions to start from are written."""
    return Program(program_id="draft", languages=STARTER_LANGUAGES)


def draft_missions(path: Path, program: Program) -> int:
    """Write `starter_missions` as a missions.yaml; how many they are.

    Raises
    ------
    BadConfig
        Where the file is there already: somebody's missions are not overwritten.
    """
    listed = starter_missions(program.languages)
    build_missions(listed, program, path.name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{_DRAFTED}\n")
            yaml.safe_dump(listed, file, sort_keys=False, allow_unicode=True, width=100)
    except FileExistsError as error:
        raise BadConfig(f"a new file for {len(listed)} missions", f"{path.name}, which is there",
                        "name another file, or move that one away") from error
    return len(listed)


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
