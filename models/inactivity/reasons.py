"""Why a member seems to leave: the strongest families of evidence, one sentence each.

A sentence compares today with the member's own normal. It is left out where it would contradict
its numbers: nobody is told that five silent days are long for someone who comes every nine.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.answers import Reason
from models.inactivity.states import NO_STOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from models.texts import Texts

Floats = npt.NDArray[np.float64]
FAMILIES: Final = ("silence", "rhythm", "volume", "value", "rewards", "season", "reach")
MOST: Final = 3
NOISE: Final = 0.1
"""Log-odds under which a family changes its sign from one refit to the next (half the spread
of 0.23 measured over refits of the public logs)."""
HABIT: Final = 2
"""Gaps from which something is usual for a member."""
PEERS_SILENT: Final = 0.6
"""Share of peers that fell silent together which points at stock or visits, not at the member."""


CODES: Final[dict[str, tuple[str, ...]]] = {
    "silence": ("inactive.silence", "inactive.silence_early"),
    "rhythm": ("inactive.longest_gap", "inactive.slower", "inactive.rhythm"),
    "volume": ("inactive.volume", "inactive.few_days"),
    "value": ("inactive.value",),
    "rewards": ("inactive.rewards_slow", "inactive.held", "inactive.expiring",
                "inactive.never_redeemed", "inactive.redeemed_long_ago"),
    "season": ("inactive.outlet_supply", "inactive.region_supply", "inactive.outlet_silent",
               "inactive.rep_silent", "inactive.region_silent", "inactive.campaign_over",
               "inactive.last_year", "inactive.off_season_near"),
    "reach": ("inactive.unreachable", "inactive.short_tenure"),
}  # fmt: skip
"""Codes of each family, the most telling first."""
CODE_NAMES: Final = tuple(code for codes in CODES.values() for code in codes)
FAMILY_OF: Final = {code: family for family, codes in CODES.items() for code in codes}


class Sentence(NamedTuple):
    """A code with its two numbers, for the members it fits: arrays of shape (n,)."""

    code: str
    fits: npt.NDArray[np.bool_]
    value: Floats
    usual: Floats


def sentences(frame: pd.DataFrame) -> dict[str, list[Sentence]]:
    """Candidate sentences of each family, the most telling first.

    Parameters
    ----------
    frame : DataFrame
        Member frame of n started members.
    """
    return {
        "silence": _silence(frame),
        "rhythm": _rhythm(frame),
        "volume": _volume(frame),
        "value": _value(frame),
        "rewards": _rewards(frame),
        "season": _season(frame),
        "reach": _reach(frame),
    }


def explain(
    frame: pd.DataFrame, shares: Floats, texts: Texts, language: Sequence[str]
) -> list[tuple[Reason, ...]]:
    """At most three reasons for each member, strongest first.

    Parameters
    ----------
    frame : DataFrame
        Member frame of n started members.
    shares : shape (n, len(FAMILIES))
        Log-odds that each family adds.
    texts : Texts
        Words by language.
    language : sequence of str, length n
        Language of each member.
    """
    chosen = _chosen(frame, shares)
    numbers = [(_known(value), _known(usual)) for value, usual in
               zip(chosen.value.tolist(), chosen.usual.tolist(), strict=True)]
    words = _words(chosen, numbers, texts, np.asarray(language, dtype=object))
    reasons = [Reason(CODE_NAMES[code], text, share, *pair) for code, text, share, pair in
               zip(chosen.code.tolist(), words, chosen.share.tolist(), numbers, strict=True)]
    bounds = np.searchsorted(chosen.row, np.arange(len(frame) + 1)).tolist()
    return [tuple(reasons[start:end]) for start, end in pairwise(bounds)]


class _Chosen(NamedTuple):
    """What is told, member by member and strongest first: arrays of shape (reasons,)."""

    row: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    share: Floats
    value: Floats
    usual: Floats


def _chosen(frame: pd.DataFrame, shares: Floats) -> _Chosen:
    """Take families by size, each with its first sentence that fits, until enough is told."""
    first = [_first_fit(found, len(frame)) for found in sentences(frame).values()]
    code, value, usual = (np.column_stack([one[i] for one in first]) for i in range(3))
    order = np.argsort(-shares, axis=1, kind="stable")
    every = np.arange(len(frame))
    count, goes_on = np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    parts = []
    for place in range(len(FAMILIES)):
        family = order[:, place]
        share = shares[every, family]
        goes_on &= (count < MOST) & (share > np.where(count > 0, NOISE, 0.0))
        rows = np.flatnonzero(goes_on & (code[every, family] >= 0))
        count[rows] += 1
        at = rows, family[rows]
        parts.append(_Chosen(rows, code[at], shares[at], value[at], usual[at]))
    joined = _Chosen._make(np.concatenate(column) for column in zip(*parts, strict=True))
    by_member = np.argsort(joined.row, kind="stable")
    return _Chosen._make(column[by_member] for column in joined)


def _first_fit(candidates: list[Sentence], count: int) -> tuple[Any, Floats, Floats]:
    """Code number (-1: none), value and usual of each member's first sentence that fits."""
    code = np.full(count, -1, dtype=np.int64)
    value, usual = np.full(count, np.nan), np.full(count, np.nan)
    for sentence in reversed(candidates):
        code[sentence.fits] = CODE_NAMES.index(sentence.code)
        value[sentence.fits] = sentence.value[sentence.fits]
        usual[sentence.fits] = sentence.usual[sentence.fits]
    return code, value, usual


