"""What a policy must not say, though each of its keys by itself is right.

The schema knows single keys; here they are held against each other, against the program whose
policy it is, and against the thresholds that training found.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from features.contract import EVENT_KINDS, PERSONAS
from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.exports.program import Program
    from models.rules import Rules
    from models.sections import EnforcementRule
    from models.thresholds import Thresholds

HOURS_PER_DAY: Final = 24
KINDS: Final = tuple(EVENT_KINDS)
WHO: Final = tuple(product(KINDS, (None, *PERSONAS)))
"""Every kind of event with every persona, the unknown one included."""


def check(policy: Rules, name: str = "policy.yaml", program: Program | None = None,
          thresholds: Thresholds | None = None) -> None:
    """Refuse a policy that contradicts itself.

    Parameters
    ----------
    policy : Rules
    name : str
        The file's name, for errors.
    program : Program, optional
        Whose policy it is; without it only what the file alone says is checked.
    thresholds : Thresholds, optional
        Of the bundle that serves, where the policy takes its numbers from it.

    Raises
    ------
    BadConfig
        The first contradiction: what was wanted, what came, what to do.
    """
    for find in (_rules, _peaks):
        find(policy, name)
    _order(policy, name, thresholds)
    _cool_off(policy, name, program)
    _releases(policy, name, program)


def _rules(policy: Rules, name: str) -> None:
    """Each rule of enforcement must be able to act."""
    regions = {region for rule in policy.enforcement for region in rule.regions}
    cells = tuple(product(KINDS, (*sorted(regions), None)))
    taken: set[tuple[str, str | None]] = set()
    for number, rule in enumerate(policy.enforcement, 1):
        if rule.share == 0:
            raise BadConfig(
                f"{name} with rules of enforcement that reach somebody",
                f"rule {number} with mode {rule.mode} for a share of 0 of the members",
                "raise its share or remove the rule")
        own = {cell for cell in cells if rule.fits(*cell)}
        if own <= taken:
            raise BadConfig(
                f"{name} with rules of enforcement that can all match, the first one winning",
                f"rule {number} ({_words(rule)}), behind rules that take all of its events",
                "move it before them, or remove it")
        if rule.share == 1:
            taken |= own


def _words(rule: EnforcementRule) -> str:
    kinds, regions = ", ".join(rule.kinds) or "all kinds", ", ".join(rule.regions) or "all regions"
    return f"{rule.mode} for {kinds} in {regions}"


def _peaks(policy: Rules, name: str) -> None:
    """What is bulk by channel must be excused something, else the section does nothing."""
    bulk = policy.bulk
    if bool(bulk.channels) != bool(bulk.personas):
        empty = "personas" if bulk.channels else "channels"
        raise BadConfig(f"{name} with both channels and personas under bulk", f"no {empty}",
                        f"name {empty}, or empty both to know no bulk uploads")


def _order(policy: Rules, name: str, thresholds: Thresholds | None) -> None:
    """The cool-off begins below the hold, for every kind and persona."""
    for kind, persona in WHO:
        step, hold = policy.step(kind, persona), policy.written("score", kind, persona)
        if hold == "bundle" and thresholds is not None:
            hold = thresholds.score.get(kind, "never")
        if step is None or isinstance(hold, str) or step < hold:
            continue
        who = kind if persona is None else f"{kind} of a {persona}"
        raise BadConfig(
            f"{name} with a step_up below the score that holds, for each kind and persona",
            f"{who}: a step_up from {step:g} and a hold from {hold:g}",
            f"lower the step_up below {hold:g}, raise the hold, or write never")


def _cool_off(policy: Rules, name: str, program: Program | None) -> None:
    """A cool-off is shorter than the hold it stands in for."""
    days = policy.hold_days.behaviour
    if days is None and program is not None:
        days = program.hold_days
    is_used = any(policy.step(*who) is not None for who in WHO)
    if is_used and days is not None and policy.step_up.hours > days * HOURS_PER_DAY:
        raise BadConfig(
            f"{name} with a step_up shorter than a hold",
            f"{policy.step_up.hours} hours of step_up and {days} days of a hold by behaviour",
            f"take at most {days * HOURS_PER_DAY} hours, or hold for longer")


def _releases(policy: Rules, name: str, program: Program | None) -> None:
    """What is released by chance must have been held first."""
    release = policy.random_release
    if not release.share:
        return
    for key in ("most_points", "per_day"):
        if not getattr(release, key):
            raise BadConfig(
                f"{name} with a random_release that releases something",
                f"a share of {release.share:g} and {key}: 0", f"raise {key}, or set share: 0")
    if not any(mode != "observe" for mode in _modes(policy, program)):
        raise BadConfig(
            f"{name} with a random_release only where something is held",
            f"a share of {release.share:g} and every rule of enforcement observes",
            "set share: 0 until a rule holds: observing lets everything through already")


def _modes(policy: Rules, program: Program | None) -> Iterator[str]:
    """Modes that some event can meet; what the program would do is unknown without it."""
    yield from (rule.mode for rule in policy.enforcement)
    covered = any(rule.share == 1 and not rule.kinds and not rule.regions
                  for rule in policy.enforcement)
    if not covered:
        yield "unknown" if program is None else program.enforcement
