"""A standing campaign: whom it is for, what it offers, what it may cost, and when it ends."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from features.contract import PERSONAS, TIERS
from features.errors import BadConfig
from features.exports.config import Config, in_words, parse_yaml, validate
from features.exports.missions import Channel, Word
from features.exports.program import Count, Instant, Program, Share
from models.answers import STATES

FILE: Final = "campaign.yaml"
CampaignId = Annotated[str, Field(strict=True, max_length=100, pattern=r"^\w[\w.:@+-]*$")]
Segment = Literal["persona", "region", "tier", "state", "language"]
Effect = Annotated[float, Field(strict=True, ge=-1, le=1, allow_inf_nan=False)]
Window = Annotated[int, Field(strict=True, ge=7, le=180)]


def _control(share: float) -> float:
    if not 0 < share < 1:
        raise ValueError("a share above 0 and below 1: without a control group nobody can say "
                         "what the campaign brought")
    return share


def _once(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) < len(ids):
        raise ValueError("each mission once")
    return ids


Control = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(_control)]
MissionIds = Annotated[tuple[Word, ...], AfterValidator(_once)]


class StopRule(Config):
    """What ends a campaign before its last day; a key that is null never does.

    Parameters
    ----------
    opt_out_share : float or None
        Largest share of the partners who got a message that may opt out.
    after_sent : int
        Partners with a message from which that share is looked at.
    effect_below : float or None
        Ends where the effect is surely below it, by an interval that stays valid however often
        it is looked at. 0: where the campaign does harm.
    after_decisions : int
        Partners with their window over from which the effect is looked at.
    sample_ratio : bool
        Ends where the control group is not of the size that was drawn: then nothing can be
        measured any more.
    spent_points : int or None
        Most points of all months together.
    """

    opt_out_share: Share | None = 0.05
    after_sent: Count = 100
    effect_below: Effect | None = 0.0
    after_decisions: Count = 200
    sample_ratio: bool = True
    spent_points: Count | None = None


class StandingCampaign(Config):
    """What one campaign.yaml holds.

    Parameters
    ----------
    id, name : str
        The id is part of the draw of the control group and names the campaign for good.
    segment : dict of str to str
        One value each of persona, region, tier, state and language; missing: all.
    missions : tuple of str
        Ids of what may be offered; empty: all of the program's.
    monthly_budget_points : int
        Most points that the decisions of a month of the program's time zone may cost.
    channels : dict of str to int or None
        Where messages go, and the most of them in a day; null: no limit; empty: every channel.
    control : float
        Share of partners who get nothing for as long as the campaign lives. The program's global
        holdout stays on top.
    starts_at, ends_at : datetime
        From when, and until when, decisions are made.
    window_days : int
        Days after a decision within which a partner counts as won back.
    stop : StopRule
    second_person : bool
        Whether somebody else than who drafted it has to approve it.

    Examples
    --------
    >>> one = StandingCampaign.parse('''
    ... id: come-back
    ... name: Win back slipping retailers
    ... segment: {persona: retailer, state: slipping}
    ... monthly_budget_points: 5000
    ... starts_at: 2026-01-01T00:00:00+07:00
    ... ends_at: 2026-07-01T00:00:00+07:00
    ... ''')
    >>> one.control, one.window_days, one.stop.effect_below
    (0.1, 30, 0.0)
    """

    id: CampaignId
    name: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    segment: dict[Segment, Word] = Field(default_factory=dict)
    missions: MissionIds = ()
    monthly_budget_points: Count
    channels: dict[Channel, Count | None] = Field(default_factory=dict)
    control: Control = 0.1
    starts_at: Instant
    ends_at: Instant
    window_days: Window = 30
    stop: StopRule = StopRule()
    second_person: bool = False

    @field_validator("ends_at")
    @classmethod
    def _after_start(cls, ends_at: datetime, info: ValidationInfo) -> datetime:
        if "starts_at" in info.data and ends_at <= info.data["starts_at"]:
            raise ValueError("a time after starts_at")
        return ends_at

    @classmethod
    def parse(cls, text: str, name: str = FILE) -> Self:
        """Read YAML; BadConfig names the file, the key, what was wanted and what came."""
        raw = parse_yaml(text, name)
        if not isinstance(raw, dict):
            raise BadConfig(f"{name} with a key per setting", in_words(raw),
                            "write at least id, name, monthly_budget_points, starts_at, ends_at")
        return validate(cls, raw, name)

    @property
    def starts_ms(self) -> int:
        """``starts_at`` in UTC milliseconds."""
        return round(self.starts_at.timestamp() * 1000)

    @property
    def ends_ms(self) -> int:
        """``ends_at`` in UTC milliseconds; no decision is made from then on."""
        return round(self.ends_at.timestamp() * 1000)

    def is_on(self, now_ms: int) -> bool:
        """Whether decisions are made at a moment."""
        return self.starts_ms <= now_ms < self.ends_ms


def check(
    campaign: StandingCampaign, program: Program, missions: Collection[str],
    regions: Collection[str], name: str = FILE,
) -> None:
    """Hold a campaign against its program.

    Parameters
    ----------
    campaign : StandingCampaign
    program : Program
    missions, regions : collections of str
        What the program offers, and the regions that the journal knows.
    name : str
        The file's name, for errors.

    Raises
    ------
    BadConfig
        For a mission or a value of the segment that the program does not have, and where
        nothing could be offered.

    Examples
    --------
    >>> from features.exports.program import Program
    >>> one = StandingCampaign.parse(
    ...     "{id: a, name: A, missions: [quiz], monthly_budget_points: 1,"
    ...     " starts_at: 2026-01-01T00:00:00Z, ends_at: 2026-02-01T00:00:00Z}")
    >>> check(one, Program(program_id="acme"), ["streak"], [])
    Traceback (most recent call last):
    ...
    features.errors.BadConfig: Wanted campaign.yaml with missions of the program; came quiz. ...
    """
    if not missions:
        raise BadConfig(f"{name} of a program with missions", "a program without any",
                        "write missions.yaml and ingest it with the export")
    for mission in campaign.missions:
        if mission not in missions:
            raise BadConfig(f"{name} with missions of the program", mission,
                            "take one of " + ", ".join(sorted(missions)))
    known = {"persona": PERSONAS, "tier": TIERS, "state": STATES, "language": program.languages,
             "region": regions}
    for column, value in campaign.segment.items():
        if value not in known[column]:
            raise BadConfig(f"{name} with a {column} of the program in segment", value,
                            _remedy(sorted(known[column])))


def _remedy(values: list[str], most: int = 30) -> str:
    if not values:
        return "leave it out: nothing is known of it yet"
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return "take one of " + ", ".join(values[:most]) + more
