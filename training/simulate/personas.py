"""How the five personas behave: how often, how much at a time, at which hours.

All rates are judgements, set so that a program has about fifty judged events a member and year,
with the heavy tails that real programs have: a few members make most of the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RETAILER, DISTRIBUTOR, PROMOTER, INFLUENCER, FIELD_REP = range(5)
"""Numbers of the personas, in the contract's order."""

RHYTHMS: Final = ("steady", "project", "seasonal", "campaign", "sporadic", "never")
"""Own rhythms: all year; bursts with gaps; crop seasons; only when a campaign runs; now and
then; joined and never started."""
STEADY, PROJECT, SEASONAL, CAMPAIGN, SPORADIC, NEVER = range(6)


@dataclass(frozen=True)
class Habits:
    """The habits of a persona.

    Parameters
    ----------
    sessions : float
        Usual sessions a day of an active member.
    spread : float
        Sigma of the lognormal that spreads the rate over members; the heavy tail.
    more : float
        Mean number of further scans in a session (geometric).
    hours : tuple of (hour, sigma, share)
        When in the day: a mixture of normals, local time.
    week : seven floats
        Monday to Sunday.
    invoices : float
        Share of sessions that claim an invoice instead of codes.
    talk : float
        Share of sessions that are logins, visits, demos or orders and scan nothing.
    threshold : float
        Median of the points saved before redeeming.
    """

    sessions: float
    spread: float
    more: float
    hours: tuple[tuple[float, float, float], ...]
    week: tuple[float, float, float, float, float, float, float]
    invoices: float
    talk: float
    threshold: float


_SHOP: Final = ((10.5, 1.3, 0.45), (15.5, 1.6, 0.40), (18.8, 0.9, 0.15))
_SITE: Final = ((9.3, 1.4, 0.35), (14.2, 1.6, 0.30), (18.6, 1.5, 0.35))
_OFFICE: Final = ((10.0, 1.2, 0.55), (15.0, 1.2, 0.45))

HABITS: Final[tuple[Habits, ...]] = (
    Habits(0.105, 0.85, 1.0, _SHOP, (1.1, 1.1, 1.1, 1.1, 1.15, 1.0, 0.45), 0.22, 0.22, 650),
    Habits(0.035, 0.60, 0.6, _OFFICE, (1.3, 1.2, 1.2, 1.2, 1.2, 0.7, 0.2), 0.35, 0.35, 3000),
    Habits(0.055, 0.80, 0.7, _SHOP, (0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9), 0.03, 0.40, 350),
    Habits(0.072, 0.95, 1.0, _SITE, (1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 0.4), 0.06, 0.20, 430),
    Habits(0.060, 0.60, 0.4, _OFFICE, (1.3, 1.2, 1.2, 1.2, 1.2, 0.7, 0.2), 0.05, 0.55, 450),
)
"""Habits by persona number."""

MONTHLY_UPLOADS: Final = 1.0
UPLOAD_LINES: Final = (26.0, 0.7, 400)
"""A distributor's file: files a month, and median, sigma and cap of its lines."""

TRADES: Final = {RETAILER: "shopkeeper", DISTRIBUTOR: "wholesaler", PROMOTER: "promoter",
                 FIELD_REP: "sales_rep"}
"""Trades of the personas that have but one."""
