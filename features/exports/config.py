"""YAML files of a program, read strictly: what is wrong is said by file and key."""

from __future__ import annotations

import difflib
import types
import typing
from typing import TYPE_CHECKING, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from features.errors import BadConfig

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

C = TypeVar("C", bound=BaseModel)
WORDS: Final = {
    "timezone_aware": "a time with an offset such as 2026-01-31T00:00:00+07:00",
    "tuple_type": "a list",
    "string_type": "a text; numbers go between quotes",
    "string_pattern_mismatch": "letters, digits and _ . : @ + - only",
    "model_type": "a group of keys",
    "dict_type": "a group of keys",
}
"""What was wanted, where the validator's own words speak of Python."""
LONGEST: Final = 1 << 20
"""Bytes of a YAML file that are read: a program's settings are a few kilobytes."""
SHAPES: Final = {
    type(None): "an empty file", list: "a list", dict: "a group of keys", str: "a text",
}
"""What stands in a YAML file, in words."""
MOST: Final = 100_000
"""Values in a YAML file, aliases counted where they are used: these could grow without end."""


class Config(BaseModel):
    """A frozen piece of a YAML file that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class StrictLoader(yaml.SafeLoader):
    """Safe YAML that also refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Build a group of keys; YAMLError where one is there twice."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"the key {key!r} twice")
        return super().construct_mapping(node, deep)


StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, test) for tag, test in pairs
            if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""As YAML 1.2: only true and false are truth, yes, no, on and off stay the words they are."""


def parse_yaml(text: str, name: str) -> object:
    """Parse YAML text; ``name`` is the file's name for errors.

    Raises
    ------
    BadConfig
        Where the text is no YAML, gives a key twice or holds more than `MOST` values.

    Examples
    --------
    >>> parse_yaml("caps: {scans_per_day: 40}", "program.yaml")
    {'caps': {'scans_per_day': 40}}
    """
    try:
        value = yaml.load(text, StrictLoader)
        _count(value)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        came = " ".join(str(error).split())[:300]
        raise BadConfig(f"{name} to be YAML", came or type(error).__name__,
                        f"mend {name} at that place") from error
    return value


def _count(value: object) -> None:
    waiting, seen = [value], 0
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict | list):
            waiting += [*each.values()] if isinstance(each, dict) else each
        seen += 1
        if seen + len(waiting) > MOST:
            raise yaml.YAMLError(f"more than {MOST} values")


def read_yaml(path: Path) -> object:
    """Read a YAML file.

    Raises
    ------
    BadConfig
        Where it is missing, too long, not UTF-8 or no YAML.
    """
    return parse_yaml(read_text(path), path.name)


def read_text(path: Path) -> str:
    """Read the text of a YAML file.

    Raises
    ------
    BadConfig
        Where it is missing, too long or not UTF-8.
    """
    try:
        raw = path.read_bytes()
        text = raw[:LONGEST + 1].decode("utf-8-sig")
    except OSError as error:
        raise BadConfig(f"a readable {path.name}", error.strerror or "none",
                        f"put {path.name} into {path.parent}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path.name} in UTF-8", f"other bytes at offset {error.start}",
                        "save the file as UTF-8") from error
    if len(raw) > LONGEST:
        raise BadConfig(f"{path.name} of at most {LONGEST} bytes", f"{len(raw)} bytes",
                        "check that this is the right file")
    return text


def in_words(raw: object) -> str:
    """Say in words what a YAML file holds as a whole.

    >>> in_words(None), in_words([1]), in_words(True)
    ('an empty file', 'a list', 'the value True')
    """
    return SHAPES.get(type(raw), f"the value {raw!r}"[:80])


def validate(model: type[C], raw: object, name: str, at: str = "") -> C:
    """Build a model from what YAML gave.

    Parameters
    ----------
    model : type
        The model to build.
    raw : object
        Dicts, lists and scalars.
    name, at : str
        The file's name, and the key under which ``raw`` stands, for errors.

    Raises
    ------
    BadConfig
        With the first wrong key, what it should hold and what came. An unknown key comes before
        all others: mostly it is the missing one, misspelt.
    """
    try:
        return model.model_validate(raw)
    except RecursionError as error:
        raise BadConfig(f"{name} of a few levels", "a nesting too deep", "flatten it") from error
    except ValidationError as error:
        errors = error.errors(include_url=False)
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        raise _bad_config(model, first, len(errors) - 1, name, at) from None


def _bad_config(model: type[BaseModel], error: ErrorDetails, others: int, name: str, at: str
                ) -> BadConfig:
    where = [*filter(None, [at]), *map(str, error["loc"])]
    key = ".".join(where) or "the file"
    more = f" ({others} more after this one)" if others else ""
    if error["type"] == "extra_forbidden":
        known = sorted(_keys_at(model, error["loc"]))
        near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        remedy = f"write {near[0]}" if near else "remove it, or take one of " + ", ".join(known)
        return BadConfig(f"{name} with known keys", f"the key {key}{more}", remedy)
    if error["type"] == "missing":
        return BadConfig(f"{name} with {key}", f"none{more}", f"add {key}")
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    wanted = WORDS.get(error["type"], said)
    came = "" if isinstance(error["input"], dict) else f" {error['input']!r}"[:200]
    return BadConfig(f"{name} with {key}: {wanted}", f"{key}:{came or ' other keys'}{more}",
                     f"mend {key} in {name}")


def _keys_at(model: type[BaseModel], where: tuple[int | str, ...]) -> set[str]:
    """Keys allowed where an unknown one stands, walking down the models."""
    level: type[BaseModel] | None = model
    for step in where[:-1]:
        if level is None or not isinstance(step, str):
            continue
        fields = level.model_fields
        named = next((f for n, f in fields.items() if step in (n, f.alias)), None)
        level = _model_in(named.annotation) if named else level
    return {field.alias or key for key, field in (level or model).model_fields.items()}


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Find the model an annotation holds, inside containers and unions."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_model_in(inner) for inner in typing.get_args(annotation))
    return next((model for model in found if model), None)
