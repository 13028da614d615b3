"""The rules of a program's policy.yaml: what holds, how much, how long, and what excuses."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import PrivateAttr

from features.errors import BadConfig
from features.exports.config import in_words, parse_yaml, validate
from models.contradictions import check
from models.rules import Rules

if TYPE_CHECKING:
    from models.rules import Rule
    from models.thresholds import Thresholds

DEFAULT: Final = Path(__file__).with_name("policy.yaml")
"""The policy that comes with Jaga."""

USUAL_TIMES: Final = 4.0
"""Times the usual points that are held unseen: from there on `stakes` counts a score double."""


class Policy(Rules):
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

    _text: str = PrivateAttr("")

    @classmethod
    def read(cls, path: Path = DEFAULT) -> Policy:
        """Read policy.yaml; BadConfig as `parse`."""
        return cls.parse(path.read_text(encoding="utf-8"), path.name)

    @classmethod
    def parse(cls, text: str, name: str = "policy.yaml") -> Policy:
        """Parse the text of a policy.

        Raises
        ------
        BadConfig
            Where it breaks the schema or contradicts itself; see `models.contradictions`.
        """
        raw = parse_yaml(text, name)
        if not isinstance(raw, dict):
            raise BadConfig(f"{name} with a key per rule", in_words(raw), 'write version: "1"')
        policy = validate(cls, raw, name)
        check(policy, name)
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

    def limit(self, rule: Rule, kind: str, persona: str | None, bundle: Thresholds
              ) -> float | None:
        """Threshold in force for a rule, the most special one first; None: never."""
        found = self.written(rule, kind, persona)
        if found == "bundle":
            return getattr(bundle, rule).get(kind)
        return None if found == "never" else float(found)

    def failing_above(self, kind: str, bundle: Thresholds) -> float | None:
        """Points above which an event is held while a part of Jaga is away; None: it never is.

        >>> from models.thresholds import Thresholds
        >>> policy = Policy.parse('{version: "1", fail: {hold_above: {redemption: 900}}}')
        >>> usual = Thresholds(usual_points={"scan": 50.0})
        >>> [policy.failing_above(kind, usual) for kind in ("scan", "referral", "redemption")]
        [200.0, None, 900.0]
        """
        written = getattr(self.fail.hold_above, kind)
        if written == "never":
            return None
        if written != "usual":
            return float(written)
        usual = bundle.usual_points.get(kind)
        return None if usual is None else USUAL_TIMES * usual

    def reaches(self, rule: Rule, kind: str, persona: str | None, bundle: Thresholds,
                number: float | None, points: int) -> bool:
        """Whether a number holds an event of so many points.

        A limit that the bundle found is meant for usual points, so with ``stakes`` more points
        count for more; a limit that somebody wrote is taken as it is written.
        """
        if number is None:
            return False
        written = self.written(rule, kind, persona)
        if written != "bundle":
            return written != "never" and number >= written
        limit: float | None = getattr(bundle, rule).get(kind)
        if limit is None:
            return False
        if rule != "ring" and self.thresholds.stakes:
            number = bundle.weigh(kind, number, points)
        return number >= limit
