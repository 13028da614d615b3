"""A provider of OpenID Connect, as the environment names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from features.errors import BadConfig
from serving.roles import PEOPLE
from serving.secretfiles import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL: Final = ("127.0.0.1", "::1", "localhost")
"""Hosts whose answers nobody can change on the way; every other provider must use TLS."""
Granted = tuple[str, str, str]


@dataclass(frozen=True)
class Provider:
    """Where people of another directory sign in, and what its groups may do here.

    Parameters
    ----------
    issuer : str
        The provider's address, as its tokens name it; ``JAGA_OIDC_ISSUER``.
    client_id, client_secret : str
        As the provider knows this service; ``JAGA_OIDC_CLIENT_ID``, ``JAGA_OIDC_CLIENT_SECRET``
        or the file that ``JAGA_OIDC_CLIENT_SECRET_FILE`` names.
    label : str
        What the sign-in page calls it; ``JAGA_OIDC_NAME``.
    scope : str
        What is asked for; ``JAGA_OIDC_SCOPE``.
    claim : str
        The claim that lists somebody's groups; ``JAGA_OIDC_ROLE_CLAIM``.
    grants : tuple of (group, role, program)
        What each group may do; ``JAGA_OIDC_ROLES``. Empty: only those whom ``jaga user add`` made
        come in.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str = "OpenID Connect"
    scope: str = "openid email profile"
    claim: str = "groups"
    grants: tuple[Granted, ...] = ()


def read_provider(env: Mapping[str, str]) -> Provider | None:
    """Read the provider's settings; None where there is none.

    Raises
    ------
    BadConfig
        An issuer without TLS on another machine, a missing id or secret, or a grant that is none.

    Examples
    --------
    >>> read_provider({}) is None
    True
    >>> read_provider({"JAGA_OIDC_ISSUER": "https://id.acme.example", "JAGA_OIDC_CLIENT_ID": "jaga",
    ...     "JAGA_OIDC_CLIENT_SECRET": "s", "JAGA_OIDC_ROLES": "desk=manager@acme"}).grants
    (('desk', 'manager', 'acme'),)
    """
    issuer = env.get("JAGA_OIDC_ISSUER", "")
    if not issuer:
        return None
    client_id = env.get("JAGA_OIDC_CLIENT_ID", "")
    secret = secret_of(env, "JAGA_OIDC_CLIENT_SECRET")
    if not client_id or not secret:
        raise BadConfig("JAGA_OIDC_CLIENT_ID and JAGA_OIDC_CLIENT_SECRET (or its file) beside "
                        "JAGA_OIDC_ISSUER", "at least one missing",
                        "register this service with the provider, which gives both")
    return Provider(
        _safe(issuer), client_id, secret,
        label=env.get("JAGA_OIDC_NAME") or Provider.label,
        scope=env.get("JAGA_OIDC_SCOPE") or Provider.scope,
        claim=env.get("JAGA_OIDC_ROLE_CLAIM") or Provider.claim,
        grants=tuple(_grant(word) for word in env.get("JAGA_OIDC_ROLES", "").split()))


def is_safe(url: str) -> bool:
    """Whether an address is reached by TLS, or does not leave this machine.

    >>> is_safe("https://id.acme.example"), is_safe("http://id.acme.example")
    (True, False)
    >>> is_safe("http://127.0.0.1:9000")
    True
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL))


def _safe(issuer: str) -> str:
    if not is_safe(issuer):
        raise BadConfig("a https address in JAGA_OIDC_ISSUER", "another text",
                        "name the provider's address; http is for this machine alone")
    return issuer


def _grant(word: str) -> Granted:
    group, _, grant = word.rpartition("=")
    role, _, program = grant.partition("@")
    if not group or role not in PEOPLE or not program:
        raise BadConfig(f"GROUP=ROLE@PROGRAM in JAGA_OIDC_ROLES, a role of {', '.join(PEOPLE)}",
                        repr(word)[:80], "write it so, with a space between two")
    return group, role, program
