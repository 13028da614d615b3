"""A digest as a letter in one language: a subject, and plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.texts import Texts
    from serving.nudges.nudge import Nudge


class Letter(NamedTuple):
    """What one recipient reads."""

    subject: str
    text: str


def letter_of(program: str, day: str, new: Sequence[Nudge], still: int, texts: Texts,
              language: str, pages_url: str = "") -> Letter:
    """Write a letter.

    Parameters
    ----------
    program : str
        Its name.
    day : str
        The night's, ISO.
    new : sequence of Nudge
        In ``language``.
    still : int
        How many were told before and still stand.
    texts : Texts
    language : str
    pages_url : str
        Origin of the pages; empty: links are left out.
    """
    count = len(new)
    parts = [texts.text("digest.intro", language, program=program)]
    for number, one in enumerate(new, 1):
        lines = [f"{number}. {one.text}", one.why_now, *one.evidence,
                 texts.text("digest.innocent", language, text=one.innocent),
                 texts.text("digest.next", language, text=one.next_step)]
        if pages_url and one.link:
            lines.append(pages_url.rstrip("/") + one.link)
        parts.append("\n   ".join(line for line in lines if line))
    if still:
        parts.append(texts.text("digest.still", language, count=still))
    subject = texts.text("digest.subject", language, program=program, count=count, day=day)
    return Letter(" ".join(subject.split()), "\n\n".join(parts) + "\n")
