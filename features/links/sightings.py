"""From rows of the inbox to edges: who was seen with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.contract import REFEREE_KINDS
from features.links.edges import Edges, folded, packed
from features.links.inbox import ACCOUNT_CHANGE, MEMBER, column
from features.links.kinds import DEVICE, PAYOUT, REFERRAL
from features.places import TIE_BITS, Ints
from features.records import KINDS, SCORED

if TYPE_CHECKING:
    from features.links.declared import Declared

Seen = tuple[int, Ints, Ints, Ints]
"""Kind of link, entities, members, and when."""
_REFERRAL, _REDEMPTION = KINDS.index("referral"), KINDS.index("redemption")
_OUTLET = REFEREE_KINDS.index("outlet")


def sightings(rows: Ints, filed: list[Seen], declared: Declared) -> Edges:
    """Edges of a batch of rows.

    Parameters
    ----------
    rows : shape (n, len(inbox.READ))
        What became known, in its order.
    filed : list of Seen
        What stands on members' files, from `People.take`.
    declared : Declared
        A phone used at a declared place of an event is no sighting.
    """
    parts = [(*seen, np.zeros(len(seen[1]), dtype=np.int64)) for seen in filed]
    parts += [_devices(rows, declared), _payouts(rows), _referrals(rows), _referrers(rows)]
    keys, last, count = [], [], []
    for kind, entity, member, ms, judged in parts:
        good = (entity > 0) & (member > 0)
        keys.append(packed(kind, entity[good], member[good]))
        last.append(ms[good])
        count.append(judged[good])
    return folded(np.concatenate(keys), np.concatenate(last), np.concatenate(count))


def _ms(rows: Ints) -> Ints:
    return column(rows, "place") >> TIE_BITS


def _devices(rows: Ints, declared: Declared) -> tuple[int, Ints, Ints, Ints, Ints]:
    """Devices of judged events and of account changes that the member made himself."""
    kind = column(rows, "kind")
    own = (kind == ACCOUNT_CHANGE) & (column(rows, "agent") == 0)
    rows = rows[(kind < SCORED) | own]
    rows = rows[~declared.at_event(column(rows, "outlet"), column(rows, "place"))]
    judged = (column(rows, "kind") < SCORED).astype(np.int64)
    return DEVICE, column(rows, "device"), column(rows, "member"), _ms(rows), judged


def _payouts(rows: Ints) -> tuple[int, Ints, Ints, Ints, Ints]:
    rows = rows[column(rows, "kind") == _REDEMPTION]
    return (PAYOUT, column(rows, "payout"), column(rows, "member"), _ms(rows),
            np.ones(len(rows), dtype=np.int64))


def _referrals(rows: Ints) -> tuple[int, Ints, Ints, Ints, Ints]:
    is_member = column(rows, "referee_kind") != _OUTLET
    rows = rows[(column(rows, "kind") == _REFERRAL) & is_member]
    return (REFERRAL, column(rows, "member"), column(rows, "referee"), _ms(rows),
            np.ones(len(rows), dtype=np.int64))


def _referrers(rows: Ints) -> tuple[int, Ints, Ints, Ints, Ints]:
    rows = rows[column(rows, "kind") == MEMBER]
    return (REFERRAL, column(rows, "referrer"), column(rows, "member"), _ms(rows),
            np.zeros(len(rows), dtype=np.int64))
