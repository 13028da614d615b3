"""What a program sets for its nights: how often it learns, and who gets the digest."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from features.exports.config import Config


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;:]+@[^\s@<>,;:]+", text):
        raise ValueError("an e-mail address such as rina@firm.example")
    return text


Address = Annotated[str, Field(strict=True, max_length=254), AfterValidator(_address)]
"""As long as RFC 5321 lets it be; whether anybody reads it shows when it is written to."""


class Recipient(Config):
    """Somebody who gets the digest by e-mail, in a language; none: the program's first."""

    address: Address
    language: Annotated[str, Field(strict=True, max_length=35)] | None = None


class Digest(Config):
    """What was found in a night: by the program's webhook, by e-mail, or not sent at all.

    Examples
    --------
    >>> Digest(recipients=({"address": "rina@firm.example"},)).is_wanted
    True
    """

    webhook: bool = False
    recipients: Annotated[tuple[Recipient, ...], Field(max_length=50)] = ()

    @property
    def is_wanted(self) -> bool:
        """Whether anybody wants it."""
        return self.webhook or bool(self.recipients)


class Nightly(Config):
    """How a program's nights run.

    A challenger is trained once in ``train_every_days``; 0: never, it is trained by hand.
    """

    train_every_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 7
    digest: Digest = Digest()
