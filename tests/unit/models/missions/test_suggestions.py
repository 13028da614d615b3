"""Suggestions: gates, budget, channels, holdouts, ids and words."""

import numpy as np
import pytest

from features.errors import BadInput
from models.experiments.power import smallest_effect
from models.missions.effects import Effects
from models.missions.eligibility import CODES
from models.missions.suggestions import suggest
from models.texts import Texts


def test_everybody_worth_it_gets_his_best_mission(scene):
    """Four slipping members of equal worth get the cheaper mission, best first."""
    plan = suggest(scene())
    assert [s.mission_id for s in plan.suggestions] == ["streak"] * 4
    assert len(plan.decisions) == 4
    assert plan.excluded.empty
    one = plan.suggestions[0]
    assert (one.member_id, one.channel, one.message) == ("m-1", "whatsapp", "Do streak.")
    assert one.expected_effect.basis == "assumed"
    assert 0 < one.expected_effect.low < one.expected_effect.value < one.expected_effect.high
    assert one.propensity == 1
    assert [reason.code for reason in one.reasons] == ["inactive.silence"]


@pytest.mark.parametrize(("columns", "code"), [
    ({"consent": 0.0}, "no_consent"), ({"consent": float("nan")}, "no_consent"),
    ({"opted_out": 1.0}, "opted_out"), ({"state": "blocked"}, "blocked"),
    ({"open_holds": 1.0}, "open_case"), ({"state": "off_season"}, "off_season"),
    ({"state": "active"}, "not_needed"), ({"state": "new"}, "not_needed"),
    ({"days_since_mission": 5.0, "last_mission": 1.0}, "in_cool_off"),
    ({"missions_90": 3.0}, "fatigue"), ({"outlet_silent": 0.9}, "peers_silent"),
    ({"segment": "supply"}, "peers_silent"),
    ({"channels": 0.0}, "no_channel"), ({"points_mean": 0.0}, "no_gain"),
])
def test_each_gate_has_a_code(scene, columns, code):
    """Whoever may not be asked is left out, the ground is said, and it has words."""
    plan = suggest(scene(**columns))
    assert plan.suggestions == ()
    assert set(plan.excluded) == {code}
    assert Texts.read().has(f"suggest.{code}")


def test_a_cool_off_ends(scene):
    """Thirty-one days after a mission with thirty days of rest, a member may be asked again."""
    assert len(suggest(scene(days_since_mission=31.0, last_mission=1.0)).suggestions) == 4


def test_a_rest_holds_for_missions_that_a_campaign_does_not_offer(scene):
    """Five days after streak a campaign of visits finds the members resting."""
    whole = scene(days_since_mission=5.0, last_mission=1.0)
    other = scene.change(whole, missions=[scene.mission("visit", 60)])
    assert set(suggest(other).excluded) == {"in_cool_off"}


def test_who_joined_and_never_started_may_be_asked(scene):
    """The segment of new that needs a first scan is eligible, at the worth of his peers."""
    nan = float("nan")
    plan = suggest(scene(state=["new"] + ["slipping"] * 3, segment=["never_started", "", "", ""],
                         points_mean=[nan, 100, 100, 100], cadence=[nan, 10, 10, 10]))
    assert {s.member_id for s in plan.suggestions} == {"m-1", "m-2", "m-3", "m-4"}


@pytest.mark.parametrize(("settings", "code"), [
    ({"personas": ["distributor"]}, "persona"), ({"channels": ["sms"]}, "no_channel"),
])
def test_a_mission_has_gates_of_its_own(scene, settings, code):
    """A mission for others, or on a channel the member lacks, is not offered."""
    plan = suggest(scene(missions=[scene.mission("one", 20, **settings)]))
    assert set(plan.excluded) == {code}


def test_prerequisites_come_first(scene):
    """A mission that follows another is offered once the other was."""
    both = [scene.mission("first", 20), scene.mission("then", 1, prerequisites=["first"])]
    fresh = scene(missions=both)
    assert {s.mission_id for s in suggest(fresh).suggestions} == {"first"}
    offers = fresh.offers.copy()
    offers.loc[0] = {"decision_id": 1, "member_id": 2, "day": 19_000, "mission_id": 1,
                     "holdout": 0, "intended": 1}
    later = suggest(scene.change(fresh, offers=offers))
    assert {s.member_id: s.mission_id for s in later.suggestions}["m-2"] == "then"


def test_no_mission_no_suggestion(scene):
    """A program without missions, and one without members, get an empty plan."""
    assert suggest(scene(missions=[])).suggestions == ()
    assert suggest(scene(count=0)).suggestions == ()


