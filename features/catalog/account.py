"""Account changes, balance and silence before a redemption."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, OLD_MS, Aggregate, Expression, Feature

_of = partial(Aggregate, family="account", entity="member")
_formula = partial(Expression, family="account")
_CHANGE: Final = ("account_change",)
_CREDITS: Final = (*EVENTS, "decision")

CHANGES: Final[tuple[Feature, ...]] = (
    _of("changed_ms", aggregate="since", kinds=_CHANGE, hidden=True),
    *(
        _of(f"{what}_changed_ms", aggregate="since", kinds=_CHANGE, where=(f"change == {what}",),
            hidden=True)
        for what in ("payout", "phone", "password", "device", "address")
    ),
    _formula("account_change_minutes", formula=f"min(changed_ms, {OLD_MS}) / 60000", unit="min",
             meaning="Since any account change"),
    *(
        _formula(f"{what}_change_minutes", formula=f"min({what}_changed_ms, {OLD_MS}) / 60000",
                 unit="min", meaning=f"Since the {what} was changed")
        for what in ("payout", "phone", "password", "device", "address")
    ),
    _of("account_changes_7d", aggregate="count", kinds=_CHANGE, window="7d",
        meaning="Account changes in 7d"),
    _of("account_changes_by_staff_30d", aggregate="count", kinds=_CHANGE,
        where=("agent known",), window="30d", meaning="Account changes by staff in 30d"),
)

BALANCE: Final[tuple[Feature, ...]] = (
    _of("earned", aggregate="sum", argument="credited_points", kinds=_CREDITS,
        where=("reward unknown",), hidden=True),
    _of("spent", aggregate="sum", argument="credited_points", kinds=_CREDITS,
        where=("reward known",), hidden=True),
    _of("booked", aggregate="sum", argument="points", kinds=("adjustment",), hidden=True),
    _formula("member_balance", unit="points",
             formula="max(max(default(balance, 0), earned + booked - spent), 0)",
             meaning="Balance told by the program, or credits less redemptions where that is more"),
    _formula("balance_share", unit="share",
             formula="where(known(reward), points / max(max(member_balance, points), 1), unknown)",
             meaning="Share of the balance that this redemption spends"),
    Aggregate("reward_before", entity="member_reward", aggregate="count", before=True,
              family="account", meaning="Earlier redemptions of this reward by the member"),
)

SILENCE: Final[tuple[Feature, ...]] = (
    _of("idle_ms", aggregate="since", hidden=True),
    _formula("member_idle_days", formula="idle_ms / 86400000", unit="d",
             meaning="Days since the member's previous event"),
    _of("member_age_ms", aggregate="age", hidden=True),
    _formula("member_seen_days", formula=f"min(member_age_ms, {OLD_MS}) / 86400000", unit="d",
             meaning="Days since the member's first event"),
    _of("login_ms", aggregate="since", kinds=("activity",), hidden=True),
    _formula("member_activity_days", formula=f"min(login_ms, {OLD_MS}) / 86400000", unit="d",
             meaning="Days since the member's last activity outside scans"),
)

DECLARED: Final[tuple[Feature, ...]] = (*CHANGES, *BALANCE, *SILENCE)
