"""The page of the codes that answers carry, from the catalogue of their words."""

from __future__ import annotations

from typing import Final

from jaga.reference.markdown import code, plain, table
from models.texts import Texts

GROUPS: Final = {
    "proof": "Hard proof: the only ground for a decline. What of it is told to the reviewer.",
    "fact": "A fact is missing: the event waits for it.",
    "cap": "A cap of the program holds.",
    "watch": "A person watches what the event came with.",
    "ring": "Who is joined with whom.",
    "anomaly": "It looks unlike comparable events.",
    "reason": "What speaks for or against fraud in the score: features, in log-odds.",
    "innocent": "What would explain it innocently.",
    "degraded": "Why a verdict was given without all it needs.",
    "trust": "How far the model is trusted, and why.",
    "monitor": "What the monitor of the model found.",
    "partner": "What the partner may be told; the detection is never disclosed.",
    "alarm": "Errors of the program's own.",
    "insider": "Staff and reviewers who stand out.",
    "inactive": "What speaks for or against silence.",
    "change": "Other histories, and the chance of silence they would have.",
    "state": "States of a member.",
    "suggest": "Why a mission is suggested, or none.",
    "mission": "Missions.",
    "campaign": "What a campaign brought.",
    "subject": "What a sentence is about.",
    "word": "Words that stand in sentences.",
}
"""Each group of codes and what it is for; a group without a word here fails the build."""


def page() -> str:
    """Write each code with its English words, group by group."""
    texts = Texts.read()
    parts = ["# Codes and their words", "A code is stable and travels in answers; its words may "
             "change. They are English, Indonesian and Spanish; `{named}` parts are filled in."]
    for group, said in GROUPS.items():
        rows = [[code(each), plain(texts.words(each))] for each in texts.codes
                if each.partition(".")[0] == group]
        parts += [f"## {group.capitalize()}", said, table(["code", "words"], rows)]
    return "\n\n".join(parts) + "\n"
