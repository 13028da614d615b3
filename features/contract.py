"""The tables a program hands to Jaga, declared once.

Everything that reads, checks, stores or documents a table starts from ``TABLES``. A column's
type says how a cell becomes an integer: the journal holds integers only, and every string lives
in the dictionary of its entity kind (`features.store.entities`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Type = Literal["id", "time", "points", "integer", "money", "decimal", "degrees", "boolean",
               "enum", "set", "private"]
"""id and private are strings (interned; kept apart), time is UTC ms, money minor units of the
program's currency, decimal and degrees millionths, enum the index of its value, set a bit mask."""

PERSONAS: Final = ("retailer", "distributor", "promoter", "influencer", "field_rep")
TIERS: Final = ("bronze", "silver", "gold", "platinum")
CHANNELS: Final = ("whatsapp", "viber", "app", "sms")
PROOFS: Final = ("qr", "barcode", "serial", "invoice")
CAPTURES: Final = ("camera", "gallery", "manual", "handheld")
ENTRY_CHANNELS: Final = ("app", "whatsapp", "viber", "sms", "api", "file")
OUTCOMES: Final = ("credited", "held", "refused")
REFEREE_KINDS: Final = ("member", "outlet")
REWARD_KINDS: Final = ("catalog", "voucher", "cashback", "experience")
LABELS: Final = ("legit", "fraud")
SOURCES: Final = ("review", "audit", "appeal", "chargeback")
CHANGES: Final = ("phone", "payout", "password", "device", "address", "name")
ACTIVITIES: Final = ("login", "order", "training", "visit", "demo", "display")
CODE_STATUSES: Final = ("printed", "dispatched", "activated", "void")
CAMPAIGN_KINDS: Final = ("season", "campaign", "festival")
DECLARATIONS: Final = ("shared_device", "shared_payout", "shared_ip", "event_place",
                       "bulk_channel", "handheld_client", "own_shop")
HOLDOUTS: Final = ("none", "mission", "global")
DELIVERY_STATUSES: Final = ("queued", "sent", "delivered", "read", "failed", "opted_out")


