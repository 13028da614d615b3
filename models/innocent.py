"""The honest behaviour that looks the same as a sign of fraud, for whoever opens a case.

A sign is no proof: beside what is unusual a reviewer reads what else it may well be. Signs have a
text of their own; every other reason of behaviour has that of its family. Facts, caps, labels and
what was declared have none: there is nothing to mistake them for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from features.catalog import CATALOG
from features.catalog.signs import PREFIX
from models.families import FAMILIES, family
from models.phrases import phrase

RINGS: Final = "ring."
"""How codes start that tell what a member shares with others."""
UNEXPLAINED: Final = frozenset({"label", "context", "declared", "other"})
"""Families without an honest explanation: they describe an event, or were decided by people."""


def innocent(code_or_family: str) -> str | None:
    """Code of the text that says what honest behaviour looks the same; None where none does.

    Parameters
    ----------
    code_or_family : str
        Code of a reason, name of a feature, or a family of `models.families.FAMILIES`.

    Examples
    --------
    >>> innocent("reason.sign_counter"), innocent("reason.device_members")
    ('innocent.sign_counter', 'innocent.device')
    >>> innocent("velocity"), innocent("proof.code_void")
    ('innocent.velocity', None)
    """
    name = code_or_family.removeprefix("reason.")
    found = name if name in FAMILIES else _spoken().get(name, "")
    if name.startswith(RINGS):
        found = "identity"
    if name.startswith(PREFIX) and name in CATALOG.names:
        found = name
    return f"innocent.{found}" if found and found not in UNEXPLAINED else None


@lru_cache(maxsize=1)
def _spoken() -> dict[str, str]:
    """Family of every feature of the catalogue, by its name and by the name of its words."""
    found = {name: family(name, CATALOG.families) for name in CATALOG.names}
    return {phrase(name).code.removeprefix("reason."): own for name, own in found.items()} | found
