"""The page of the settings: environment, program.yaml, policy.yaml, mlflow.yaml."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from features.exports.program import Program
from jaga.reference.markdown import code, plain, table
from models.policy import DEFAULT
from serving.provider import Provider
from serving.settings import Settings
from training.settings import Settings as Learning

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = re.compile(r"JAGA_[A-Z_]+[A-Z]")
ELSEWHERE: Final = {
    "JAGA_AUDIT_KEY": "Key of the audit log's chain, or the file that `JAGA_AUDIT_KEY_FILE` "
                      "names; see [truth](../truth.md).",
    "JAGA_DUCKDB_MEMORY": "Memory of `jaga features --engine duckdb`, as DuckDB writes it.",
    "JAGA_DUCKDB_THREADS": "Threads of `jaga features --engine duckdb`.",
    "JAGA_KEY": "API key by which `jaga mcp` asks the service, or the file that `JAGA_KEY_FILE` "
                "names; see [assistants](../assistant.md).",
    "JAGA_SCRATCH": "Folder for temporary files of large feature jobs.",
    "JAGA_SPARK_MASTER": "Master of `jaga features --engine spark`.",
    "JAGA_SPARK_PARTITIONS": "Partitions of `jaga features --engine spark`.",
    "JAGA_URL": "Where the pages find the service; `jaga serve` sets it.",
    "JAGA_LEASH": "The process whose end ends this one; `jaga serve` sets it.",
}
"""Variables that are read elsewhere than in `serving.settings`."""
_DEFINED: Final = re.compile(r"^(\w[\w, ]*) : (.+)$")


def page() -> str:
    """Write every setting with its default and what it is for."""
    parts = ["# Settings", "## Environment", "Read once, when a process starts. Those that hold a "
             "secret have a twin that ends in `_FILE` and names a file.",
             table(["variable", "default", "says"], _environment()),
             "## program.yaml", *_models(Program),
             "## policy.yaml", "The policy that comes with Jaga; [policy](../policy.md) says what "
             "each rule does.", f"```yaml\n{DEFAULT.read_text(encoding='utf-8').strip()}\n```",
             "## mlflow.yaml", inspect.cleandoc(Learning.__doc__ or ""),
             f"```yaml\n{_mlflow().strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def variables() -> set[str]:
    """Name the variables of the environment that the page explains."""
    return set(VARIABLE.findall(" ".join(" ".join(row) for row in _environment())))


def _environment() -> Iterator[list[str]]:
    known: set[str] = set()
    for owner in (Settings, Provider):
        for names, text in _parameters(owner):
            found = [each for each in dict.fromkeys(VARIABLE.findall(text)) if each not in known]
            if found and not (owner is Settings and names == ["provider"]):
                known.update(found)
                defaults = ", ".join(_default(owner, name) for name in names)
                yield [", ".join(code(each) for each in found), defaults,
                       plain(_without_names(text))]
    for name, said in ELSEWHERE.items():
        yield [code(name), "", said]


def _without_names(text: str) -> str:
    """Leave out the end of a text that only names its variables."""
    return re.sub(r"[;.] (``JAGA_\w+``(, | and )?)+\.?$", "", " ".join(text.split())
                  ).replace("``", "`").rstrip(" ;,.") + "."


def _default(owner: Any, name: str) -> str:
    value = getattr(owner, name, None)
    return code(f"{value:,}" if type(value) is int else str(value)) if value else ""


def _parameters(owner: Any) -> Iterator[tuple[list[str], str]]:
    """Read the parameters of a class from its docstring: names, and the text below them."""
    names: list[str] = []
    text: list[str] = []
    body = inspect.cleandoc(owner.__doc__ or "").partition("Parameters\n")[2]
    for line in body.splitlines()[1:]:
        defined = _DEFINED.match(line)
        if defined:
            if names:
                yield names, " ".join(text)
            names, text = defined[1].split(", "), []
        else:
            text.append(line.strip())
    if names:
        yield names, " ".join(text)


def _models(top: type[BaseModel]) -> list[str]:
    """Write the keys of a model, then those of the models in it."""
    parts = []
    inside: list[tuple[str, type[BaseModel]]] = [("", top)]
    while inside:
        path, model = inside.pop(0)
        rows = []
        for name, field in model.model_fields.items():
            key = field.alias or name
            kind = next((each for each in (field.annotation, *getattr(
                field.annotation, "__args__", ())) if inspect.isclass(each)
                and issubclass(each, BaseModel)), None)
            if kind is not None:
                inside.append((f"{path}{key}.", kind))
                continue
            value = None if field.is_required() else field.get_default()
            usual = "needed" if field.is_required() else _written(value)
            rows.append([code(path + key), usual])
        said = inspect.cleandoc(model.__doc__ or "").partition("Examples\n---")[0].strip()
        parts += [said.replace("``", "`"), table(["key", "default"], rows)]
    return parts


def _written(value: Any) -> str:
    """Write a default as YAML has it; empty for none."""
    if isinstance(value, tuple):
        return code(f"[{', '.join(map(str, value))}]")
    return "" if value is None or value == "" else code(str(value))


def _mlflow() -> str:
    from training.settings import FILE

    for folder in (Path(__file__).parents[2], Path(__file__).parents[2] / "training"):
        if (folder / FILE).is_file():
            return (folder / FILE).read_text(encoding="utf-8")
    return ""
