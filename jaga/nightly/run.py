"""`jaga run nightly`: every step of a night that is not done yet, each marked when it is."""

from __future__ import annotations

import logging
import shutil
import time
import traceback
from typing import TYPE_CHECKING, Any, Final

from features.errors import JagaError
from features.progress import Progress, silent
from jaga.nightly.lock import one_run
from jaga.nightly.night import Night, last_midnight
from jaga.nightly.record import FILE, Entry, Record
from jaga.nightly.steps import STEPS
from jaga.nightly.work import Work
from models.answers import rfc3339
from serving.members import default_as_of
from serving.outbox.jobs import clock_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from jaga.nightly.step import Step

log = logging.getLogger("jaga.nightly")
KEPT: Final = 60
"""Nights whose files are kept: two months can be read again, older ones are in backups."""
Answer = dict[str, Any]


def run(
    home: Home, program_id: str | None = None, as_of: int | None = None,
    progress: Progress = silent, steps: Sequence[Step] = STEPS,
) -> Answer:
    """Run what is not done yet of a night.

    Parameters
    ----------
    home : Home
    program_id : str or None
        Needed where the home holds several programs.
    as_of : int or None
        UTC milliseconds; None: the last midnight of the program's time zone that is over.
    progress : Progress
    steps : sequence of Step
        In their order.

    Returns
    -------
    dict
        ``night, as_of, steps`` (by name: ``status, seconds, sentence``), ``seconds``, and
        ``passed``: whether no step failed or was blocked.

    Raises
    ------
    NotFound
        No such program.
    Unavailable
        Where another run of this program is at work.
    """
    journal = home.journal(program_id)
    started, now_ms = time.perf_counter(), clock_of(home)
    moment = last_midnight(now_ms, journal.program) if as_of is None else as_of
    night = Night.of(home, journal.program, moment)
    with one_run(home, journal):
        _drop_drafts(night.folder)
        record = Record(night, _acts_ms(journal, moment, now_ms))
        work = Work(home, journal, night, record.acts_ms, progress)
        for done, step in enumerate(steps):
            progress("night", done, len(steps))
            _do(step, work, record)
        progress("night", len(steps), len(steps))
        _forget_old(night.folder.parent)
    told = {step.name: record.steps[step.name] for step in steps}
    return {
        "program_id": night.program_id, "night": night.day, "as_of": rfc3339(moment),
        "steps": {name: {"status": entry.status, "seconds": entry.seconds,
                         "sentence": entry.sentence} for name, entry in told.items()},
        "seconds": round(time.perf_counter() - started, 1), "record": str(night.folder / FILE),
        "passed": all(entry.status not in ("failed", "blocked") for entry in told.values()),
    }


def _acts_ms(journal: Journal, moment: int, now_ms: int) -> int:
    """When what is done tonight is done: at the night's moment, unless the journal went on.

    Decisions go forward in time: behind the last event, and not before the clock.
    """
    last = default_as_of(journal)
    return moment if last <= moment else max(now_ms, last)


def _do(step: Step, work: Work, record: Record) -> None:
    """Do a step, unless it is done or what it needs did not end well."""
    if record.is_finished(step.name):
        return
    missing = [name for name in step.needs if not record.is_finished(name)]
    if missing:
        record.put(step.name, Entry("blocked", f"It needs {', '.join(missing)}."))
        return
    head, started = work.journal.head, time.perf_counter()
    record.began(step.name, head)
    try:
        did = step.run(work)
    except JagaError as error:
        sentence = str(error)
    except Exception as error:  # noqa: BLE001 - one step stops no other
        at = traceback.extract_tb(error.__traceback__)[-1]  # where, and nothing of what it held
        log.error("the step %s failed: %s at %s:%d", step.name, type(error).__name__, at.filename,
                  at.lineno or 0)
        sentence = f"{type(error).__name__}; the log says where."
    else:
        seconds = round(time.perf_counter() - started, 2)
        record.put(step.name, Entry(
            "done" if did.was_needed else "skipped", did.sentence, record.steps[step.name].head,
            list(did.wrote), did.figures, seconds))
        return
    record.put(step.name, Entry("failed", sentence, record.steps[step.name].head,
                                seconds=round(time.perf_counter() - started, 2)))


def _drop_drafts(folder: Path) -> None:
    """Drop files that a run which was killed had not put under their names yet."""
    for path in folder.glob(".*"):
        path.unlink()


def _forget_old(folder: Path) -> None:
    """Drop the files of nights beyond the newest `KEPT`."""
    nights = sorted(path.parent for path in folder.glob(f"*/{FILE}"))
    for night in nights[:-KEPT]:
        shutil.rmtree(night)
