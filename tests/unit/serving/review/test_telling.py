"""Reasons told again: in another language, of the feature they came from, beside what is usual."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.store.home import Home
from models.texts import Texts
from serving.archive import Archive
from serving.review.files import Files
from serving.review.layouts import Layouts
from serving.review.normal import FEWEST, Normals
from serving.review.telling import Tongue
from serving.review.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.journal import Journal

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
MINE = 12
"""Events of the member himself, more than it takes to say what is usual for him."""


@pytest.fixture
def judged(desk: Desk) -> Iterator[Journal]:
    """A journal in which one member was judged often, and two peers too."""
    for n in range(MINE):
        desk.judged(f"mine-{n}", "m-1", 20)
    for n in range(MINE):
        desk.judged(f"peer-{n}", f"m-{2 + n % 2}", 40)
    desk.scan("held", member="m-1")
    home = Home(desk.path)
    yield home.journal()
    home.close()


def test_a_reason_is_told_in_the_reader_s_language_and_names_its_feature(
    desk: Desk, judged: Journal
) -> None:
    """Told again in the language of the verdict it is the sentence that was stored."""
    row = judged.verdict_row("held")
    assert row is not None
    body = json.loads(row["body"])
    names = Layouts(desk.path / "bundles" / "acme").names(row["bundle_id"])
    vector = np.frombuffer(row["vector"])
    catalog = Home(desk.path).catalog("acme")
    units = judged.program.minor_units
    same, other = (Tongue(Texts.read(), language, catalog, units).reasons(body, names, vector)
                   for language in ("en", "id"))
    assert [one.text for one in same] == [reason["text"] for reason in body["reasons"]]
    told = [(one, two) for one, two in zip(same, other, strict=True) if one.feature]
    assert told
    for one, two in told:
        assert one.text != two.text
        assert one.feature == two.feature
        seen = vector[names.index(one.feature)]
        assert one.value is None or seen == pytest.approx(
            one.value * (units if one.unit == "money" else 1))


def test_usual_is_what_the_stored_vectors_say(desk: Desk, judged: Journal) -> None:
    """His own events before this one, and those of others of his role and region; no later one."""
    trail, files = Trail(judged), Files(judged)
    trail.read()
    files.read()
    layouts = Layouts(desk.path / "bundles" / "acme")
    with judged.database.reading() as store:
        event = Archive(store, judged.key).event(int(judged.number("event", "held")))
        assert event is not None
        found = Normals(store, judged.key, trail, files, layouts).of(event, ["event_points"])
        early = Archive(store, judged.key).event(int(judged.number("event", "mine-3")))
        assert early is not None
        few = Normals(store, judged.key, trail, files, layouts).of(early, ["event_points"])
    told = found["event_points"]
    assert told.value == 80
    assert told.own is not None
    assert (told.own.median, told.own.count) == (20, MINE)
    assert told.peers is not None
    assert (told.peers.median, told.peers.count, told.scope) == (40, MINE, "persona_region")
    assert FEWEST > 3
    assert few["event_points"].own is None
