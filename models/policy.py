"""The rules of a program's policy.yaml: what holds, how much, how long, and what excuses."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field, PrivateAttr, field_validator

from features.contract import DECLARATIONS, ENTRY_CHANNELS, EVENT_KINDS, PERSONAS
from features.errors import BadConfig
from features.exports.config import Config, in_words, parse_yaml, validate
from models.answers import ENDS_BY
from models.families import FAMILIES

if TYPE_CHECKING:
    from models.thresholds import Thresholds

DEFAULT: Final = Path(__file__).with_name("policy.yaml")
"""The policy that comes with Jaga."""


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
Chance = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Limit = Chance | Literal["bundle", "never"]


class Limits(Config):
    """Thresholds that differ from the ones above; None keeps those."""

    score: Limit | None = None
    anomaly: Limit | None = None


class KindLimits(Limits):
    """Thresholds of one kind, and of personas within it."""

    personas: dict[Persona, Limits] = Field(default_factory=dict)


class PolicyThresholds(Limits):
    """Thresholds of every event, and of single kinds."""

    score: Limit = "bundle"
    anomaly: Limit = "bundle"
    by_kind: dict[Kind, KindLimits] = Field(default_factory=dict)


class ShareHeld(Config):
    """Share of the points held by behaviour."""

    scan: Annotated[float, Field(gt=0, le=1)] = 1.0
    referral: Annotated[float, Field(gt=0, le=1)] = 1.0


class AfterHold(Config):
    """What happens when a hold runs out, by its ground."""

    behaviour: Literal["release", "keep"] = "release"
    cap: Literal["release", "keep"] = "release"
    missing_fact: Literal["release", "keep"] = "keep"
    proof: Literal["release", "keep"] = "keep"


class Bulk(Config):
    """Channels and personas whose uploads are bulk, declared or not."""

    channels: tuple[Channel, ...] = ("file", "api")
    personas: tuple[Persona, ...] = ("distributor",)


class Policy(Config):
    """The rules of policy.yaml.

    Examples
    --------
    >>> policy = Policy.read()
    >>> policy.version
    '1-...'
    >>> from models.thresholds import Thresholds
    >>> policy.limit("score", "scan", None, Thresholds({"scan": 0.4}))
    0.4
    """

    name: Annotated[str, Field(alias="version", min_length=1, max_length=40, strict=True)]
    thresholds: PolicyThresholds = PolicyThresholds()
    share_held: ShareHeld = ShareHeld()
    after_hold: AfterHold = AfterHold()
    ends_by: dict[Kind, tuple[End, ...]] = Field(default_factory=dict)
    excused: dict[Declaration, tuple[Family, ...]] = Field(default_factory=dict)
    bulk: Bulk = Bulk()
    _text: str = PrivateAttr("")

    @field_validator("ends_by")
    @classmethod
    def _time_ends(cls, ends_by: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for ends in ends_by.values():
            if "time" not in ends:
                raise ValueError("a list that holds time, as every hold ends")
        return ends_by

    @classmethod
    def read(cls, path: Path = DEFAULT) -> Policy:
        """Read policy.yaml; BadConfig where it breaks the schema."""
        return cls.parse(path.read_text(encoding="utf-8"), path.name)

    @classmethod
    def parse(cls, text: str, name: str = "policy.yaml") -> Policy:
        """Parse the text of a policy; BadConfig where it breaks the schema."""
        raw = parse_yaml(text, name)
        if not isinstance(raw, dict):
            raise BadConfig(f"{name} with a key per rule", in_words(raw), 'write version: "1"')
        policy = validate(cls, raw, name)
        policy._text = text
        return policy

    @property
    def text(self) -> str:
        """The YAML it was read from, comments and all."""
        return self._text

    @cached_property
    def version(self) -> str:
        """Version key and the start of the hash of the rules, so that no change goes unseen."""
        rules = self.model_dump_json()
        return f"{self.name}-{hashlib.sha256(rules.encode()).hexdigest()[:8]}"

    def limit(self, rule: Literal["score", "anomaly"], kind: str, persona: str | None,
              bundle: Thresholds) -> float | None:
        """Threshold in force for a rule, the most special one first; None: never."""
        own = self.thresholds.by_kind.get(kind)
        special = own.personas.get(persona) if own and persona else None
        found: Limit = next(
            limit for limit in (getattr(special, rule, None), getattr(own, rule, None),
                                getattr(self.thresholds, rule)) if limit is not None)
        if found == "bundle":
            return getattr(bundle, rule).get(kind)
        return None if found == "never" else float(found)

    def excuses(self, declared: frozenset[str]) -> frozenset[str]:
        """Families set aside by what the program declared innocent.

        >>> sorted(Policy.read().excuses(frozenset({"own_shop"})))
        ['place']
        """
        return frozenset(name for kind in declared for name in self.excused.get(kind, ()))

    def is_bulk(self, channel: str | None, persona: str | None) -> bool:
        """Whether an upload is bulk by its channel and the member's persona."""
        return channel in self.bulk.channels and persona in self.bulk.personas
