"""Who meets how much of the policy: by kind, region and a share of the members."""

from __future__ import annotations

from features.exports.program import Program
from models.enforcement import mode_of
from models.policy import Policy

ACME = Program(program_id="acme", enforcement="observe")
MEMBERS = range(1, 4001)


def rules(text: str) -> Policy:
    return Policy.parse(f'version: "1"\nenforcement: {text}')


def modes(policy: Policy, program: Program = ACME) -> list[str]:
    return [mode_of(policy, program, "scan", "java", member) for member in MEMBERS]


def test_without_rules_the_program_decides() -> None:
    """An empty list leaves everything to program.yaml."""
    assert mode_of(rules("[]"), ACME, "scan", None, 1) == "observe"


def test_the_first_rule_that_fits_counts() -> None:
    """Kinds and regions must both fit; a member of no region meets only rules for all."""
    policy = rules("[{kinds: [scan], regions: [java], mode: full}, {kinds: [scan], mode: hold}]")
    found = [mode_of(policy, ACME, kind, region, 1) for kind, region in (
        ("scan", "java"), ("scan", "bali"), ("scan", None), ("redemption", "java"))]
    assert found == ["full", "hold", "hold", "observe"]


def test_a_share_takes_that_many_members_and_always_the_same() -> None:
    """About a fifth of them, in every one of their events; the rest falls through."""
    found = modes(rules("[{mode: full, share: 0.2}, {mode: hold, share: 0.5}]"))
    assert found == modes(rules("[{mode: full, share: 0.2}, {mode: hold, share: 0.5}]"))
    assert abs(found.count("full") - 800) < 120  # four standard deviations are 101
    assert abs(found.count("hold") - 1600) < 150
    assert abs(found.count("observe") - 1600) < 150


def test_raising_a_share_keeps_who_was_inside() -> None:
    """A roll-out only grows."""
    few, many = (modes(rules(f"[{{mode: full, share: {share}}}]")) for share in (0.1, 0.4))
    assert all(after == "full" for before, after in zip(few, many, strict=True)
               if before == "full")


def test_programs_and_rules_draw_apart() -> None:
    """A member of two programs, or before two rules, is not always the guinea pig."""
    policy = rules("[{mode: full, share: 0.5}, {mode: hold, share: 0.5}]")
    ours = modes(policy)
    theirs = modes(policy, Program(program_id="other"))
    both = sum(a == b == "full" for a, b in zip(ours, theirs, strict=True))
    assert abs(both - 1000) < 150
    assert abs(ours.count("hold") - 1000) < 150
