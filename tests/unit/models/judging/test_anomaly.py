"""The label-free score against scikit-learn and a naive ECOD, and what it says in words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.ensemble import IsolationForest

from features.contract import PERSONAS
from features.errors import BadInput
from models.anomaly import COMPARABLES, KINDS, AnomalyModel
from models.detector import Detector, Ranks, Scale
from models.distance import Distance
from models.ecod import Ecod
from models.isolation import IsolationTrees

NAMES = (
    "code_credited_other", "code_credited_self", "code_known", "code_status",
    "code_dispatched_hours", "claim_credited", "device_declared", "member_scans_10m",
    "device_members_24h", "event_amount", "outlet_km", "outlet_fraud_30d",
)
RANDOM = np.random.default_rng(11)
ROWS = np.exp(RANDOM.normal(size=(1200, 6)))
RETAILER, DISTRIBUTOR = PERSONAS.index("retailer"), PERSONAS.index("distributor")


@pytest.mark.parametrize(("trees", "seed"), [(100, 0), (7, 3)])
def test_trees_score_as_scikit_learn_does(trees: int, seed: int) -> None:
    """The flat arrays give minus score_samples within 1e-9, on rows old and new."""
    forest = IsolationForest(n_estimators=trees, random_state=seed).fit(ROWS)
    new = np.vstack([ROWS, RANDOM.normal(size=(500, 6)) * 5])
    ours = IsolationTrees.from_forest(forest).score(new)
    assert ours == pytest.approx(-forest.score_samples(new), abs=1e-9)


def naive_ecod(reference, rows):
    """Tail by tail with plain loops, as the definition reads."""
    scores = []
    for row in rows:
        total = 0.0
        for x, column in zip(row, reference.T, strict=True):
            left = max((column <= x).sum(), 1) / len(column)
            right = max((column >= x).sum(), 1) / len(column)
            total += max(-np.log(left), -np.log(right))
        scores.append(total)
    return np.array(scores)


def test_ecod_agrees_with_a_naive_one() -> None:
    """Tails of rows inside, at ties and beyond the reference are those of the definition."""
    reference = ROWS[:300].round(1)
    rows = np.vstack([reference, RANDOM.normal(size=(100, 6)) * 9])
    assert Ecod.fit(reference).score(rows) == pytest.approx(naive_ecod(reference, rows), abs=1e-9)


def test_the_distance_is_that_of_mahalanobis() -> None:
    """On columns that are free to move it is SciPy's, whatever their units."""
    rows = ROWS @ RANDOM.normal(size=(6, 6)) * 10.0 ** np.arange(6)
    wanted = [mahalanobis(row, rows.mean(0), np.linalg.inv(np.cov(rows.T, bias=True))) ** 2
              for row in rows[:50] * 3]
    assert Distance.fit(rows).score(rows[:50] * 3) == pytest.approx(wanted, rel=1e-4)


def test_columns_that_say_the_same_are_no_new_directions() -> None:
    """A column twice, or one that is always a sum of others, changes no distance."""
    twice = np.column_stack([ROWS, ROWS[:, 0], ROWS.sum(axis=1), np.full(len(ROWS), 4.0)])
    distance = Distance.fit(twice)
    assert distance.axes.shape == (9, 6)
    assert distance.score(twice) == pytest.approx(Distance.fit(ROWS).score(ROWS), rel=1e-6)


def test_what_does_not_fit_together_is_unusual() -> None:
    """Two values usual by themselves, never seen together, pass nearly all usual rows."""
    first = RANDOM.normal(size=2000)
    rows = np.column_stack([first, first + RANDOM.normal(size=2000) / 20])
    detector = Detector.fit(rows, 0)
    assert detector.distance_ranks.share_of(
        float(detector.distance.score(np.array([[1.0, -1.0]]))[0])) > 0.999
    assert detector.score(np.array([[1.0, -1.0], [1.0, 1.0]])).tolist() == sorted(
        detector.score(np.array([[1.0, 1.0], [1.0, -1.0]])), reverse=True)


def test_a_missing_value_counts_as_the_mean_of_all() -> None:
    """Without its value a column gives every row the same: what rows give on average."""
    ecod = Ecod.fit(ROWS)
    blank = ROWS.copy()
    blank[:, 2] = np.nan
    lost = ecod.surprises(ROWS)[:, 2]
    assert ecod.surprises(blank)[:, 2] == pytest.approx(lost.mean())


def test_a_missing_value_is_never_unusual_by_itself(anomaly, usual_row) -> None:
    """An event of which nothing is known looks no more unusual than one in three others."""
    assert anomaly.score_row(np.full(len(usual_row), np.nan), 0, RETAILER) < 0.67


def test_heavy_tails_are_drawn_in_and_keep_their_order() -> None:
    """A heavy-tailed column is read logarithmically far out; a plain one is only scaled."""
    column = np.concatenate([np.linspace(0, 1, 999), [1e6]])
    matrix = np.column_stack([column, np.linspace(0, 1, 1000)])
    scale = Scale.fit(matrix)
    scaled = scale.apply(matrix)
    assert scale.is_heavy.tolist() == [True, False]
    assert scaled[-1, 0] < 20
    assert (np.diff(scaled, axis=0) > 0).all()


