"""What a page says of the act before it: a code and what goes into its words, once."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from serving.pages import cookies

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from models.texts import Texts

LONGEST: Final = 2_000
"""Characters of the cookie; a browser keeps 4,096 (RFC 6265, section 6.1)."""
SECONDS: Final = 60
TONES: Final = ("good", "warn", "bad")


@dataclass(frozen=True)
class Told:
    """A code with words, its parameters, and whether it is good news."""

    code: str
    params: dict[str, str | int | float] = field(default_factory=dict)
    tone: str = "good"


def tell(request: Request, answer: Response, code: str, tone: str = "good", **params: Any) -> None:
    """Have the next page say a code's words; one too long for a cookie is not said."""
    packed = base64.urlsafe_b64encode(msgspec.json.encode(Told(code, params, tone))).decode()
    if len(packed) <= LONGEST:
        cookies.put(request, answer, cookies.TOLD, packed, SECONDS)


def read_told(request: Request, texts: Texts) -> Told | None:
    """Read what is to be said; None where there is nothing, or nothing that has words."""
    raw = cookies.read(request, cookies.TOLD)
    if not raw or len(raw) > LONGEST:
        return None
    try:
        told = msgspec.json.decode(base64.urlsafe_b64decode(raw.encode()), type=Told)
        if told.tone not in TONES or not texts.has(told.code):
            return None
        texts.text(told.code, "en", **told.params)
    except (ValueError, KeyError, binascii.Error, msgspec.DecodeError):
        return None
    return told
