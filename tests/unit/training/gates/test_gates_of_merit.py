"""Each gate lets a good challenger through, catches a bad one, and says where it can't say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from training import metrics
from training.gates.calibration import calibration
from training.gates.fairness import fairness
from training.gates.finding import Finding, Gates
from training.gates.latency import latency
from training.gates.lookalikes import look_alikes
from training.gates.parity import Compared, parity
from training.gates.quality import quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.gates.trial import Trial

Make = Any
GATES = (quality, calibration, look_alikes, fairness)


def test_quality_passes_what_is_better_and_catches_what_is_worse(trial: Make) -> None:
    assert quality(trial(old=1.5, new=3.0)).passed is True
    worse = quality(trial(old=3.0, new=1.0))
    assert worse.passed is False
    assert worse.sentence.startswith("Worse than the champion")


def test_quality_counts_what_the_metrics_count(trial: Make) -> None:
    """The difference is that of the two figures, and the interval holds it."""
    one = trial(old=1.5, new=2.5)
    figures = quality(one).figures
    expected = (metrics.average_precision(one.truth, one.challenger.rank, one.weight)
                - metrics.average_precision(one.truth, one.champion.rank, one.weight))
    assert figures["ap"]["difference"] == pytest.approx(expected)
    assert figures["ap"]["low"] <= expected <= figures["ap"]["high"]


def test_money_counts_reviews_and_missed_points(trial: Make) -> None:
    """By hand: a bundle that holds exactly the frauds saves their worth less the reviews."""
    one = trial()
    nothing, fraud = np.zeros(len(one.truth), bool), one.truth == 1
    one = replace(one, champion=replace(one.champion, held=nothing),
                  challenger=replace(one.challenger, held=fraud))
    worth = one.points[fraud].sum() * 0.01
    saved = quality(one).figures["money"]["difference"]
    assert saved == pytest.approx((worth - 0.05 * fraud.sum()) / worth)


def test_a_tie_on_few_labels_is_neither_good_nor_bad(trial: Make) -> None:
    """The same skill on four hundred events: it may lose more than may be lost."""
    assert quality(trial(events=400, seed=3)).passed is None


def test_a_share_of_a_few_honest_events_does_not_decide(trial: Make) -> None:
    """Four hundred of them hold four at one in a hundred: told, but AP and money decide."""
    one = trial(events=440, old=2.0, new=2.0)
    ranks = one.champion.rank.copy()
    ranks[np.flatnonzero(one.truth == 0)[:6]] = 1.0  # the challenger's first six are honest
    one = replace(one, challenger=replace(one.champion, bundle_id="new", rank=ranks))
    small = quality(one)
    assert small.figures["stopped"]["high"] < 0
    decided = one.settings.quality.model_copy(update={"least_held": 0})
    told = quality(replace(one, settings=one.settings.model_copy(update={"quality": decided})))
    assert told.passed is False
    assert "points stopped" in small.sentence
    alone = {name: small.figures[name] for name in ("ap", "money")}
    assert alone == {name: told.figures[name] for name in alone}


def test_weights_of_what_was_let_through_count(trial: Make) -> None:
    """A fraud that stands for fifty, and that only the challenger sees, turns the gate."""
    one = trial(old=3.0, new=3.0)
    seen = np.flatnonzero(one.truth == 1)[:40]
    blind, sharp = one.champion.rank.copy(), one.challenger.rank.copy()
    blind[seen], sharp[seen] = 0.0, 1.0
    one = replace(one, champion=replace(one.champion, rank=blind),
                  challenger=replace(one.challenger, rank=sharp))
    weight = one.weight.copy()
    weight[seen] = 50.0
    plain = quality(one).figures["stopped"]["difference"]
    heavy = quality(replace(one, weight=weight)).figures["stopped"]["difference"]
    assert heavy > 2 * plain > 0


def test_members_are_drawn_whole(trial: Make) -> None:
    """Events of one member tell much the same: with few members the interval is wider."""
    one = trial(old=1.5, new=2.5)
    few = replace(one, member=one.member % 8)
    one, few = (replace(each, settings=each.settings.model_copy(update={"draws": 200}))
                for each in (_alike_by_member(one), _alike_by_member(few)))
    wide, narrow = (quality(each).figures["ap"] for each in (few, one))
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])


def test_calibration_catches_chances_that_mean_nothing(trial: Make) -> None:
    one = trial()
    honest = np.where(one.truth == 1, 0.9, 0.01)
    good = replace(one, challenger=replace(one.challenger, probability=honest),
                   champion=replace(one.champion, probability=honest))
    assert calibration(good).passed is True
    bold = replace(good, challenger=replace(one.challenger, probability=np.full(4_000, 0.9)))
    assert calibration(bold).passed is False
    slightly = np.clip(honest + 0.1, 0, 1)
    worse = replace(good, challenger=replace(one.challenger, probability=slightly))
    assert calibration(worse).passed is False, "within the bound, but worse than the champion"


def test_a_champion_that_is_off_does_not_stay_for_being_off(trial: Make) -> None:
    """Above the bound both: the challenger that is nearer passes, the one that is further not."""
    one = trial()
    far, near = (np.full(len(one.truth), one.truth.mean() + off) for off in (0.5, 0.4))
    better = replace(one, champion=replace(one.champion, probability=far),
                     challenger=replace(one.challenger, probability=near))
    assert one.settings.calibration.error_at_most < 0.4
    assert calibration(better).passed is True
    worse = replace(one, champion=better.challenger, challenger=better.champion)
    assert calibration(worse).passed is False


def test_a_challenger_without_a_score_states_nothing(trial: Make) -> None:
    one = trial(events=10)
    assert calibration(replace(one, challenger=replace(
        one.challenger, probability=None))).passed is True


@pytest.mark.parametrize(("gate", "family"), [(fairness, "persona promoter"),
                                              (look_alikes, "sign_far")])
def test_a_group_that_pays_is_found(
    trial: Make, holding: Callable[..., Trial], gate: Callable[[Trial], Finding], family: str
) -> None:
    """Held for a third of its honest events; nobody else is."""
    one = trial()
    nobody = np.zeros(len(one.truth), bool)
    mask = (one.look_alikes["sign_far"] if gate is look_alikes
            else one.groups["persona"] == "promoter")
    third = mask & (np.arange(len(mask)) % 7 < 2)
    assert gate(holding(one, nobody, nobody)).passed is True
    found = gate(holding(one, nobody, third))
    assert found.passed is False
    assert family in found.sentence
    assert found.figures[family]["held"]["value"] == pytest.approx(
        third[mask & (one.truth == 0)].mean())


def test_a_group_no_worse_than_the_bound_but_much_worse_than_now_is_found(
    trial: Make, holding: Callable[..., Trial]
) -> None:
    """Two of a hundred held where nobody was: below the bound, above what may be added."""
    one = trial(events=40_000)
    nobody = np.zeros(len(one.truth), bool)
    some = (one.groups["persona"] == "promoter") & (np.arange(len(nobody)) % 40 == 3)
    found = fairness(holding(one, nobody, some))
    held = found.figures["persona promoter"]["held"]
    assert held["value"] < one.settings.fairness.held_at_most
    assert found.passed is False
    assert fairness(holding(one, some, some)).passed is True


def test_a_group_that_may_be_above_the_bound_is_unsure(
    trial: Make, holding: Callable[..., Trial]
) -> None:
    one = trial(events=700)
    some = (one.groups["persona"] == "promoter") & (np.arange(700) % 81 == 3)
    found = fairness(holding(one, some, some))
    assert found.figures["persona promoter"]["held"]["low"] < 0.03
    assert found.passed is None


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_too_few_labels_say_nothing(trial: Make, gate: Callable[[Trial], Finding]) -> None:
    """Neither passed nor failed, and the sentence says what is needed."""
    found = gate(trial(events=40))
    assert found.passed is None
    assert "oo few" in found.sentence


def test_assumed_labels_find_no_fraud(trial: Make) -> None:
    """Events nobody decided on are not counted for quality and calibration."""
    one = trial()
    assumed = replace(one, decided=np.zeros(len(one.truth), bool))
    assert quality(assumed).passed is None
    assert calibration(assumed).passed is None


def _alike_by_member(trial: Trial) -> Trial:
    """All events of a member are seen well by the challenger, or none is."""
    well = np.random.default_rng(7).random(trial.member.max() + 1)[trial.member] < 0.5
    rank = np.where(well, trial.truth, trial.champion.rank)
    return replace(trial, challenger=replace(trial.challenger, rank=rank))


class Clock:
    """Goes on by what the last verdict took."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def verdict(self, seconds: float) -> Callable[[int], None]:
        def judge(event: int) -> None:
            self.now += seconds * (1 + event % 3)

        return judge


