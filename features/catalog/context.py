"""What the event says of itself, when it happened, and what the program declared of its parties."""

from __future__ import annotations

from typing import Final

from features.engine.definition import Aggregate, Expression, Feature


def _own(name: str, formula: str, unit: str, meaning: str) -> Expression:
    return Expression(name, formula=formula, unit=unit, family="context", meaning=meaning)


def _declared(name: str, entity: str, kind: str, meaning: str) -> Aggregate:
    return Aggregate(
        name, entity=entity, aggregate="valid", kinds=("declaration",),
        where=(f"declaration == {kind}",), unit="flag", family="declared", meaning=meaning)


EVENT: Final[tuple[Feature, ...]] = (
    _own("event_kind", "kind", "code", "0 scan, 1 referral, 2 redemption"),
    _own("event_points", "points", "points", "Points the event asks for or spends"),
    _own("event_amount", "amount", "minor units", "Money of the event"),
    _own("event_quantity", "quantity", "millionths", "Quantity of the event"),
    _own("event_proof", "proof", "code", "How the goods were shown"),
    _own("event_capture", "capture", "code", "How the code or invoice was captured"),
    _own("event_channel", "channel", "code", "How the event came in"),
    _own("event_mock_location", "mock_location", "flag", "The phone says its place is made up"),
    _own("event_reward_kind", "reward_kind", "code", "Kind of reward redeemed"),
    _own("event_referee_kind", "referee_kind", "code", "Whether a member or outlet was referred"),
    _own("event_in_mission", "known(mission)", "flag", "The event answers a mission"),
    _own("event_late_s", "(now_ms - occurred_ms) / 1000", "s",
         "From the phone's time to the server's"),
    _own("event_hour", "hour(local_ms)", "h", "Hour of the day in the program's time zone"),
    _own("event_weekday", "weekday(local_ms)", "day", "Day of the week, Monday 0"),
    _own("event_weekend", "weekday(local_ms) >= 5", "flag", "Saturday or Sunday"),
    _own("event_night", "hour(local_ms) <= 6", "flag", "Midnight to before seven"),
    _own("member_persona", "persona", "code", "Trade role of the member"),
    _own("member_tier", "tier", "code", "Earned level of the member"),
    _own("member_joined_days", "(now_ms - joined_ms) / 86400000", "d", "Days since joining"),
)

DECLARATIONS: Final[tuple[Feature, ...]] = (
    _declared("device_declared", "device", "shared_device", "The device is declared shared"),
    _declared("payout_declared", "payout", "shared_payout", "The payout is declared shared"),
    _declared("ip_declared", "ip", "shared_ip", "The address on the network is declared shared"),
    _declared("outlet_event_place", "outlet", "event_place", "The outlet is a declared event"),
    _declared("member_bulk_channel", "member", "bulk_channel", "The member may upload in bulk"),
    _declared("device_bulk_channel", "device", "bulk_channel", "The device may upload in bulk"),
    _declared("agent_bulk_channel", "agent", "bulk_channel", "The agent may upload in bulk"),
    _declared("device_handheld", "device", "handheld_client", "A declared warehouse scanner"),
    _declared("member_own_shop", "member", "own_shop", "The member declared a shop of his own"),
    _declared("outlet_own_shop", "outlet", "own_shop", "The outlet is declared a member's own"),
)

DECLARED: Final[tuple[Feature, ...]] = (*EVENT, *DECLARATIONS)
