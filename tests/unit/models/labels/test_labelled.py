"""Which of an event's labels counts: by what its source knows, then by time."""

import itertools

import pandas as pd
import pytest

from features.contract import SOURCES
from models.labelled import COLUMNS, FRAUD, LEGIT, resolve, resolved

REVIEW, AUDIT, APPEAL, CHARGEBACK = range(len(SOURCES))


def rows(*told: tuple[int, int, int]) -> list[tuple[int, ...]]:
    """Labels of event 7: label, source and day of decision, in order of arrival."""
    return [(7, label, source, day, day, seq) for seq, (label, source, day) in enumerate(told)]


def target(*told: tuple[int, int, int]) -> int:
    return int(resolve(pd.DataFrame(rows(*told), columns=COLUMNS))["target"][0])


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(
    [(FRAUD, CHARGEBACK), (LEGIT, AUDIT), (LEGIT, APPEAL), (FRAUD, REVIEW)])))
def test_who_knows_more_counts_whenever_he_spoke(
    better: tuple[int, int], worse: tuple[int, int]
) -> None:
    """Chargeback before audit before a granted appeal before a review, the earlier one too."""
    other = (1 - better[0], worse[1])
    if worse[1] == APPEAL:
        other = (LEGIT, APPEAL)
        better = (FRAUD, better[1])
    assert target((*better, 1), (*other, 9)) == better[0]
    assert target((*other, 9), (*better, 1)) == better[0]


def test_an_appeal_that_was_turned_down_is_a_second_review() -> None:
    """The later of the two counts."""
    assert target((FRAUD, APPEAL, 5), (LEGIT, REVIEW, 9)) == LEGIT
    assert target((FRAUD, APPEAL, 9), (LEGIT, REVIEW, 5)) == FRAUD


def test_frame_and_rows_say_the_same_in_any_order() -> None:
    """All orders of four labels that disagree, and an unknown source among them."""
    told = rows((FRAUD, AUDIT, 1), (LEGIT, REVIEW, 2), (FRAUD, CHARGEBACK, 3), (LEGIT, APPEAL, 4))
    for order in itertools.permutations([*told, (8, FRAUD, -1, 1, 1, 9)]):
        frame = resolve(pd.DataFrame(list(order), columns=COLUMNS))
        assert dict(zip(frame["event"], frame["target"], strict=True)) == resolved(order)


def test_what_was_decided_after_a_moment_is_not_known_at_it() -> None:
    """Even where the journal holds it already."""
    frame = pd.DataFrame(rows((LEGIT, REVIEW, 5), (FRAUD, CHARGEBACK, 10)), columns=COLUMNS)
    assert resolve(frame, 10)["target"].tolist() == [LEGIT]
    assert resolve(frame, 11)["target"].tolist() == [FRAUD]
