"""What a program declared of its parties: the last two declarations of a subject.

A declaration with the start of one that is kept changes its end; any other pushes the older of the
two out. Which declarations push is settled in a loop: first every start that was not there before,
then again until each is judged by the pushes before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.sql.stage import Loop, Stage
from features.sql.text import NEVER, NULL, UNKNOWN, known, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "declared"
_RUN: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
_EARLIER: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"


def declared(subjects: Sequence[tuple[tuple[str, ...], str]], start: str, end: str) -> list[Stage]:
    """Give the stages of all declarations: what is kept after each of them.

    Parameters
    ----------
    subjects : sequence of tuple
        Columns of the subject, and which records declare something of it: one set of
        declarations for each, told apart by ``rule``.
    start, end : str
        Columns of the time from which and before which a declaration holds.
    """
    width = max(len(key) for key, _ in subjects)
    keys = [f"k{i}" for i in range(width)]
    by_subject = f"PARTITION BY rule, {', '.join(keys)}"
    every = "\nUNION ALL\n".join(
        "SELECT " + listed(
            f"{rule} AS rule, pos, COALESCE({start}, {UNKNOWN}) AS valid_from",
            f"COALESCE({end}, {NEVER}) AS valid_to",
            *(f"{column} AS {name}" for column, name in zip(
                [*key, *[NULL] * (width - len(key))], keys, strict=True)))
        + f"\nFROM wide\nWHERE {known(key)} AND {test}"
        for rule, (key, test) in enumerate(subjects))
    pushes = (
        "SELECT *, CASE WHEN ROW_NUMBER() OVER "
        f"({by_subject}, valid_from ORDER BY pos) = 1 THEN 1 ELSE 0 END AS pushes, 1 AS pending\n"
        f"FROM (\n{every}) AS every_one")
    return [
        Loop("declaring", pushes, ("wide",), _judged(by_subject)),
        Stage(NAME, _kept(by_subject), ("declaring",)),
    ]


def _newest(by_subject: str, frame: str) -> str:
    """Add how many declarations pushed, and the starts of the last two that did."""
    def last(number: str) -> str:
        return (f"MAX_BY({number}, CASE WHEN pushes = 1 THEN pos END) OVER "
                f"({by_subject} ORDER BY pos {frame})")

    return (
        f"SELECT *,\n  {last('valid_from')} AS newer,\n  {last('pushed_before')} AS older,\n"
        f"  COUNT(CASE WHEN pushes = 1 THEN 1 END) OVER ({by_subject} ORDER BY pos {_RUN})"
        " AS version\nFROM (\nSELECT *,\n"
        f"  LAG(CASE WHEN pushes = 1 THEN valid_from END) OVER ({by_subject}, pushes ORDER BY pos)"
        " AS pushed_before\nFROM declaring) AS told")


def _judged(by_subject: str) -> str:
    keys = by_subject.removeprefix("PARTITION BY rule, ")
    new = ("CASE WHEN valid_from IS DISTINCT FROM newer AND valid_from IS DISTINCT FROM older "
           "THEN 1 ELSE 0 END")
    return (
        f"SELECT rule, pos, valid_from, valid_to, {keys}, {new} AS pushes,\n"
        f"  CASE WHEN {new} <> pushes THEN 1 ELSE 0 END AS pending\n"
        f"FROM (\n{_newest(by_subject, _EARLIER)}) AS newest")


def _kept(by_subject: str) -> str:
    """Give after each declaration the starts and ends of both that are kept."""
    period = f"{by_subject}, version ORDER BY pos {_RUN}"
    return (
        "SELECT rule, pos, newer AS newer_from, newer_to,\n"
        f"  COALESCE(older, {NEVER}) AS older_from,\n"
        "  COALESCE(MAX_BY(CASE WHEN valid_from <> newer THEN valid_to END,"
        f" CASE WHEN valid_from <> newer THEN pos END) OVER ({period}),\n"
        f"    MAX_BY(inherited, CASE WHEN pushes = 1 THEN pos END) OVER ({period}), {NEVER})"
        " AS older_to\n"
        f"FROM (\nSELECT *, LAG(newer_to) OVER ({by_subject} ORDER BY pos) AS inherited\n"
        "FROM (\nSELECT *,\n"
        "  MAX_BY(valid_to, CASE WHEN valid_from = newer THEN pos END)"
        f" OVER ({period}) AS newer_to\n"
        f"FROM (\n{_newest(by_subject, _RUN)}) AS newest) AS ends) AS inheriting")
