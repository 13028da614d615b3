"""What would change it: only what lowers the chance is told, with both chances as they are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.members.edits import scanned
from features.members.imagined import Imagined
from features.members.known import Known
from features.members.rhythm import member_frame
from models.inactivity.changes import EDITS, NOTE, Changes
from models.inactivity.model import EXPLAINED
from models.texts import Texts

LANGUAGES = ("en", "id", "es")


@pytest.fixture(scope="module")
def past(world):
    """What was known today, every second member with points to spend."""
    days = world.days[world.days["day"] < 19_800]
    number = world.members["member_id"]
    return Known(19_800, days, world.members.assign(points_balance=100 * (number % 2)),
                 off_seasons={1: "12-01/04-15"})


@pytest.fixture(scope="module")
def changes(past, model):
    return Changes(past, member_frame(past), model, Texts.read())


@pytest.fixture(scope="module")
def told(changes, leaving):
    return {member: changes.of(member) for member in leaving}


@pytest.fixture(scope="module")
def leaving(changes):
    """A few members who slip or lapsed."""
    state = changes.model.predict(changes.frame)["state"]
    return state.index[state.isin(EXPLAINED)].tolist()[:6]


def test_nothing_edited_is_the_same_number(changes, leaving):
    """Bit for bit."""
    rows = Imagined(changes.known, changes.frame).rows(leaving, lambda known: known)
    np.testing.assert_array_equal(changes.model.p_inactive(rows),
                                  changes.model.p_inactive(changes.frame.loc[leaving]))


def test_the_chances_are_those_of_a_whole_recomputation(changes, leaving, past):
    """A member's scan written into the program's own days gives the chance that was told."""
    member = leaving[0]
    alone = replace(past, days=past.days[past.days["member"] == member])
    others = past.days[past.days["member"] != member]
    both = pd.concat([others, scanned(alone).days]).sort_values(["member", "day"])
    whole = member_frame(replace(past, days=both.reset_index(drop=True))).loc[[member]]
    told = {change.code: change for change in changes.of(member)}
    assert told["change.scan"].after == pytest.approx(
        float(changes.model.p_inactive(whole)[0]), abs=1e-12)
    assert told["change.scan"].before == float(
        changes.model.p_inactive(changes.frame.loc[[member]])[0])


def test_recent_activity_never_raises_the_chance_in_words(told):
    """Everything told is lower by a whole percent at least, the most helpful first."""
    for found in told.values():
        assert all(round(100 * c.after) < round(100 * c.before) for c in found)
        assert list(found) == sorted(found, key=lambda c: c.after)
    scan = [any(c.code == "change.scan" for c in found) for found in told.values()]
    assert np.mean(scan) > 0.8, "a scan yesterday helps nearly everybody who slips"


def test_an_edit_that_changes_nothing_is_not_told(told):
    """Only who has points is told to spend them; nobody here waits for a claim or a reward."""
    for member, found in told.items():
        codes = {change.code for change in found}
        assert not codes & {"change.released", "change.rewarded"}
        assert "change.redeemed" not in codes or member % 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_in_every_language(changes, leaving, language):
    """Both chances stand in the sentence, and the note is beside them."""
    texts = Texts.read()
    body = changes.to_json(leaving[0], language)
    assert body["note"] == texts.text(NOTE, language)
    for change in body["changes"]:
        assert f"{round(100 * change['after'])} %" in change["text"]
        assert f"{round(100 * change['before'])} %" in change["text"]
    for code in EDITS:
        assert "41 %" in texts.text(code, language, before=72, after=41)
