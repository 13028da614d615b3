"""One verdict before the first: kernels compiled, model touched, nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.tryout import made_up, try_out

if TYPE_CHECKING:
    from serving.live import Live


def warm_up(live: Live) -> None:
    """Judge a made-up scan on an empty state, so that the first real one is no slower.

    Raises whatever a real verdict would raise: a service that can't judge is not ready.
    """
    try_out(live.bundle, live.catalog, live.journal.program,
            live.circumstances.occasion(made_up(), "warm-up"))
