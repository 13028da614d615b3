"""The events that are judged, as they are sent; columns as in the contract's tables."""

from datetime import datetime
from typing import Literal, Required, TypedDict


class Scan(TypedDict, total=False):
    """A scan; see the table `scans` of the contract."""

    kind: Required[Literal["scan"]]
    event_id: Required[str]
    member_id: Required[str]
    occurred_at: Required[str | datetime]
    points: Required[int]
    proof: Required[Literal["qr", "barcode", "serial", "invoice"]]
    recorded_at: str | datetime
    code_id: str
    batch_id: str
    sku: str
    quantity: float
    amount: float
    outlet_id: str
    seller_id: str
    invoice_no: str
    invoice_hash: str
    invoice_lines_hash: str
    end_customer_hash: str
    device_id: str
    ip: str
    lat: float
    lon: float
    capture: Literal["camera", "gallery", "manual", "handheld"]
    mock_location: bool
    channel: Literal["app", "whatsapp", "viber", "sms", "api", "file"]
    upload_id: str
    agent_id: str
    mission_id: str
    attachment_url: str
    outcome: Literal["credited", "held", "refused"]


class Referral(TypedDict, total=False):
    """A referral; see the table `referrals` of the contract."""

    kind: Required[Literal["referral"]]
    event_id: Required[str]
    member_id: Required[str]
    occurred_at: Required[str | datetime]
    points: Required[int]
    referee_id: Required[str]
    recorded_at: str | datetime
    referee_kind: Literal["member", "outlet"]
    device_id: str
    ip: str
    lat: float
    lon: float
    channel: Literal["app", "whatsapp", "viber", "sms", "api", "file"]
    agent_id: str
    mission_id: str
    outcome: Literal["credited", "held", "refused"]


class Redemption(TypedDict, total=False):
    """A redemption; see the table `redemptions` of the contract."""

    kind: Required[Literal["redemption"]]
    event_id: Required[str]
    member_id: Required[str]
    occurred_at: Required[str | datetime]
    points: Required[int]
    reward_id: Required[str]
    recorded_at: str | datetime
    reward_kind: Literal["catalog", "voucher", "cashback", "experience"]
    amount: float
    payout_id: str
    device_id: str
    ip: str
    lat: float
    lon: float
    channel: Literal["app", "whatsapp", "viber", "sms", "api", "file"]
    agent_id: str
    mission_id: str
    outcome: Literal["credited", "held", "refused"]
    status: str
    fulfilled_at: str | datetime
