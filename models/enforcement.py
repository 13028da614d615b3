"""How much of the policy is done to an event: observe, hold or full, by kind, region and share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.draws import draw

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.policy import Policy
    from models.sections import Mode


def mode_of(policy: Policy, program: Program, kind: str, region: str | None, member: int) -> Mode:
    """Mode of the first rule of ``enforcement`` that fits; the program's own where none does.

    A member stands inside the share of a rule by a hash, so he meets one treatment in all his
    events, and who is inside stays inside when the share is raised. Those outside fall through
    to the next rule.

    Parameters
    ----------
    policy : Policy
    program : Program
        Its id salts the hash; its ``enforcement`` is the last rule.
    kind : str
        ``scan``, ``referral`` or ``redemption``.
    region : str or None
        Of the member; an unknown one meets only rules for all regions.
    member : int
        The member's number in the journal.

    Examples
    --------
    >>> from features.exports.program import Program
    >>> from models.policy import Policy
    >>> policy = Policy.parse('''
    ... version: "1"
    ... enforcement:
    ...   - {kinds: [redemption], regions: [java], mode: full}
    ...   - {mode: hold, share: 0.5}''')
    >>> program = Program(program_id="acme")
    >>> mode_of(policy, program, "redemption", "java", 1)
    'full'
    >>> [mode_of(policy, program, "scan", "java", member) for member in range(1, 5)]
    ['observe', 'observe', 'observe', 'hold']
    """
    for index, rule in enumerate(policy.enforcement):
        if rule.fits(kind, region) and (
                rule.share == 1
                or draw(program.program_id, str(index), str(member)) < rule.share):
            return rule.mode
    return program.enforcement
