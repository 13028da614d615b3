"""What no one can see in this export, and which column would show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import TABLES
from training.findings.health import known

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

ENOUGH: Final = 0.05
"""Below this share of known cells a column tells as good as nothing."""


@dataclass(frozen=True)
class Blind:
    """Something missing, and what stays hidden because of it."""

    missing: str
    hides: str


COLUMNS: Final = (
    ("scans", "code_id", "Codes on scans", "Whether a code was claimed before, was never "
     "dispatched, or was read off a shelf."),
    ("scans", "device_id", "Devices on scans", "Phone farms: many members on one phone, or one "
     "member on many."),
    ("scans", "lat", "Places of scans", "Scans far from the shop, impossible journeys, stock "
     "scanned in the warehouse."),
    ("scans", "outlet_id", "Outlets on scans", "Which shop a claim comes from, and shops where "
     "far more is claimed than sold."),
    ("scans", "seller_id", "Sellers on invoices", "Whether an invoice was claimed before, and "
     "sellers whose papers are too good."),
    ("scans", "invoice_no", "Invoice numbers", "The same invoice handed in again."),
    ("scans", "ip", "Network addresses", "Bots and dial-in farms."),
    ("scans", "recorded_at", "When the server learnt of a scan", "Phones with a wrong clock and "
     "events held back to look honest."),
    ("scans", "agent_id", "Staff on entries", "Staff who enter claims for friends."),
    ("members", "phone_hash", "Phone numbers of members", "One person with several accounts."),
    ("members", "payout_id", "Payout accounts of members", "Several members paid to one account."),
    ("members", "enrolled_by", "Who enrolled a member", "Field reps who enrol ghosts."),
    ("members", "referred_by", "Who referred a member", "Referral trees grown for the bonus."),
    ("members", "off_season", "Off seasons", "Whether silence is the season or a farewell."),
)
TABLES_MISSING: Final = (
    ("codes", "The list of printed codes", "Codes that were never printed, are void, or belong "
     "to goods not yet dispatched."),
    ("outlets", "The list of outlets", "How far a scan was from its shop."),
    ("feedback", "Cases already decided", "What your own fraud looks like: no fraud score can "
     "be learnt, only the unusual be shown."),
    ("returns", "Returned goods", "Points kept for goods that went back."),
    ("account_changes", "Changes of accounts", "Take-overs: a new payout account just before "
     "points are redeemed."),
    ("activities", "Logins, orders, training, visits", "Members who are busy without scanning; "
     "they may look silent here."),
    ("campaigns", "Campaigns and seasons", "Whether a peak or a silence was to be expected."),
    ("declarations", "What you know to be innocent", "Shared tablets, trade fairs and bulk "
     "channels stand out until you declare them."),
)


def blind(frames: Mapping[str, pd.DataFrame]) -> list[Blind]:
    """List what is missing, columns of tables that came before whole tables that did not.

    Parameters
    ----------
    frames : mapping
        Table name to the journal's rows as integers.
    """
    gaps = [
        Blind(_how_much(name, share), hides)
        for table, column, name, hides in COLUMNS
        if table in frames and len(frames[table])
        and (share := known(frames[table], TABLES[table], column)) < ENOUGH
    ]
    gaps += [Blind(name, hides) for table, name, hides in TABLES_MISSING
             if table not in frames or not len(frames[table])]
    return gaps


def _how_much(name: str, share: float) -> str:
    return name if share == 0 else f"{name} ({share:.1%} known)"