def test_shares_are_of_the_reference_and_keep_rising_beyond_it() -> None:
    """Inside it is the share of lower scores; beyond it one row is still told from another."""
    ranks = Ranks(np.arange(100.0))
    share = ranks.share(np.array([-1.0, 50.0, 99.0, 150.0, 1e6]))
    assert share[:3].tolist() == [0.0, 0.5, 0.99]
    assert 0.99 < share[3] < share[4] <= 1.0


def test_half_of_what_is_usual_is_more_unusual_than_half(anomaly, events) -> None:
    """Among the events it was fitted on, shares are spread evenly over 0..1."""
    share = anomaly.score(events.rows, events.kinds, events.personas)
    assert share.min() >= 0
    assert share.max() <= 1
    assert np.quantile(share, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.02)


def test_one_event_equals_the_batch(anomaly, events) -> None:
    """The score of one row is bit for bit that of the batch."""
    rows = events.rows[:200] * np.repeat([1.0, 30.0], 100)[:, None]
    batch = anomaly.score(rows, events.kinds[:200], events.personas[:200])
    ones = [anomaly.score_row(row, kind, persona) for row, kind, persona in
            zip(rows, events.kinds[:200], events.personas[:200], strict=True)]
    assert batch.max() > 1 - 1e-3
    assert ones == batch.tolist()


def test_events_are_compared_with_their_persona_then_their_kind_then_all(anomaly, events) -> None:
    """A group with too few events falls back to the next wider one."""
    few = [(kind, persona) for kind in range(3) for persona in range(5)
           if ((events.kinds == kind) & (events.personas == persona)).sum() < COMPARABLES]
    assert anomaly.group(0, RETAILER) == "scan/retailer"
    assert anomaly.group(0, -1) == "scan"
    assert all("/" not in anomaly.group(*both) for both in few)
    assert {group.split("/")[0] for group in anomaly.detectors} <= {"all", *KINDS}


def test_what_is_usual_for_a_persona_is_not_unusual_for_it() -> None:
    """A distributor's upload is usual among distributors and unusual among retailers."""
    random = np.random.default_rng(0)
    rows = np.exp(random.normal(size=(2000, 3)))
    rows[1000:, 0] *= 300
    personas = np.repeat([RETAILER, DISTRIBUTOR], 1000)
    names = ("member_scans_10m", "a", "b")
    model = AnomalyModel.fit(rows, names, dict.fromkeys(names, ""), {}, np.zeros(2000, np.int64),
                             personas, 0)
    upload = np.array([300.0, 1.0, 1.0])
    assert model.score_row(upload, 0, DISTRIBUTOR) < 0.5
    assert model.score_row(upload, 0, RETAILER) > 0.99


def test_it_says_what_is_unusual(anomaly, fraud_row) -> None:
    """The features far out are named, with the value and the median of comparable events."""
    found = anomaly.unusual(fraud_row, 0, RETAILER)
    assert {far.name for far in found} == {"member_scans_10m", "device_members_24h"}
    assert found[0].value == 9.0
    assert found[0].usual == pytest.approx(1.0, abs=0.15)


def test_facts_labels_and_declarations_are_left_out(anomaly) -> None:
    """The score is free of labels, of facts that have rules of their own and of declarations."""
    assert anomaly.names == ("code_dispatched_hours", "member_scans_10m", "device_members_24h",
                             "event_amount", "outlet_km")


def test_the_same_seed_gives_the_same_model(events, tmp_path) -> None:
    """Fitting twice gives the same bytes."""
    from models.anomaly import ARRAYS

    for folder in ("a", "b"):
        names = [f"f{i}" for i in range(events.rows.shape[1])]
        AnomalyModel.fit(events.rows, names, dict.fromkeys(names, ""), {}, events.kinds,
                         events.personas, 5).save(tmp_path / folder)
    assert (tmp_path / "a" / ARRAYS).read_bytes() == (tmp_path / "b" / ARRAYS).read_bytes()


def test_a_stored_model_reads_back_the_same(anomaly, events, tmp_path) -> None:
    """Arrays and JSON keep every bit, without a pickle."""
    anomaly.save(tmp_path)
    read = AnomalyModel.load(tmp_path).bound(NAMES)
    wanted = anomaly.score(events.rows, events.kinds, events.personas)
    assert read.score(events.rows, events.kinds, events.personas).tolist() == wanted.tolist()
    assert read.usual("event_amount", 0, 0) == anomaly.usual("event_amount", 0, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"anomaly.npz", "anomaly.json"}


@pytest.mark.parametrize("rows", [np.zeros((5, 2)), np.zeros((100, 2)), np.full((100, 2), np.nan)])
def test_rows_that_say_nothing_are_refused(rows) -> None:
    """Too few rows, or rows that are all the same, are no ground for what is usual."""
    with pytest.raises(BadInput, match="rows that differ"):
        Detector.fit(rows, 0)


def test_a_program_without_events_is_refused() -> None:
    """There is nothing to be compared with."""
    nothing = np.zeros(0, np.int64)
    with pytest.raises(BadInput, match="wait until more has happened"):
        AnomalyModel.fit(np.zeros((0, 2)), ["a", "b"], {"a": "", "b": ""}, {}, nothing, nothing, 0)
