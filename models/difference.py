"""What changes from one policy to another, a sentence a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.exports.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.policy import Policy


def differences(old: Policy, new: Policy) -> list[str]:
    """Sentences on what changes, in the order of the policy's sections; none: the same rules.

    >>> from models.policy import Policy
    >>> old = Policy.parse('version: "1"')
    >>> new = Policy.parse('{version: "2", thresholds: {score: 0.4}, share_held: {scan: 0.5}}')
    >>> for sentence in differences(old, new):
    ...     print(sentence)
    version was "1" and becomes "2"
    thresholds score was bundle and becomes 0.4
    share_held scan was 1 and becomes 0.5
    """
    before, after = _flat(old), _flat(new)
    keys = [*after, *(key for key in before if key not in after)]
    return [sentence for key in keys
            if (sentence := _sentence(key, before.get(key), after.get(key)))]


def _flat(policy: Policy) -> dict[str, Any]:
    body = {name: getattr(policy, name) for name in type(policy).model_fields}
    return {key: value for name, each in body.items()
            for key, value in _leaves("version" if name == "name" else name, each)}


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Values of a section, each under the words that lead to it."""
    if isinstance(value, Config):
        value = {key: getattr(value, key) for key in type(value).model_fields}
    if isinstance(value, tuple) and any(isinstance(each, Config) for each in value):
        value = {f"rule {number}": each for number, each in enumerate(value, 1)}
    if not isinstance(value, dict):
        yield name, value
        return
    for key, each in value.items():
        yield from _leaves(f"{name} {key}", each)


def _sentence(key: str, before: Any, after: Any) -> str:
    if before == after or (before in (None, ()) and after in (None, ())):
        return ""
    if before is None:
        return f"{key} is new: {_words(after)}"
    if after is None:
        return f"{key} was {_words(before)} and goes"
    return f"{key} was {_words(before)} and becomes {_words(after)}"


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return f'"{value}"' if isinstance(value, str) and not value.isalpha() else str(value)
