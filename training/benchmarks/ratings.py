"""What raters do, one row each, from the ratings they give and from nothing they receive.

A ratee's other raters are part of the picture (how popular is he, do I differ from them, who came
at the same hour); what anybody says about the rater himself is not. So every number of a rater is
counted as if the ratings of him did not exist: taking them away changes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import NotFound
from training.benchmarks.companions import companions

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "rev2"
"""Where the files lie in the folder of all public data sets; or they lie in the named one."""
PROTOCOL: Final = (
    "count", "mean", "sd", "min", "max", "negative", "extreme", "deviation", "abs_deviation",
    "popularity", "median_popularity", "median_gap", "min_gap", "span", "most_a_day",
    "active_days",
)
"""The sixteen features of the protocol."""
HOUR: Final = 3600.0
DAY: Final = 86_400.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Labelled:
    """The ratings in order of time, and what is known of whom.

    Parameters
    ----------
    ratings : DataFrame
        Columns rater, ratee, weight (-10..10) and second (unix), one row a rating.
    user, fraud : shape (n,)
        Labelled users, and 1 for a fraudulent one.
    """

    ratings: pd.DataFrame
    user: Ints
    fraud: Ints


def read_ratings(data: Path) -> Labelled:
    """Read ``otc_network.csv`` and ``otc_gt.csv``; NotFound where one is missing."""
    names = ["rater", "ratee", "weight", "second"]
    ratings = pd.read_csv(_file(data, "otc_network.csv"), header=None, names=names)
    truth = pd.read_csv(_file(data, "otc_gt.csv"), header=None, names=["user", "label"])
    ordered = ratings.sort_values("second", kind="stable", ignore_index=True)
    return Labelled(ordered, truth["user"].to_numpy(np.int64),
                    (truth["label"] == -1).to_numpy(np.int64))


def _file(data: Path, name: str) -> Path:
    path = data / FOLDER / name if (data / FOLDER).is_dir() else data / name
    if not path.is_file():
        raise NotFound(f"{name} of the rating network", f"nothing at {path}",
                       "name the folder that holds it with --data")
    return path


def outgoing(ratings: pd.DataFrame, users: Ints) -> pd.DataFrame:
    """Features of each user from the ratings he gave, in the order of ``users``.

    Who gave none has a count of 0 and knows nothing else (NaN).

    Parameters
    ----------
    ratings : DataFrame
        Columns rater, ratee, weight, second, in order of time; nobody rates himself.
    """
    edges = _beside(ratings)
    own = edges[edges["rater"].isin(users)]
    parts = [_protocol(own), _sequence(own), _crowd(own), companions(ratings, users)]
    table = pd.concat(parts, axis=1).reindex(users)
    return table.assign(count=table["count"].fillna(0))


def _beside(ratings: pd.DataFrame) -> pd.DataFrame:
    """Every rating beside the other ratings of the same ratee."""
    edges = ratings.copy()
    weight = edges["weight"].astype(np.float64)
    of_ratee, of_rater = weight.groupby(edges["ratee"]), weight.groupby(edges["rater"])
    others = of_ratee.transform("size") - 1
    earlier = of_ratee.cumcount()
    edges["others"], edges["earlier"] = others, earlier
    edges["deviation"] = weight - (of_ratee.transform("sum") - weight) / others.where(others > 0)
    told = (of_ratee.cumsum() - weight) / earlier.where(earlier > 0)
    edges["surprise"] = weight - told
    edges["gap"] = edges.groupby("rater")["second"].diff()
    edges["step"] = of_rater.diff().abs()
    edges["since_other"] = edges.groupby("ratee")["second"].diff()
    edges["hour_of_ratee"] = _near(edges["ratee"], edges["second"], HOUR) - 1
    edges["day_of_ratee"] = _near(edges["ratee"], edges["second"], DAY) - 1
    edges["own_hour"] = _before(edges["rater"], edges["second"], HOUR)
    edges["own_day"] = _before(edges["rater"], edges["second"], DAY)
    return edges.assign(**_ratee_gives(ratings))


def _ratee_gives(ratings: pd.DataFrame) -> dict[str, pd.Series]:
    """How many others the ratee rates, and how kindly; what he says of the rater left out."""
    weight = ratings["weight"].astype(np.float64)
    given = weight.groupby(ratings["rater"]).agg(["size", "sum"])
    pairs = weight.groupby([ratings["rater"], ratings["ratee"]]).agg(["size", "sum"])
    back = pairs.reindex(pd.MultiIndex.from_frame(ratings[["ratee", "rater"]])).fillna(0.0)
    all_of = given.reindex(ratings["ratee"]).fillna(0.0)
    count = pd.Series(all_of["size"].to_numpy() - back["size"].to_numpy(), ratings.index)
    total = pd.Series(all_of["sum"].to_numpy() - back["sum"].to_numpy(), ratings.index)
    return {"ratee_gives": count, "ratee_kind": total / count.where(count > 0)}


def _protocol(own: pd.DataFrame) -> pd.DataFrame:
    """The sixteen features of the protocol."""
    by = own.groupby("rater")
    weight, deviation, days = own["weight"], own["deviation"], (own["second"] // DAY)
    a_day = days.groupby([own["rater"], days]).size().groupby(level=0)
    return pd.DataFrame({
        "count": by.size(), "mean": by["weight"].mean(), "sd": by["weight"].std(),
        "min": by["weight"].min(), "max": by["weight"].max(),
        "negative": (weight < 0).groupby(own["rater"]).mean(),
        "extreme": (weight.abs() == 10).groupby(own["rater"]).mean(),
        "deviation": by["deviation"].mean(),
        "abs_deviation": deviation.abs().groupby(own["rater"]).mean(),
        "popularity": by["others"].mean(), "median_popularity": by["others"].median(),
        "median_gap": by["gap"].median(), "min_gap": by["gap"].min(),
        "span": by["second"].max() - by["second"].min(),
        "most_a_day": a_day.max(), "active_days": a_day.size(),
    })


def _sequence(own: pd.DataFrame) -> pd.DataFrame:
    """When he rates: bursts, pauses, habits, and how his weights follow one another."""
    by = own.groupby("rater")
    quick = own["gap"] < HOUR / 6
    log_gap = np.log1p(own["gap"])
    return pd.DataFrame({
        "first_second": by["second"].min(), "last_second": by["second"].max(),
        "most_an_hour": by["own_hour"].max(), "mean_a_day": by["own_day"].mean(),
        "quick": quick.groupby(own["rater"]).mean(), "max_gap": by["gap"].max(),
        "gap_sd": log_gap.groupby(own["rater"]).std(),
        "step": by["step"].mean(), "first_weight": by["weight"].first(),
        "last_weight": by["weight"].last(),
        "ones": (own["weight"] == 1).groupby(own["rater"]).mean(),
        "weights": by["weight"].nunique(),
    })


def _crowd(own: pd.DataFrame) -> pd.DataFrame:
    """Whom he rates and beside whom: first or late, alone or at the hour of others."""
    by = own.groupby("rater")
    rater, deviation = own["rater"], own["deviation"]
    return pd.DataFrame({
        "first_to_rate": (own["earlier"] == 0).groupby(rater).mean(),
        "only_to_rate": (own["others"] == 0).groupby(rater).mean(),
        "earlier": by["earlier"].mean(), "surprise": by["surprise"].mean(),
        "abs_surprise": own["surprise"].abs().groupby(rater).mean(),
        "against": (own["weight"] * (own["weight"] - deviation) < 0).groupby(rater).mean(),
        "worst_deviation": by["deviation"].min(), "best_deviation": by["deviation"].max(),
        "others_say": (own["weight"] - deviation).groupby(rater).mean(),
        "since_other": by["since_other"].median(),
        "hour_of_ratee": by["hour_of_ratee"].mean(), "day_of_ratee": by["day_of_ratee"].mean(),
        "ratee_gives": by["ratee_gives"].median(), "ratee_kind": by["ratee_kind"].mean(),
        "ratee_silent": (own["ratee_gives"] == 0).groupby(rater).mean(),
    })


def _near(owner: pd.Series, second: pd.Series, width: float) -> Floats:
    """Events of the same owner at most ``width`` seconds before or after, itself included."""
    return _until(owner, second, width) - _until(owner, second, -width, "left")


def _before(owner: pd.Series, second: pd.Series, width: float) -> Floats:
    """Events of the same owner in the ``width`` seconds up to each, itself included."""
    return _until(owner, second, 0.0) - _until(owner, second, -width)


def _until(owner: pd.Series, second: pd.Series, shift: float, side: str = "right") -> Floats:
    """How many events of all owners lie up to each one's time and shift, owners in a row."""
    span = float(second.max() - second.min()) + 4 * DAY
    key = owner.to_numpy(np.float64) * span + (second.to_numpy() - second.min())
    found = np.searchsorted(np.sort(key), key + shift, side="left" if side == "left" else "right")
    return found.astype(np.float64)
