"""Logs without ids, as text or as a JSON object a line.

An error is logged by its type, never by its message or its trace, which may hold what a caller
sent. Lines of ours are fixed sentences with counts and durations.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Final

TALKATIVE: Final = ("bentoml._internal.server.http_app", "bentoml.serve", "uvicorn.error")
"""Loggers of the server that write an exception's whole trace, request values included."""
HANDLED: Final = ("", "bentoml", "uvicorn", "uvicorn.error", "uvicorn.access", "circus")
"""Loggers that have handlers of their own in one of our processes."""
FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")
MORE: Final = ("request",)
"""Fields that a line of ours may carry besides its sentence."""


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


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message.

    >>> record = logging.makeLogRecord({"msg": "started", "created": 0.0, "name": "jaga.programs",
    ...                                 "levelname": "INFO", "request": "5f1c"})
    >>> print(JsonLines().format(record))
    {"time": "1970-01-01T00:00:00.000Z", "level": "info", "logger": "jaga.programs",
     "message": "started", "request": "5f1c"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment.replace("+00:00", "Z"), "level": record.levelname.lower(),
                "logger": record.name, "message": record.getMessage()}
        line |= {name: getattr(record, name) for name in MORE if hasattr(record, name)}
        return json.dumps(line)


def set_up(form: str = "text", level: str = "warning") -> None:
    """Hide ids and traces in every line of this process, and write the lines as asked.

    Parameters
    ----------
    form : str
        One of `FORMATS`.
    level : str
        One of `LEVELS`: from which on lines of ours are written.
    """
    hide_ids()
    threading.excepthook = _thread_failed
    logging.captureWarnings(True)
    logging.getLogger("jaga").setLevel(level.upper())
    for name in HANDLED:
        for handler in logging.getLogger(name).handlers:
            _add_filter(handler)
            if form == "json":
                handler.setFormatter(JsonLines())


def say(sentence: str) -> None:
    """Write a sentence for a person as a line of the log, on standard output."""
    record = logging.makeLogRecord({"name": "jaga.serve", "levelname": "INFO", "msg": sentence})
    sys.stdout.write(JsonLines().format(record) + "\n")
    sys.stdout.flush()


def hide_ids() -> None:
    """Put the filter on every talkative logger, once."""
    for name in TALKATIVE:
        _add_filter(logging.getLogger(name))


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Log what ended a thread; Python itself would print its trace."""
    logging.getLogger("jaga.threads").error("a thread failed: %s", failure.exc_type.__name__)


def _add_filter(place: logging.Filterer) -> None:
    if not any(isinstance(kept, TypesOnly) for kept in place.filters):
        place.addFilter(TypesOnly())
