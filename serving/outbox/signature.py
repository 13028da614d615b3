"""The signature of a message, as Standard Webhooks has it (https://www.standardwebhooks.com).

It covers the id, the moment of the try and the body, so that none of them can be changed, and an
old message can't be told again as a new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION: Final = "v1"
"""HMAC-SHA256 under a secret that both sides know."""


def headers_of(
    secrets: Sequence[bytes], message_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """Make the three headers of a message.

    Parameters
    ----------
    secrets : sequence of bytes
        Each signs; two while one takes the place of the other.
    message_id : str
        Without a full stop, which parts what is signed.
    timestamp_s : int
        Of this try, in seconds since 1970 UTC.
    body : bytes
        To the byte as it is sent.

    Examples
    --------
    The example of the specification's reference libraries:

    >>> secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> headers_of([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
    ...            b'{"test": 2432232314}')["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"{VERSION},{_sign(one, signed)}" for one in secrets),
    }


def _sign(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