@dataclass(frozen=True)
class Column:
    """One column of a table: name, type, whether it must be there, and what it may hold.

    Parameters
    ----------
    name : str
        The contract's name; also the column's name in the journal.
    type : Type
        How a cell becomes an integer.
    required : bool
        A row without it is a reject; a file without it stops the ingest.
    kind : str
        For ``id``: the dictionary it is interned in.
    values : tuple of str
        For ``enum`` and ``set``: the words allowed, in the order of their integers.
    low, high : int or None
        Bounds of the stored integer, inclusive.
    """

    name: str
    type: Type
    required: bool = False
    kind: str = ""
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    Parameters
    ----------
    name : str
        File name without ending, and the journal's table.
    columns : tuple of Column
        In the contract's order, without ``program_id`` and ``known_at``.
    identity : tuple of str
        Columns that make a row the same row; all of them where a row has no id of its own.
    first_time : str
        The row's own first time, from which it is known where ``known_at`` is missing; empty
        where such a row is known from the start.
    role : str
        ``event``: judged, has a place. ``log``: appended once, never versioned.
        ``version``: a changed row is a new version.
    """

    name: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...]
    first_time: str
    role: Literal["event", "log", "version"]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _id(name: str, kind: str = "", required: bool = False) -> Column:
    return Column(name, "id", required, kind=kind or name.removesuffix("_id"))


def _time(name: str, required: bool = False) -> Column:
    return Column(name, "time", required)


def _enum(name: str, values: tuple[str, ...], required: bool = False) -> Column:
    return Column(name, "enum", required, values=values)


def _points(required: bool = True) -> Column:
    return Column("points", "points", required, low=0, high=10**12)


_PLACE = (
    Column("lat", "degrees", low=-90_000_000, high=90_000_000),
    Column("lon", "degrees", low=-180_000_000, high=180_000_000),
)
_AMOUNT = Column("amount", "money", low=0, high=10**15)
_QUANTITY = Column("quantity", "decimal", low=0, high=10**15)
_EVENT = (
    _id("event_id", required=True),
    _id("member_id", required=True),
    _time("occurred_at", required=True),
)

MEMBERS: Final = Table("members", (
    _id("member_id", required=True),
    _enum("persona", PERSONAS, required=True),
    _time("joined_at", required=True),
    _id("trade"), _enum("tier", TIERS), _id("region"), _id("language"), _id("timezone"),
    *_PLACE,
    _id("outlet_id"), _id("referred_by", "member"), _id("enrolled_by", "member"),
    _id("phone_hash", "phone"), _id("payout_id"), _id("address_hash", "address"),
    Column("channels", "set", values=CHANNELS), Column("consent", "boolean"),
    _id("off_season"), Column("points_balance", "integer"), _time("points_expire_at"),
    Column("display_name", "private"), Column("contact_url", "private"),
), ("member_id",), "joined_at", "version")

SCANS: Final = Table("scans", (
    *_EVENT, _points(), _enum("proof", PROOFS, required=True),
    _time("recorded_at"), _id("code_id"), _id("batch_id"), _id("sku"), _QUANTITY, _AMOUNT,
    _id("outlet_id"), _id("seller_id"), _id("invoice_no"), _id("invoice_hash"),
    _id("invoice_lines_hash"), _id("end_customer_hash", "end_customer"), _id("device_id"),
    _id("ip"), *_PLACE, _enum("capture", CAPTURES), Column("mock_location", "boolean"),
    _enum("channel", ENTRY_CHANNELS), _id("upload_id"), _id("agent_id"), _id("mission_id"),
    _id("attachment_url", "attachment"), _enum("outcome", OUTCOMES),
), ("event_id",), "recorded_at", "event")

REFERRALS: Final = Table("referrals", (
    *_EVENT, _points(), _id("referee_id", "referee", required=True),
    _time("recorded_at"), _enum("referee_kind", REFEREE_KINDS), _id("device_id"), _id("ip"),
    *_PLACE, _enum("channel", ENTRY_CHANNELS), _id("agent_id"), _id("mission_id"),
    _enum("outcome", OUTCOMES),
), ("event_id",), "recorded_at", "event")

REDEMPTIONS: Final = Table("redemptions", (
    *_EVENT, _points(), _id("reward_id", required=True),
    _time("recorded_at"), _enum("reward_kind", REWARD_KINDS), _AMOUNT, _id("payout_id"),
    _id("device_id"), _id("ip"), *_PLACE, _enum("channel", ENTRY_CHANNELS), _id("agent_id"),
    _id("mission_id"), _enum("outcome", OUTCOMES), _id("status", "redemption_status"),
    _time("fulfilled_at"),
), ("event_id",), "recorded_at", "event")

FEEDBACK: Final = Table("feedback", (
    _id("event_id", required=True), _enum("label", LABELS, required=True),
    _time("decided_at", required=True), _enum("source", SOURCES), _id("pattern"),
    _id("reviewer_id", "agent"), _time("opened_at"),
), ("event_id", "label", "decided_at", "source", "reviewer_id"), "decided_at", "log")

RETURNS: Final = Table("returns", (
    _id("return_id", required=True), _id("event_id", required=True),
    _time("returned_at", required=True), _QUANTITY,
), ("return_id",), "returned_at", "log")

ACCOUNT_CHANGES: Final = Table("account_changes", (
    _id("change_id", required=True), _id("member_id", required=True),
    _time("changed_at", required=True), _enum("what", CHANGES, required=True),
    _id("value", "change_value"), _id("agent_id"), _id("device_id"),
), ("change_id",), "changed_at", "log")

MERGES: Final = Table("merges", (
    _id("merge_id", required=True), _id("member_id", required=True),
    _id("into_member_id", "member", required=True), _time("merged_at", required=True),
), ("merge_id",), "merged_at", "log")

ADJUSTMENTS: Final = Table("adjustments", (
    *_EVENT, Column("points", "points", True, low=-(10**12), high=10**12),
    _id("agent_id"), _id("reason"), _id("ticket"),
), ("event_id",), "occurred_at", "log")

ACTIVITY_ROWS: Final = Table("activities", (
    *_EVENT, _enum("kind", ACTIVITIES, required=True), _id("sku"), _QUANTITY, _id("ref"),
), ("event_id",), "occurred_at", "log")

CODES: Final = Table("codes", (
    _id("code_id", required=True), _id("batch_id"), _id("sku"), _points(required=False),
    _enum("status", CODE_STATUSES), _time("dispatched_at"),
    _id("dispatched_outlet_id", "outlet"),
    Column("dispatched_lat", "degrees", low=-90_000_000, high=90_000_000),
    Column("dispatched_lon", "degrees", low=-180_000_000, high=180_000_000),
    _id("carton_id"),
), ("code_id",), "dispatched_at", "version")

OUTLETS: Final = Table("outlets", (
    _id("outlet_id", required=True), _id("kind", "outlet_kind"), _id("region"), *_PLACE,
), ("outlet_id",), "", "version")

CAMPAIGNS: Final = Table("campaigns", (
    _id("campaign_id", required=True), _enum("kind", CAMPAIGN_KINDS, required=True),
    _time("starts_at", required=True), _time("ends_at", required=True),
    _enum("persona", PERSONAS), _id("region"), _id("sku"),
    Column("multiplier", "decimal", low=0, high=10**12),
), ("campaign_id",), "starts_at", "version")

DECLARED: Final = Table("declarations", (
    _enum("kind", DECLARATIONS, required=True), _id("subject_id", required=True),
    _time("valid_from"), _time("valid_to"), _id("note"),
), ("kind", "subject_id", "valid_from"), "valid_from", "version")

MISSIONS: Final = Table("missions", (
    _id("decision_id", required=True), _id("member_id", required=True),
    _time("decided_at", required=True), _id("mission_id", required=True),
    Column("propensity", "decimal", True, low=1, high=1_000_000),
    _enum("holdout", HOLDOUTS), _id("channel", "mission_channel"),
    Column("cost_points", "integer", low=0, high=10**12), _id("status", "mission_status"),
    _id("policy_version"),
), ("decision_id",), "decided_at", "log")

DELIVERIES: Final = Table("deliveries", (
    _id("decision_id", required=True), _enum("status", DELIVERY_STATUSES, required=True),
    _time("at", required=True), _id("code", "delivery_code"),
), ("decision_id", "status", "at"), "at", "log")

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        MEMBERS, SCANS, REFERRALS, REDEMPTIONS, FEEDBACK, RETURNS, ACCOUNT_CHANGES, MERGES,
        ADJUSTMENTS, ACTIVITY_ROWS, CODES, OUTLETS, CAMPAIGNS, DECLARED, MISSIONS, DELIVERIES,
    )
}
EVENT_TABLES: Final = ("scans", "referrals", "redemptions")
"""The judged tables; a verdict's ``kind`` is the singular of the name."""
EVENT_KINDS: Final = {"scan": "scans", "referral": "referrals", "redemption": "redemptions"}
SUBJECT_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "shared_device": ("device",), "shared_payout": ("payout",), "shared_ip": ("ip",),
    "event_place": ("outlet",), "bulk_channel": ("member", "device", "agent"),
    "handheld_client": ("device",), "own_shop": ("member", "outlet"),
}
"""Where a declaration's subject is looked up: its string may name an entity of any of these."""