@pytest.mark.parametrize(("slower", "passed"), [(1.0, True), (1.4, True), (2.0, False)])
def test_latency_is_that_of_one_verdict_beside_the_other(slower: float, passed: bool) -> None:
    """By a clock of ours: no test waits, and no machine is too busy."""
    from training.settings import read_settings

    own, clock = read_settings().gates.latency, Clock()
    found = latency(clock.verdict(1e-4), clock.verdict(slower * 1e-4), range(30), own, clock)
    assert found.passed is passed
    assert found.figures["ratio"] == pytest.approx(slower)
    assert latency(clock.verdict(1), clock.verdict(1), [], own, clock).passed is None


def test_parity_is_to_the_bit_or_not_at_all() -> None:
    assert parity(Compared("a", 10, 0), Compared("b", 0, 0)).passed is True
    assert parity(Compared("a", 10, 0), Compared("b", 5, 1)).passed is False
    assert parity(Compared("a", 0, 0)).passed is None


def test_all_gates_pass_together_or_not() -> None:
    def of(*said: bool | None) -> Gates:
        return Gates("acme", "new", "old", "", 0, tuple(
            Finding(f"gate-{n}", one, "") for n, one in enumerate(said)))

    assert of(True, True).passed is True
    assert of(True, None).passed is None
    assert of(None, False).passed is False
    assert of(None, False).sentence == "Not passed: gate-1."
    assert of(True, True).as_dict()["passed"] is True
