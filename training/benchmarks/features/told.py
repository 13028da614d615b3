"""Reference rows between the events of the generated records: members, codes, outlets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.engine.clause import WORDS
from features.store.derived import on_sphere
from training.benchmarks.features.draws import belonging, facts_of, maybe, spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.places import Ints
    from training.benchmarks.features.log import Log

DAY_MS: Final = 86_400_000
CODES_TOLD: Final = 0.2
CODES_A_BATCH, CODES_A_CARTON = 2000, 50
AGENTS, REGIONS, SKUS, SELLERS, CARRIERS = 40, 20, 200, 200, 60
"""How many there are; the addresses of carriers come before all others."""
MEMBERS_AGAIN: Final = 0.1
"""Share of a slice's late members that the program tells of in it."""
_DECLARED: Final = 20
HOUSEHOLD: Final = 4
"""Members that share address, phone and payout account."""
OUTLET_SPOT, MEMBER_SPOT = 21, 22
"""Salts of the coordinates of an outlet or a member."""


def told_before(
    log: Log, rng: np.random.Generator, events: Mapping[str, Ints], is_first: bool
) -> Ints:
    """Reference rows known just before a slice: some of its codes and members, declarations.

    Every second member and all outlets are known before the first one.
    """
    before = int(events["ts_ms"][0]) - 1
    code = events["event"][rng.random(len(events["event"])) < CODES_TOLD]
    parts = [_codes(log, code, before), _declarations(log, rng, before)]
    if is_first:
        parts += [_members(log, np.arange(1, log.members + 1, 2), before), _outlets(log, before)]
    later = np.unique(events["member"][events["member"] % 2 == 0])
    again = later[rng.random(len(later)) < MEMBERS_AGAIN]
    return np.concatenate([*parts, _members(log, again, before)])


def payout_of(log: Log, member: Ints) -> Ints:
    """Account on a member's file."""
    return belonging(member // HOUSEHOLD, 3, log.members)


def _codes(log: Log, code: Ints, ms: int) -> Ints:
    outlet = belonging(code, 4, log.outlets)
    x, y, z = on_sphere(*spot_of(outlet, OUTLET_SPOT))
    batch = 1 + code // CODES_A_BATCH
    return facts_of(
        "code", ms, len(code), code=code, batch=batch, carton=1 + code // CODES_A_CARTON,
        sku=belonging(batch, 5, SKUS), outlet=outlet, x=x, y=y, z=z,
        status=1 + (belonging(code, 6, 50) == 1),
        dispatched_ms=ms - belonging(code, 7, 9) * DAY_MS)


def _members(log: Log, member: Ints, ms: int) -> Ints:
    lat, lon = spot_of(member, MEMBER_SPOT)
    x, y, z = on_sphere(lat, lon)
    home = log.home[member - 1]
    up = np.where(belonging(member, 8, 3) == 1, belonging(member, 9, log.members), 0)
    return facts_of(
        "member", ms, len(member), member=member, outlet=home, lat=lat, lon=lon, x=x, y=y, z=z,
        payout=payout_of(log, member), address=belonging(member // HOUSEHOLD, 10, log.members),
        phone=belonging(member // HOUSEHOLD, 11, log.members),
        referrer=np.where(up < member, up, 0),
        enroller=belonging(member, 12, 60), region=belonging(home, 13, REGIONS),
        persona=belonging(member, 14, 5) - 1, tier=belonging(member, 15, 4) - 1,
        joined_ms=ms - belonging(member, 16, 400) * DAY_MS, balance=belonging(member, 17, 20_000))


def _outlets(log: Log, ms: int) -> Ints:
    outlet = np.arange(1, log.outlets + 1)
    lat, lon = spot_of(outlet, OUTLET_SPOT)
    x, y, z = on_sphere(lat, lon)
    return facts_of("outlet", ms, len(outlet), outlet=outlet, lat=lat, lon=lon, x=x, y=y, z=z,
                    region=belonging(outlet, 13, REGIONS))


def _declarations(log: Log, rng: np.random.Generator, ms: int) -> Ints:
    """A few parties declared innocent, for a while or for good."""
    parties = {"member": log.members, "device": log.shared, "outlet": log.outlets,
               "ip": CARRIERS, "payout": log.members, "agent": AGENTS}
    start, end = rng.integers(-5, 5, _DECLARED), rng.integers(6, 40, _DECLARED)
    return facts_of(
        "declaration", ms, _DECLARED,
        declaration=rng.integers(0, len(WORDS["declaration"]), _DECLARED),
        valid_from_ms=maybe(rng, ms + start * DAY_MS, 0.7),
        valid_to_ms=maybe(rng, ms + end * DAY_MS, 0.5),
        **{party: rng.integers(1, most + 1, _DECLARED) for party, most in parties.items()})
