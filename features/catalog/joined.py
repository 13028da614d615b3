"""Columns that events lack and the journal knows: their code's batch, their member's referrer."""

from __future__ import annotations

from typing import Final

from features.engine.definition import (
    EVENTS,
    Column,
    Elapsed,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
)

MEMBER: Final = ("member",)
CODE: Final = ("code",)
OUTLET: Final = ("outlet",)
_SEEN: Final = (*EVENTS, "member")

_REFERRAL: Final = ("referral",)

MERGED: Final[tuple[Column, ...]] = (
    Same("other_member", "referee", ("merge",)),
    Same("other_member", "referee", _REFERRAL, ("referee_kind unknown",)),
    Same("other_member", "referee", _REFERRAL, ("referee_kind == member",)),
    Same("referred_outlet", "referee", _REFERRAL, ("referee_kind == outlet",)),
    Follow("member"),
    Follow("other_member"),
)

OF_CODE: Final[tuple[Column, ...]] = (
    Known("batch", "code", "batch", CODE, ("batch known",)),
    Known("sku", "code", "sku", CODE, ("sku known",)),
    Known("carton", "code", "carton", CODE, ("carton known",)),
    Known("code_state", "code", "status", CODE, ("status known",)),
    Known("code_dispatched_ms", "code", "dispatched_ms", CODE, ("dispatched_ms known",)),
    Known("dispatch_outlet", "code", "outlet", CODE, ("outlet known",)),
    *(Known(f"dispatch_{a}", "code", a, CODE, (f"{a} known",)) for a in "xyz"),
)

OF_OUTLET: Final[tuple[Column, ...]] = (
    Known("region", "outlet", "region", OUTLET, ("region known",)),
    Known("dispatch_region", "outlet", "region", OUTLET, ("region known",), "dispatch_outlet"),
    *(Known(f"outlet_{a}", "outlet", a, OUTLET, (f"{a} known",)) for a in "xyz"),
)

OF_MEMBER: Final[tuple[Column, ...]] = (
    *(
        Known(name, "member", name, MEMBER, (f"{name} known",))
        for name in ("persona", "tier", "joined_ms", "balance", "referrer", "enroller",
                     "address", "phone")
    ),
    Known("home_region", "member", "region", MEMBER, ("region known",)),
    Known("home_outlet", "member", "outlet", MEMBER, ("outlet known",)),
    Known("member_payout", "member", "payout", MEMBER, ("payout known",)),
    Same("payout", "member_payout"),
    Follow("referrer"),
    Follow("enroller"),
    Known("root", "member", "root", _SEEN, (), "referrer"),
    Same("root", "referrer"),
    Same("root", "member"),
    Group("persona_group", "persona"),
)

OF_REFEREE: Final[tuple[Column, ...]] = (
    *(
        Known(f"other_{name}", "member", name, MEMBER, (f"{name} known",), "other_member")
        for name in ("address", "phone", "payout", "joined_ms")
    ),
    Known("other_device", "member", "device", EVENTS, ("device known",), "other_member"),
)

PAIRS: Final[tuple[Column, ...]] = (
    Pair("spot", "lat", "lon"),
    Pair("member_spot", "member", "spot"),
    Pair("member_device", "member", "device"),
    Pair("member_outlet", "member", "outlet"),
    Pair("member_payee", "member", "payout"),
    Pair("member_reward", "member", "reward"),
    Pair("code_member", "code", "member"),
    Pair("carton_member", "carton", "member"),
    Pair("seller_member", "seller", "member"),
    Pair("source_member", "dispatch_outlet", "member"),
    Pair("agent_member", "agent", "member"),
    Probe("member_on_other_device", "member_device", "member", "other_device"),
    Probe("other_on_device", "member_device", "other_member", "device"),
)

MOMENTS: Final[tuple[Column, ...]] = (
    Elapsed("gap_s", "member"),
    Fresh("new_device", "device"),
    Fresh("new_member", "member"),
    Fresh("first_try", "code_member"),
)

DECLARED: Final[tuple[Column, ...]] = (
    *MERGED, *OF_CODE, *OF_OUTLET, *OF_MEMBER, *OF_REFEREE, *PAIRS, *MOMENTS,
)
