"""The page of the features, from their declaration."""

from __future__ import annotations

from features.catalog import CATALOG
from features.members.rhythm import MEMBER_CATALOG
from jaga.reference.markdown import code, plain, table


def page() -> str:
    """Write each feature with its unit and its meaning, family by family."""
    parts = ["# Features", f"{len(CATALOG.features)} features of an event and "
             f"{len(MEMBER_CATALOG)} of a member. How windows end, what is unknown and "
             "how a program adds its own: [features](../features.md)."]
    families: dict[str, list[list[str]]] = {}
    for each in CATALOG.features:
        families.setdefault(each.family, []).append(
            [code(each.name), each.unit, plain(each.meaning)])
    for family, rows in families.items():
        parts += [f"## {family.replace('_', ' ').capitalize()}",
                  table(["feature", "unit", "means"], rows)]
    members = [[code(each.name), each.unit, plain(each.meaning)]
               for each in MEMBER_CATALOG]
    parts += ["## Of a member", table(["feature", "unit", "means"], members)]
    return "\n\n".join(parts) + "\n"
