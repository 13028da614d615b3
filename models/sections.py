"""The sections of policy.yaml: what each may hold, and what it is where nothing is written."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from features.contract import CAMPAIGN_KINDS, DECLARATIONS, ENTRY_CHANNELS, EVENT_KINDS, PERSONAS
from features.exports.config import Config
from models.answers import ENDS_BY
from models.families import FAMILIES


def _one_of(words: tuple[str, ...]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return word

    return AfterValidator(check)


Kind = Annotated[str, _one_of(tuple(EVENT_KINDS))]
Persona = Annotated[str, _one_of(PERSONAS)]
Channel = Annotated[str, _one_of(ENTRY_CHANNELS)]
Declaration = Annotated[str, _one_of(DECLARATIONS)]
Family = Annotated[str, _one_of(FAMILIES)]
End = Annotated[str, _one_of(ENDS_BY)]
Peak = Annotated[str, _one_of((*CAMPAIGN_KINDS, "alarm"))]
Chance = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Above0 = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Cost = Annotated[float, Field(strict=True, ge=0, le=1e15, allow_inf_nan=False)]
Days = Annotated[int, Field(strict=True, ge=1, le=365)]
Limit = Chance | Literal["bundle", "never"]
Step = Chance | Literal["never"]
FailLimit = (Annotated[int, Field(strict=True, ge=0, le=10**12)]
             | Literal["usual", "never"])
Mode = Literal["observe", "hold", "full"]
After = Literal["release", "keep"]


class Section(Config):
    """A section that grew: a key of `LATER` is left out of the rules while it says nothing.

    So the version of a policy written before the key was there stays what it was.
    """

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _rules(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        return {name: value for name, value in handler(self).items()
                if name not in self.LATER
                or getattr(self, name) != fields[name].get_default(call_default_factory=True)}


class Limits(Section):
    """Thresholds that differ from the ones above; None keeps those."""

    LATER: ClassVar[frozenset[str]] = frozenset({"ring"})
    score: Limit | None = None
    anomaly: Limit | None = None
    ring: Limit | None = None


class KindLimits(Limits):
    """Thresholds of one kind, and of personas within it."""

    personas: dict[Persona, Limits] = Field(default_factory=dict)


class PolicyThresholds(Section):
    """Thresholds of every event, and of single kinds; ``stakes``: see `reaches`."""

    LATER: ClassVar[frozenset[str]] = frozenset({"ring", "stakes"})
    score: Limit = "bundle"
    anomaly: Limit = "bundle"
    by_kind: dict[Kind, KindLimits] = Field(default_factory=dict)
    ring: Limit = "bundle"
    stakes: bool = Field(default=True, strict=True)


class StepLimit(Config):
    """A score from which an event waits a while; None keeps the one above."""

    score: Step | None = None


class KindStep(StepLimit):
    """The same for one kind, and for personas within it."""

    personas: dict[Persona, StepLimit] = Field(default_factory=dict)


class StepUp(Config):
    """A short cool-off below the hold: a document or some hours, then the points are credited."""

    score: Step = "never"
    hours: Annotated[int, Field(strict=True, ge=1, le=720)] = 24
    by_kind: dict[Kind, KindStep] = Field(default_factory=dict)


class PersonaShare(Config):
    """Share of the points held by behaviour from one persona; None keeps the one above."""

    scan: Above0 | None = None
    referral: Above0 | None = None


class ShareHeld(Section):
    """Share of the points held by behaviour."""

    LATER: ClassVar[frozenset[str]] = frozenset({"personas"})
    scan: Above0 = 1.0
    referral: Above0 = 1.0
    personas: dict[Persona, PersonaShare] = Field(default_factory=dict)


class AfterHold(Config):
    """What happens when a hold runs out, by its ground."""

    behaviour: After = "release"
    cap: After = "release"
    missing_fact: After = "keep"
    proof: After = "keep"


class HoldDays(Config):
    """Days a hold lasts, by its ground; None: ``hold_days`` of the program."""

    behaviour: Days | None = None
    cap: Days | None = None
    missing_fact: Days | None = None
    proof: Days | None = None


class FutureValue(Config):
    """What a partner will still bring, and the chance that a wrong hold drives him away.

    ``margin_per_point`` is the program's margin, in its currency, on what earns one point.
    """

    months: Annotated[float, Field(strict=True, ge=0, le=120, allow_inf_nan=False)] = 12.0
    margin_per_point: Cost
    chance_lost_by_false_hold: Annotated[Chance, Field(strict=True)] = 0.01


class ProgramErrors(Config):
    """What an open alarm on an error of the program's own does; see `features.alarms`."""

    code_file_stale: Literal["release", "hold"] = "release"


class PolicyCosts(Config):
    """What mistakes and checks cost, in the program's currency; None: as program.yaml says."""

    missed_fraud_multiplier: Cost | None = None
    review_minutes: Cost | None = None
    review_minute: Cost | None = None
    future_value: FutureValue | None = None

    @model_validator(mode="after")
    def _both(self) -> PolicyCosts:
        if (self.review_minutes is None) != (self.review_minute is None):
            raise ValueError("review_minutes and review_minute together, as one is multiplied "
                             "by the other")
        return self


class EnforcementRule(Config):
    """How much of the policy is done, for some kinds, regions and a share of the members."""

    kinds: tuple[Kind, ...] = ()
    regions: tuple[Annotated[str, Field(strict=True, min_length=1)], ...] = ()
    mode: Mode
    share: Annotated[Chance, Field(strict=True)] = 1.0

    def fits(self, kind: str, region: str | None) -> bool:
        """Whether it speaks of a kind and a region; an empty list speaks of all."""
        return (not self.kinds or kind in self.kinds) and (
            not self.regions or region in self.regions)


class RandomRelease(Config):
    """What is let through by chance, so that it is known what holding would have hidden."""

    share: Annotated[float, Field(strict=True, ge=0, le=0.2, allow_inf_nan=False)] = 0.0
    most_points: Annotated[int, Field(strict=True, ge=0, le=10**12)] = 500
    per_day: Annotated[int, Field(strict=True, ge=0, le=10**6)] = 20
    salt: Annotated[str, Field(strict=True, max_length=100)] = ""


class FailAbove(Config):
    """Points above which an event is held while a part of Jaga is away; see `Fail`."""

    scan: FailLimit = "usual"
    referral: FailLimit = "usual"
    redemption: FailLimit = "usual"


class Fail(Config):
    """What a verdict does while a part of Jaga is away, and how long a model may take for one."""

    hold_above: FailAbove = FailAbove()
    model_ms: Annotated[int, Field(strict=True, ge=5, le=500)] = 250


class Bulk(Config):
    """Channels and personas whose uploads are bulk, declared or not."""

    channels: tuple[Channel, ...] = ("file", "api")
    personas: tuple[Persona, ...] = ("distributor",)