def _words(
    chosen: _Chosen, numbers: list[tuple[float | None, float | None]], texts: Texts,
    language: npt.NDArray[np.object_],
) -> list[str]:
    """One text for each; every number and every sentence is written once."""
    written: dict[tuple[str, float | None], str] = {}
    told: dict[tuple[int, str, float | None, float | None], str] = {}
    words = []
    for code, spoken, pair in zip(chosen.code.tolist(), language[chosen.row].tolist(), numbers,
                                  strict=True):
        key = (code, spoken, *pair)
        if key not in told:
            value, usual = (written.get((spoken, n)) or
                            written.setdefault((spoken, n), texts.write(n, spoken)) for n in pair)
            told[key] = texts.text(CODE_NAMES[code], spoken, value=value, usual=usual)
        words.append(told[key])
    return words


def _known(number: float) -> float | None:
    return None if number != number else number


def _sentence(code: str, fits: object, value: object, usual: object = np.nan) -> Sentence:
    hit = np.asarray(fits, dtype=bool)
    numbers = (np.broadcast_to(np.asarray(v, dtype=np.float64), hit.shape) for v in (value, usual))
    return Sentence(code, hit, *numbers)


def _silence(frame: pd.DataFrame) -> list[Sentence]:
    silence, usual = frame["days_since_last"], np.maximum(frame["cadence"].round(), 1.0)
    return [
        _sentence("inactive.silence", (silence > usual) & _has_habit(frame), silence, usual),
        _sentence("inactive.silence_early", (silence > usual) & ~_has_habit(frame), silence,
                  frame["repeat_days"] + 1),
    ]  # fmt: skip


def _has_habit(frame: pd.DataFrame) -> pd.Series:
    """Whether a member has been seen often enough to speak of what is usual for him."""
    return frame["repeat_days"] >= HABIT


def _rhythm(frame: pd.DataFrame) -> list[Sentence]:
    silence = frame["days_since_last"].to_numpy()
    longest, last, median = (frame[name].to_numpy() for name in
                             ("gap_max", "gap_last", "gap_median"))  # fmt: skip
    usual = np.maximum(frame["cadence"].round().to_numpy(), 1.0)
    return [
        _sentence("inactive.longest_gap", (silence > longest) & (longest >= 1), silence, longest),
        _sentence("inactive.slower", (last > median) & (last > 1), last, np.round(median)),
        _sentence("inactive.rhythm", (silence > usual) & _has_habit(frame).to_numpy(),
                  np.round(silence / usual, 1), usual),
    ]


def _volume(frame: pd.DataFrame) -> list[Sentence]:
    days = frame["repeat_days"] + 1
    usual = (days * 90 / frame["tenure"].clip(lower=90)).round(1)
    now = frame["active_days_90"]
    return [
        _sentence("inactive.volume", now < usual, now, usual),
        _sentence("inactive.few_days", days <= 3, days),
    ]


def _value(frame: pd.DataFrame) -> list[Sentence]:
    last, mean = frame["points_last"].round(), frame["points_mean"].round()
    return [_sentence("inactive.value", last < mean, last, mean)]


def _rewards(frame: pd.DataFrame) -> list[Sentence]:
    balance, expiry = frame["balance"].to_numpy(), frame["days_to_expiry"].to_numpy()
    return [
        _sentence("inactive.rewards_slow", frame["slow_rewards_180"] > 0,
                  frame["slow_rewards_180"]),
        _sentence("inactive.held", frame["held_60"] > 0, frame["held_60"]),
        _sentence("inactive.expiring", (expiry >= 0) & (expiry <= 60) & (balance > 0), expiry,
                  balance),
        _sentence("inactive.never_redeemed", frame["redeemed_ever"] == 0,
                  frame["days_since_joined"]),
        _sentence("inactive.redeemed_long_ago", frame["days_since_redemption"] > 60,
                  frame["days_since_redemption"]),
    ]  # fmt: skip


def _season(frame: pd.DataFrame) -> list[Sentence]:
    quiet = [(f"inactive.{name}_silent", frame[f"{name}_silent"])
             for name in ("outlet", "rep", "region")]  # fmt: skip
    flows = [(f"inactive.{name}_supply", frame[f"{name}_flow"]) for name in ("outlet", "region")]
    ended, returned = frame["days_since_campaign"], frame["gap_last_year_left"]
    return [
        *(_sentence(code, flow <= NO_STOCK, (100 * flow).round()) for code, flow in flows),
        *(_sentence(code, share >= PEERS_SILENT, (100 * share).round()) for code, share in quiet),
        _sentence("inactive.campaign_over", (ended <= 90) & (frame["campaign_now"] == 0), ended),
        _sentence("inactive.last_year", returned > 14, frame["gap_last_year"], returned),
        _sentence("inactive.off_season_near", frame["off_season_ahead"] > 0,
                  (100 * frame["off_season_ahead"]).round()),
    ]  # fmt: skip


def _reach(frame: pd.DataFrame) -> list[Sentence]:
    return [
        _sentence("inactive.unreachable", frame["failed_90"] > 0, frame["failed_90"],
                  frame["delivered_90"]),
        _sentence("inactive.short_tenure", frame["tenure"] <= 180, frame["tenure"]),
    ]  # fmt: skip