@pytest.mark.parametrize("budget", [0, 19, 20, 65, 10_000])
def test_the_budget_holds(scene, budget):
    """Decisions never cost more than the budget, and take what it allows."""
    plan = suggest(scene(points_mean=[100, 200, 300, 400]), budget_points=budget)
    spent = plan.decisions["cost_points"].sum()
    assert spent <= budget
    assert spent == min(budget // 20, 4) * 20
    if 20 <= budget < 80:
        assert plan.suggestions[0].member_id == "m-4", "the most valuable member comes first"
        assert set(plan.excluded) == {"budget"}


def test_channels_have_room_for_so_many(scene):
    """When the first channel is full the next one open to the member is taken."""
    plan = suggest(scene(), channel_capacity={"whatsapp": 1, "app": 2})
    assert [s.channel for s in plan.suggestions] == ["whatsapp", "app", "app"]
    assert plan.excluded.tolist() == ["budget"]


def test_the_limit_holds(scene):
    """At most so many suggestions; the others are said to be left for lack of room."""
    plan = suggest(scene(count=6), limit=2)
    assert [s.member_id for s in plan.suggestions] == ["m-1", "m-2"]
    assert len(plan.excluded) == 4


def test_the_message_is_in_the_members_language(scene):
    """Each member is spoken to in his language, else in the program's first."""
    asked = scene.change(scene(), languages=["id", "en", "es", "id"])
    messages = {s.member_id: s.message for s in suggest(asked).suggestions}
    assert messages == {"m-1": "Lakukan streak.", "m-2": "Do streak.", "m-3": "Do streak.",
                        "m-4": "Lakukan streak."}


def test_held_out_members_are_decided_and_not_sent(scene):
    """A held-out member is in the log with what he would have got, and not in the plan to send."""
    plan = suggest(scene(count=400, holdout=(0.1, 0.2)))
    sent = {s.decision_id for s in plan.suggestions}
    held = plan.decisions[plan.decisions["holdout"] != "none"]
    assert len(plan.decisions) == 400
    assert not sent & set(held["decision_id"])
    assert set(held["mission_id"]) == {"none"}
    assert set(held["intended"]) == {"streak"}
    assert (held["cost_points"] == 0).all()
    shares = plan.decisions["holdout"].value_counts(normalize=True)
    assert shares["global"] == pytest.approx(0.1, abs=0.05)
    assert shares["mission"] == pytest.approx(0.18, abs=0.06)
    treated = plan.decisions[plan.decisions["holdout"] == "none"]
    assert set(treated["propensity"].round(6)) == {0.72}
    assert set(held["propensity"].round(6)) == {0.28}


def test_the_same_scene_gives_the_same_plan(scene):
    """Ids, draws and order come again; another day has other ids but the same draws."""
    first, again = (suggest(scene(count=50, holdout=(0.1, 0.2))) for _ in range(2))
    assert first.decisions.equals(again.decisions)
    later = suggest(scene(count=50, holdout=(0.1, 0.2), today=20_001.0, last_day=19_961.0))
    assert not set(first.decisions["decision_id"]) & set(later.decisions["decision_id"])
    assert first.decisions["holdout"].tolist() == later.decisions["holdout"].tolist()


@pytest.mark.parametrize(("settings", "columns", "code"), [
    ({"states": ["never_started"]}, {}, "state"), ({"states": ["lapsed"]}, {}, "state"),
    ({"least_balance": 100}, {"balance": 99.0}, "balance"),
    ({"least_balance": 100}, {}, "balance"),
])
def test_a_mission_may_ask_for_a_state_and_for_points(scene, settings, columns, code):
    """Help with redeeming needs points that are there; unknown is not enough."""
    plan = suggest(scene(missions=[scene.mission("one", 20, **settings)], **columns))
    assert set(plan.excluded) == {code}
    assert Texts.read().has(f"suggest.{code}")


def test_every_code_has_words():
    """In every language, whatever keeps a member from a mission is said."""
    texts = Texts.read()
    assert [code for code in CODES if code and not texts.has(f"suggest.{code}")] == []


def test_a_mission_with_few_places_is_given_to_the_best(scene):
    """No more than so many at once, and those who gain most have them."""
    made = scene(missions=[scene.mission("visit", 20, most_at_once=2)],
                 points_mean=[100, 200, 300, 400])
    assert [s.member_id for s in suggest(made).suggestions] == ["m-4", "m-3"]


@pytest.mark.parametrize(("ask", "wanted"), [
    ({"budget_points": -1}, "budget"), ({"channel_capacity": {"fax": 3}}, "whatsapp"),
    ({"channel_capacity": {"sms": -1}}, "capacity")])
def test_what_can_not_be_spent_is_refused(scene, ask, wanted):
    """Below zero, or of no channel, even where there is nothing to spend it on."""
    for made in (scene(), scene(missions=[])):
        with pytest.raises(BadInput, match=wanted):
            suggest(made, **ask)


def test_effects_that_were_learnt_come_first(scene):
    """Where training learnt a mission's effect it counts; of others the table still speaks."""

    class Learned:
        def effects(self, mission_id, frame, answers):
            rise = np.full(len(frame), 0.3)
            known = Effects(rise, rise - 0.1, rise + 0.1, "measured")
            return known if mission_id == "visit" else None

    plan = suggest(scene.change(scene(), learned=Learned()))
    assert {s.mission_id for s in plan.suggestions} == {"visit"}
    assert {s.expected_effect.basis for s in plan.suggestions} == {"measured"}
    assert plan.suggestions[0].expected_effect.value == 0.3


def test_power_is_told_before_anything_is_sent(scene):
    """The two arms of the plan, and nothing where nobody is held out."""
    plan = suggest(scene(count=400, holdout=(0.1, 0.2)))
    held = int((plan.decisions["holdout"] != "none").sum())
    told = plan.power.to_json()
    assert (told["held_out"], told["treated"], told["base"]) == (held, 400 - held, 0.4)
    assert told["smallest_effect"] == pytest.approx(
        smallest_effect(0.4, held, 400 - held), abs=1e-6)
    assert suggest(scene()).power.to_json()["smallest_effect"] is None
    assert suggest(scene(count=0)).power.to_json()["base"] is None
