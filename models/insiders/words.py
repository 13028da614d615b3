"""Plain sentences for findings about people inside, and for the program's own errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.alarms import Finding as AlarmFinding
    from models.insiders.finding import Suspicion
    from models.texts import Texts

Words = dict[str, str]


def insider_texts(texts: Texts, found: Suspicion, name: str) -> tuple[Words, Words]:
    """What was seen of a person, and what would explain it, in every language.

    Parameters
    ----------
    texts : Texts
    found : Suspicion
    name : str
        Id of the staff account or rep.
    """
    figures = found.statistics
    value, usual, total = {
        "few_accounts": ("few_share", "few", "visits"),
        "ghost_enrolments": ("ghosts", "peers_share", "enrolled"),
        "no_ticket": ("without_ticket", "peers_share", "credits"),
        "rubber_stamp": ("approve_rate", "expected_rate", "decisions"),
    }[found.kind]
    units = {"few_share": "share", "peers_share": "share", "approve_rate": "share",
             "expected_rate": "share"}
    said = {}
    for language in texts.languages:
        parts = {key: texts.write(figures[column], language, units.get(column, "number"))
                 for key, column in (("value", value), ("usual", usual), ("total", total))}
        if found.kind == "rubber_stamp":
            parts |= {"quick": texts.write(figures["stamped"], language),
                      "wrong": texts.write(figures["disproved"], language)}
        said[language] = texts.text(f"insider.{found.kind}", language, name=name, **parts)
    return said, {language: texts.text(f"insider.{found.kind}.innocent", language)
                  for language in texts.languages}


def alarm_texts(texts: Texts, found: AlarmFinding, name: str) -> tuple[Words, Words]:
    """What the program got wrong, and what would explain it, in every language.

    Parameters
    ----------
    texts : Texts
    found : features.alarms.Finding
    name : str
        Name of the subject; of the program its id.
    """
    unit = "share" if found.code == "code_file_stale" else "times"
    said = {language: texts.text(
        f"alarm.{found.code}", language, name=name,
        subject=texts.text(f"alarm.subject.{found.subject_kind}", language),
        value=texts.write(found.now, language, unit),
        usual=texts.write(found.usual, language, unit), members=found.members,
        events=found.events, points=found.points) for language in texts.languages}
    return said, {language: texts.text(f"alarm.{found.code}.innocent", language)
                  for language in texts.languages}
