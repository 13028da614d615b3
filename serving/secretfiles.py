"""Secrets come from the environment or from a file that a variable names, and from nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: Final = ("JAGA_DATABASE_URL", "JAGA_REDIS_URL", "JAGA_WEBHOOK_SECRET",
                  "JAGA_OIDC_CLIENT_SECRET", "JAGA_AUDIT_KEY", "JAGA_SMTP_URL", "JAGA_KEY")
"""Each may be put into a file instead, named by the same variable with ``_FILE`` behind it."""


def secret_of(env: Mapping[str, str], name: str) -> str:
    """Read a secret, from the variable itself or from the file that ``NAME_FILE`` names.

    What is read is never told. Empty where neither is set.

    Raises
    ------
    BadConfig
        A file that can't be read, or that is empty.

    Examples
    --------
    >>> secret_of({"JAGA_REDIS_URL": "redis://127.0.0.1"}, "JAGA_REDIS_URL")
    'redis://127.0.0.1'
    """
    path = env.get(f"{name}_FILE", "")
    if env.get(name) or not path:
        return env.get(name, "")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"a file that can be read in {name}_FILE", type(error).__name__,
                        "check its path and its rights") from error
    if not text:
        raise BadConfig(f"a secret in the file of {name}_FILE", "nothing", "write it there")
    return text


def open_to_all(env: Mapping[str, str]) -> list[str]:
    """List the variables whose secret's file can be read by everybody on this machine.

    >>> open_to_all({})
    []
    """
    found = []
    for name in (f"{secret}_FILE" for secret in SECRETS):
        path = Path(env.get(name, ""))
        if env.get(name) and path.is_file() and path.stat().st_mode & stat.S_IROTH:
            found.append(name)
    return found
