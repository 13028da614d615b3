"""The page of the API, from the service's own OpenAPI document."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaga.reference.markdown import code, plain, table
from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


def document() -> dict[str, Any]:
    """Make the OpenAPI document of a service that has no program."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        programs = Programs(settings)
        try:
            return create_app(programs, settings).openapi()
        finally:
            programs.close()


def page() -> str:
    """Write each route: who may, what it takes, what it answers."""
    told = document()
    parts = ["# API", "Everything under `/v1`; a running service shows the same at "
             "`/v1/openapi.json`. An API key goes into `Authorization: Bearer KEY`; it names the "
             "program and the role. Errors have one shape: "
             "`{\"error\": {\"code\", \"field\", \"message\", \"expected\"}}`."]
    for path, item in told["paths"].items():
        for method, operation in item.items():
            parts.append(_operation(told, method, path, operation))
    return "\n\n".join(parts) + "\n"


def _operation(told: Mapping[str, Any], method: str, path: str,
               operation: Mapping[str, Any]) -> str:
    parts = [f"## {method.upper()} /v1{path}", plain(operation["summary"]) + ".",
             operation.get("description", "")]
    if operation.get("security") == [{"session": []}]:
        parts.append("For people who signed in; the pages use it.")
    rows = [[code(each["name"]), each["in"], plain(_shape(each.get("schema", {})))]
            for each in operation.get("parameters", [])]
    if rows:
        parts.append(table(["parameter", "in", "holds"], rows))
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        example = _example(told, body)
        if example is not None and not media.startswith("text/"):
            parts += [f"Takes {code(media)}:", _block(example)]
    for status, answer in operation["responses"].items():
        for body in answer.get("content", {}).values():
            example = _example(told, body)
            if status == "200" and example is not None:
                parts += ["Answers 200:", _block(example)]
    errors = ", ".join(status for status in operation["responses"] if status.isdigit()
                       and status != "200")
    parts.append(f"Or {errors}.")
    return "\n\n".join(part for part in parts if part)


def _example(told: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    if "example" in body:
        return body["example"]
    for each in body.get("examples", {}).values():
        return each["value"]
    schema = body.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return told["components"]["schemas"].get(name, schema).get("example")


def _block(example: Any) -> str:
    if isinstance(example, str):
        return f"```json\n{example.strip()}\n```"
    return f"```json\n{json.dumps(example, indent=1, ensure_ascii=False)}\n```"


def _shape(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type") or " or ".join(
        each.get("type", "") for each in schema.get("anyOf", []))
    bounds = [f"{word} {schema[key]}" for key, word in (
        ("minimum", "from"), ("maximum", "to"), ("default", "default"), ("pattern", "as"))
        if key in schema]
    return ", ".join([str(kind), *bounds, schema.get("description", "")]).rstrip(", ")
