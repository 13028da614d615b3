"""What policy.yaml says, section by section, and how the most special number is found."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from features.alarms.finding import CODE_FILE_STALE
from models.proof import CODE_DOUBTS
from models.sections import (
    AfterHold,
    Bulk,
    Declaration,
    End,
    EnforcementRule,
    Fail,
    Family,
    HoldDays,
    Kind,
    Limit,
    Peak,
    PolicyCosts,
    PolicyThresholds,
    ProgramErrors,
    RandomRelease,
    Section,
    ShareHeld,
    Step,
    StepUp,
)

Rule = Literal["score", "anomaly", "ring"]
Ground = Literal["behaviour", "cap", "missing_fact", "proof"]


class Rules(Section):
    """The sections of a policy, each with what it is where nothing is written.

    Examples
    --------
    >>> rules = Rules.model_validate({"version": "1", "step_up": {"score": 0.2}})
    >>> rules.written("score", "scan", None), rules.step("scan", None)
    ('bundle', 0.2)
    """

    LATER: ClassVar[frozenset[str]] = frozenset({
        "step_up", "hold_days", "costs", "enforcement", "random_release", "peaks", "alarms",
        "fail"})
    name: Annotated[str, Field(alias="version", min_length=1, max_length=40, strict=True)]
    thresholds: PolicyThresholds = PolicyThresholds()
    share_held: ShareHeld = ShareHeld()
    after_hold: AfterHold = AfterHold()
    ends_by: dict[Kind, tuple[End, ...]] = Field(default_factory=dict)
    excused: dict[Declaration, tuple[Family, ...]] = Field(default_factory=dict)
    bulk: Bulk = Bulk()
    step_up: StepUp = StepUp()
    hold_days: HoldDays = HoldDays()
    costs: PolicyCosts = PolicyCosts()
    enforcement: tuple[EnforcementRule, ...] = ()
    random_release: RandomRelease = RandomRelease()
    peaks: dict[Peak, tuple[Family, ...]] = Field(default_factory=dict)
    alarms: ProgramErrors = ProgramErrors()
    fail: Fail = Fail()

    @field_validator("ends_by")
    @classmethod
    def _time_ends(cls, ends_by: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for ends in ends_by.values():
            if "time" not in ends:
                raise ValueError("a list that holds time, as every hold ends")
        return ends_by

    def written(self, rule: Rule, kind: str, persona: str | None) -> Limit:
        """Threshold as it is written: a number, ``bundle`` or ``never``."""
        known = self.known_limits
        found = known.get((rule, kind, persona))
        if found is None:
            found = known[rule, kind, persona] = self._find(rule, kind, persona)
        return found

    @cached_property
    def known_limits(self) -> dict[tuple[str, str, str | None], Limit]:
        """Thresholds that were asked for before: the rules stay, and every event asks."""
        return {}

    def _find(self, rule: Rule, kind: str, persona: str | None) -> Limit:
        own = self.thresholds.by_kind.get(kind)
        special = own.personas.get(persona) if own and persona else None
        found: Limit = next(
            limit for limit in (getattr(special, rule, None), getattr(own, rule, None),
                                getattr(self.thresholds, rule)) if limit is not None)
        return found

    def step(self, kind: str, persona: str | None) -> float | None:
        """Score from which an event waits for the cool-off, the most special first; None: never.

        >>> by_kind = {"redemption": {"score": 0.2}}
        >>> rules = Rules.model_validate({"version": "1", "step_up": {"by_kind": by_kind}})
        >>> rules.step("redemption", None), rules.step("scan", None)
        (0.2, None)
        """
        known = self.known_steps
        if (kind, persona) not in known:
            known[kind, persona] = self._find_step(kind, persona)
        return known[kind, persona]

    @cached_property
    def known_steps(self) -> dict[tuple[str, str | None], float | None]:
        """Scores of the cool-off that were asked for before, as `known_limits`."""
        return {}

    def _find_step(self, kind: str, persona: str | None) -> float | None:
        own = self.step_up.by_kind.get(kind)
        special = own.personas.get(persona) if own and persona else None
        found: Step = next(
            limit for limit in (getattr(special, "score", None), getattr(own, "score", None),
                                self.step_up.score) if limit is not None)
        return None if found == "never" else float(found)

    def share(self, kind: str, persona: str | None) -> float:
        """Share of the points that behaviour holds; a redemption is held whole."""
        if kind == "redemption":
            return 1.0
        special = self.share_held.personas.get(persona) if persona else None
        own = getattr(special, kind, None)
        return float(getattr(self.share_held, kind) if own is None else own)

    def days(self, ground: Ground, usual: int) -> int:
        """Days a hold lasts by its ground; ``usual`` where the policy names none."""
        own = getattr(self.hold_days, ground)
        return usual if own is None else int(own)

    def excuses(self, declared: frozenset[str], peaks: frozenset[str] = frozenset()
                ) -> frozenset[str]:
        """Families set aside by what the program declared innocent, or by a peak it announced.

        Parameters
        ----------
        declared : frozenset of str
            Kinds of declarations that hold for the event.
        peaks : frozenset of str
            ``season``, ``campaign``, ``festival`` that run for the member, ``alarm`` where an
            error of the program's own is open.

        Examples
        --------
        >>> rules = Rules.model_validate({
        ...     "version": "1", "excused": {"own_shop": ["place"]}, "peaks": {"season": ["peers"]}})
        >>> sorted(rules.excuses(frozenset({"own_shop"}), frozenset({"season", "festival"})))
        ['peers', 'place']
        """
        if not declared and not peaks:
            return frozenset()
        names = [name for kind in declared for name in self.excused.get(kind, ())]
        names += [name for kind in peaks for name in self.peaks.get(kind, ())]
        return frozenset(names)

    def forgives(self, missing: tuple[str, ...], alarms: tuple[str, ...]) -> bool:
        """Whether facts that are missing hold nothing, as a stale file of codes explains them.

        >>> rules = Rules.model_validate({"version": "1"})
        >>> rules.forgives(("code_unknown",), ("code_file_stale",))
        True
        >>> rules.forgives(("code_unknown", "invoice_unproven"), ("code_file_stale",))
        False
        """
        return (CODE_FILE_STALE in alarms and self.alarms.code_file_stale == "release"
                and set(missing) <= CODE_DOUBTS)

    def is_bulk(self, channel: str | None, persona: str | None) -> bool:
        """Whether an upload is bulk by its channel and the member's persona."""
        return channel in self.bulk.channels and persona in self.bulk.personas
