"""How long to wait before the next try: twice, four times ... as long, never all at once."""

from __future__ import annotations

from typing import Final

from models.draws import draw

FIRST_MS: Final = 5_000
FACTOR: Final = 4
LONGEST_MS: Final = 4 * 3_600_000
TRIES: Final = 10
"""Tries until a message is given up: 5 s, 20 s, 80 s ... 4 h, in all about 14 hours, so that a
receiver may be down for a night."""
MOST_RETRY_AFTER_MS: Final = 24 * 3_600_000
"""The longest wait that a receiver may ask for."""
FIRST_REST_MS: Final = 1_000
LONGEST_REST_MS: Final = 60_000
"""A receiver that answers nobody is asked again at most this much later than it came back."""


def wait_ms(message_id: str, tries: int, asked_ms: int = 0) -> int:
    """Milliseconds until a message is tried again, half to one and a half times the rule's.

    The share is drawn by a hash of the message and the try, so that messages which failed
    together do not come back together, and the same run waits the same.

    Parameters
    ----------
    message_id : str
    tries : int
        Tries in vain so far, from 1.
    asked_ms : int
        What the receiver asked for in ``Retry-After``; the longer of the two counts.

    Examples
    --------
    >>> [wait_ms("msg_1", tries) // 1000 for tries in (1, 2, 3, 9)]
    [4, 19, 106, 15051]
    >>> wait_ms("msg_1", 1, asked_ms=60_000)
    60000
    """
    rule = min(FIRST_MS * FACTOR ** (tries - 1), LONGEST_MS)
    drawn = round(rule * (0.5 + draw("wait", message_id, str(tries))))
    return max(drawn, min(asked_ms, MOST_RETRY_AFTER_MS))


def rest_ms(failures: int, asked_ms: int = 0) -> int:
    """Milliseconds in which a receiver is left in peace after so many failures in a row.

    >>> rest_ms(1), rest_ms(3), rest_ms(30), rest_ms(1, asked_ms=5_000)
    (1000, 4000, 60000, 5000)
    """
    rule = min(FIRST_REST_MS * 2 ** min(failures - 1, 10), LONGEST_REST_MS)
    return max(rule, min(asked_ms, MOST_RETRY_AFTER_MS))
