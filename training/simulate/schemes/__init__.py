"""Schemes: how partners, distributors and staff cheat a program, one small function each.

Each function plays one incident of one pattern of the fraud reference: some actors, a limited
time, and in the event data exactly what such a pattern leaves there. Everything else about its
events is drawn as for honest ones. To add a pattern, write a function and register it with
``@BILL.act(slug, size=..., share=...)``; ``since`` and ``until`` let it appear or end in mid-run,
and two acts under one slug change its mode. Many actors adapt once they are refused or held.
Shares add up to about 1.6 % of the judged events.
"""

from training.simulate.schemes import (
    accounts,
    claims,
    devices,
    insiders,
    labels,
    onboarding,
    places,
    shelves,
)
from training.simulate.schemes.bill import BILL

__all__ = ["BILL", "accounts", "claims", "devices", "insiders", "labels", "onboarding", "places",
           "shelves"]
