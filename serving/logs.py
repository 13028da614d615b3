"""Logs without ids: an error is logged by its type, never by its message or its trace."""

from __future__ import annotations

import logging
from typing import Final

TALKATIVE: Final = ("bentoml._internal.server.http_app", "bentoml.serve", "uvicorn.error")
"""Loggers of the server that write an exception's whole trace, request values included."""


class TypesOnly(logging.Filter):
    """Replaces an exception's trace by the name of its type.

    >>> import logging, sys
    >>> record = logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, None, None)})
    >>> TypesOnly().filter(record), record.getMessage(), record.exc_info
    (True, 'failed: ValueError', None)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without its trace."""
        if record.exc_info and record.exc_info[0] is not None:
            record.msg = f"{record.getMessage()}: {record.exc_info[0].__name__}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True


def hide_ids() -> None:
    """Put the filter on every talkative logger, once."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        if not any(isinstance(kept, TypesOnly) for kept in logger.filters):
            logger.addFilter(TypesOnly())
