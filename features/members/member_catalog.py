"""The declared features of a member, in the order of the matrix a model reads.

Days of rhythm, silence, volume and tenure are days of the member's own clock, which stands still
in a declared off season.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["silence", "rhythm", "volume", "value", "rewards", "season", "reach"]


@dataclass(frozen=True)
class MemberFeature:
    """One number about a member as of a moment.

    Parameters
    ----------
    name : str
        Column of the member frame.
    family : Family
        The group whose contributions are added up when a silence is explained.
    unit : str
        What one step of it is.
    meaning : str
        One line for people.
    version : int
        Goes up when the computation changes, so that a bundle notices.
    """

    name: str
    family: Family
    unit: str
    meaning: str
    version: int = 1

    @property
    def hash(self) -> str:
        """Twelve hex digits that change with anything declared here."""
        text = "|".join((self.name, self.family, self.unit, self.meaning, str(self.version)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class MemberCatalog(tuple[MemberFeature, ...]):
    """The declared features in order, and their names, hashes, families and meanings."""

    __slots__ = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(feature.name for feature in self)

    @property
    def hashes(self) -> dict[str, str]:
        """Hash of each declaration by name."""
        return {feature.name: feature.hash for feature in self}

    @property
    def units(self) -> dict[str, str]:
        """Unit of each feature by name."""
        return {feature.name: feature.unit for feature in self}

    @property
    def families(self) -> dict[str, str]:
        """Family of each feature by name."""
        return {feature.name: feature.family for feature in self}

    @property
    def meanings(self) -> dict[str, str]:
        """One line for people by name."""
        return {feature.name: feature.meaning for feature in self}


_F = MemberFeature
MEMBER_CATALOG: Final = MemberCatalog((
    _F("days_since_last", "silence", "days", "days since the last day with activity"),
    _F("days_since_scan", "silence", "days", "days since the last day with a scan"),
    _F("days_since_visit", "silence", "days", "days since a login, order, training or visit"),
    _F("silence_share", "silence", "share", "silent part of the time since the first activity"),
    _F("gap_mean", "rhythm", "days", "mean gap between active days"),
    _F("gap_sd", "rhythm", "days", "standard deviation of the gaps"),
    _F("gap_median", "rhythm", "days", "median gap"),
    _F("gap_second", "rhythm", "days", "second largest gap: a silence he came back from twice"),
    _F("gap_max", "rhythm", "days", "largest gap"),
    _F("gap_last", "rhythm", "days", "latest gap"),
    _F("cadence", "rhythm", "days", "own gap, drawn to the typical member's while days are few"),
    _F("silence_to_cadence", "rhythm", "ratio", "silence in units of the own cadence"),
    _F("silence_to_gap_max", "rhythm", "ratio", "silence in units of the largest gap"),
    _F("gap_last_to_cadence", "rhythm", "ratio", "latest gap in units of the own cadence"),
    _F("gap_variation", "rhythm", "ratio", "spread of the gaps in units of their mean"),
    _F("repeat_days", "volume", "days", "active days after the first"),
    _F("active_span", "volume", "days", "days from the first to the last activity"),
    _F("active_days_14", "volume", "days", "active days in the last 14 days"),
    _F("active_days_30", "volume", "days", "active days in the last 30 days"),
    _F("active_days_60", "volume", "days", "active days in the last 60 days"),
    _F("active_days_90", "volume", "days", "active days in the last 90 days"),
    _F("active_days_180", "volume", "days", "active days in the last 180 days"),
    _F("trend", "volume", "ratio", "active days of the last 90 days to those of the 90 before"),
    _F("active_blocks", "volume", "blocks", "blocks of 30 days with activity"),
    _F("points_mean", "value", "points", "points earned on an active day"),
    _F("points_sum", "value", "points", "points earned so far"),
    _F("points_first", "value", "points", "points of the first active day"),
    _F("points_last", "value", "points", "points of the last active day"),
    _F("points_90", "value", "points", "points earned in the last 90 days"),
    _F("quantity_mean", "value", "units", "units sold on an active day"),
    _F("events_mean", "value", "events", "events on an active day"),
    _F("skus_mean", "value", "products", "different products on an active day"),
    _F("balance", "rewards", "points", "points on the account"),
    _F("days_to_expiry", "rewards", "days", "days until points expire"),
    _F("redeemed_ever", "rewards", "yes/no", "has redeemed a reward"),
    _F("days_since_redemption", "rewards", "days", "days since the last redemption"),
    _F("slow_rewards_180", "rewards", "rewards", "rewards of 180 days late by over 14 days"),
    _F("held_60", "rewards", "events", "events held in the last 60 days"),
    _F("released_60", "rewards", "events", "held events let go in the last 60 days"),
    _F("same_window_last_year", "season", "days", "active days in these 60 days last year"),
    _F("before_last_year", "season", "days", "active days in the 60 days before, last year"),
    _F("gap_last_year", "season", "days", "length of the silence over this date last year"),
    _F("gap_last_year_left", "season", "days", "days until activity after this date last year"),
    _F("peers_last_year", "season", "share", "others of persona and trade here last year"),
    _F("campaign_now", "season", "yes/no", "a campaign for the member is running"),
    _F("days_since_campaign", "season", "days", "days since the last campaign ended"),
    _F("days_to_campaign", "season", "days", "days until the next campaign announced"),
    _F("campaign_days_ahead", "season", "days", "campaign days in the next 60 days"),
    _F("campaign_share", "season", "share", "part of the active days inside campaigns"),
    _F("off_season_now", "season", "yes/no", "today is in a declared off season"),
    _F("off_season_left", "season", "days", "days left of the off season"),
    _F("off_season_ahead", "season", "share", "off season part of the next 60 days"),
    _F("peers_off_season", "season", "share", "others of persona and trade in an off season"),
    _F("peers_off_ahead", "season", "share", "off season part of their next 60 days"),
    _F("outlet_silent", "season", "share", "others at the outlet who fell silent this month"),
    _F("rep_silent", "season", "share", "others of the rep who fell silent this month"),
    _F("region_silent", "season", "share", "others of the region who fell silent this month"),
    _F("outlet_flow", "season", "ratio", "activity of the others at the outlet against usual"),
    _F("region_flow", "season", "ratio", "activity of the others of the region against usual"),
    _F("tenure", "reach", "days", "days since the first activity"),
    _F("days_since_joined", "reach", "days", "days since joining"),
    _F("persona", "reach", "index", "persona, in the contract's order"),
    _F("tier", "reach", "index", "tier, in the contract's order"),
    _F("consent", "reach", "yes/no", "may be sent marketing"),
    _F("channels_open", "reach", "channels", "channels the member can be reached on"),
    _F("days_since_mission", "reach", "days", "days since a mission was offered"),
    _F("missions_90", "reach", "missions", "missions offered in the last 90 days"),
    _F("delivered_90", "reach", "messages", "messages delivered in the last 90 days"),
    _F("failed_90", "reach", "messages", "messages failed in the last 90 days"),
))  # fmt: skip
