"""Why a member seems to leave: the strongest families of evidence, one sentence each.

A sentence compares today with the member's own normal. It is left out where it would contradict
its numbers: nobody is told that five silent days are long for someone who comes every nine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.answers import Reason

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
PEERS_SILENT: Final = 0.6
"""Share of peers that fell silent together which points at stock or visits, not at the member."""


CODES: Final[dict[str, tuple[str, ...]]] = {
    "silence": ("inactive.silence",),
    "rhythm": ("inactive.longest_gap", "inactive.slower", "inactive.rhythm"),
    "volume": ("inactive.volume", "inactive.few_days"),
    "value": ("inactive.value",),
    "rewards": ("inactive.rewards_slow", "inactive.held", "inactive.expiring",
                "inactive.never_redeemed", "inactive.redeemed_long_ago"),
    "season": ("inactive.outlet_silent", "inactive.rep_silent", "inactive.region_silent",
               "inactive.campaign_over", "inactive.last_year", "inactive.off_season_near"),
    "reach": ("inactive.unreachable", "inactive.short_tenure"),
}  # fmt: skip
"""Codes of each family, the most telling first."""
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
    candidates = sentences(frame)
    order = np.argsort(-shares, axis=1, kind="stable")
    words: dict[tuple[str, str, float, float], str] = {}
    told = []
    for row in range(len(frame)):
        reasons: list[Reason] = []
        for family in order[row].tolist():
            share = float(shares[row, family])
            if len(reasons) == MOST or share <= (NOISE if reasons else 0.0):
                break
            chosen = _first_fit(candidates[FAMILIES[family]], row)
            if chosen is not None:
                code, value, usual = chosen
                key = (code, language[row], value, usual)
                if key not in words:
                    words[key] = texts.text(code, language[row], value=value, usual=usual)
                known = [None if n != n else n for n in (value, usual)]
                reasons.append(Reason(code, words[key], share, *known))
        told.append(tuple(reasons))
    return told


def _first_fit(candidates: list[Sentence], row: int) -> tuple[str, float, float] | None:
    for sentence in candidates:
        if sentence.fits[row]:
            return sentence.code, float(sentence.value[row]), float(sentence.usual[row])
    return None


def _sentence(code: str, fits: object, value: object, usual: object = np.nan) -> Sentence:
    hit = np.asarray(fits, dtype=bool)
    numbers = (np.broadcast_to(np.asarray(v, dtype=np.float64), hit.shape) for v in (value, usual))
    return Sentence(code, hit, *numbers)


def _silence(frame: pd.DataFrame) -> list[Sentence]:
    silence, usual = frame["days_since_last"], np.maximum(frame["cadence"].round(), 1.0)
    return [_sentence("inactive.silence", silence > usual, silence, usual)]


def _rhythm(frame: pd.DataFrame) -> list[Sentence]:
    silence = frame["days_since_last"].to_numpy()
    longest, last, median = (frame[name].to_numpy() for name in
                             ("gap_max", "gap_last", "gap_median"))  # fmt: skip
    usual = np.maximum(frame["cadence"].round().to_numpy(), 1.0)
    return [
        _sentence("inactive.longest_gap", silence > longest, silence, longest),
        _sentence("inactive.slower", (last > median) & (last > 1), last, np.round(median)),
        _sentence("inactive.rhythm", silence > usual, np.round(silence / usual, 1), usual),
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
    ended, returned = frame["days_since_campaign"], frame["gap_last_year_left"]
    return [
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
