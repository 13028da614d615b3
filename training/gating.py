"""`jaga gates`: a challenger beside the champion, judged on what both know nothing of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import Conflict, NotFound
from features.members.rhythm import MEMBER_CATALOG
from features.progress import Progress, silent
from features.store.chain import MACHINE
from models import champion
from models.bundle import Bundle
from models.judgement import judge
from models.parity import served_parity
from training.costs import policy_at
from training.events import read_events
from training.gates.calibration import calibration
from training.gates.fairness import fairness
from training.gates.finding import Gates
from training.gates.kept import keep_gates
from training.gates.latency import latency
from training.gates.lookalikes import look_alikes
from training.gates.parity import Compared, parity
from training.gates.quality import quality
from training.gates.reading import Bench, read_trial
from training.promote import promote
from training.registry import Registry
from training.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.home import Home
    from training.gates.finding import Finding
    from training.settings import Settings

    Derive = Callable[[], dict[str, Any]]

Floats = npt.NDArray[np.float64]
STEPS: Final = 2
_VERDICTS: Final = ("SELECT place FROM verdicts WHERE program = ? AND length(vector) > 0 "
                    "ORDER BY place DESC LIMIT ?")
_SHADOWS: Final = ("SELECT event_id, score, anomaly FROM shadow_scores WHERE program = ? "
                   "AND bundle_id = ? ORDER BY place DESC LIMIT ?")


def gates(
    home: Home, program_id: str | None = None, bundle_id: str | None = None, seed: int = 0,
    progress: Progress = silent, derive: Derive | None = None, until_passed: bool = False,
) -> Gates:
    """Judge a challenger beside the champion; keep what was found, and log it to its run.

    Parameters
    ----------
    home : Home
    program_id : str, optional
    bundle_id : str, optional
        Which bundle; None: the newest of those later than the champion that enough matured
        labels tell of, so that weekly challengers do not push each other out before they are
        ripe; the challenger where there is none.
    seed : int
        Of every draw.
    derive : callable, optional
        Derives stored verdicts again and gives ``derived`` and ``differing``; None: they are left
        out of the gate of parity.
    until_passed : bool
        Judge the ripe bundles before it too, until one passes: the answer is that one's, else the
        newest's.

    Raises
    ------
    NotFound
        No champion to compare with, or no challenger.
    Conflict
        The bundle serves already.
    BadInput
        A bundle was changed, or needs a feature that is defined otherwise today.
    """
    settings, journal = read_settings(), home.journal(program_id)
    program_id = journal.program.program_id
    old, tried = _pair(home, program_id, bundle_id)
    progress("gates", 0, STEPS)
    end_ms = journal.as_of_ms
    policy = policy_at(journal, end_ms)
    events = read_events(journal, end_ms, progress, home.catalog(program_id))
    bench = Bench(journal, events, policy, end_ms, settings)
    old = replace(old, policy=policy)
    progress("gates", 1, STEPS)
    judged = []
    for folder in _ripe(bench, old, tried)[:None if until_passed else 1]:
        new = replace(Bundle.load(folder, events.catalog, MEMBER_CATALOG), policy=policy)
        judged.append(_judged(home, bench, old, new, seed, derive))
        if judged[-1].passed:
            break
    progress("gates", STEPS, STEPS)
    return judged[-1] if judged[-1].passed else judged[0]


def _judged(home: Home, bench: Bench, old: Bundle, new: Bundle, seed: int, derive: Derive | None
            ) -> Gates:
    settings, program_id = bench.settings, bench.journal.program.program_id
    trial = read_trial(bench, old, new, seed)
    findings = (quality(trial), calibration(trial), look_alikes(trial), fairness(trial),
                _latency(bench, old, new, settings), _parity(home, bench, new, settings, derive))
    found = Gates(program_id, new.bundle_id, old.bundle_id, str(trial.window), bench.end_ms,
                  findings)
    _log(home.path, found, keep_gates(home.path, found), settings)
    return found


def promote_if_passed(
    home: Home, program_id: str | None, now_ms: int, derive: Derive | None = None
) -> dict[str, Any]:
    """Let the challenger serve where program.yaml leaves that to the gates and it passed them all.

    Parameters
    ----------
    now_ms : int
        Milliseconds since 1970 UTC, for the audit log.

    Returns
    -------
    dict
        ``promoted``, a bool, and ``sentence``; ``bundle_id`` of what serves now, if so.
    """
    journal = home.journal(program_id)
    program_id = journal.program.program_id
    if journal.program.promotion != "automatic":
        return {"promoted": False, "sentence": "Promotion is left to people (program.yaml)."}
    root = home.bundles(program_id)
    if champion.challenger(root) is None or champion.champion(root) is None:
        return {"promoted": False, "sentence": "No challenger waits."}
    found = gates(home, program_id, derive=derive, until_passed=True)
    if not found.passed:
        return {"promoted": False, "sentence": found.sentence}
    promote(home, program_id, found.bundle_id, by=MACHINE, now_ms=now_ms)
    return {"promoted": True, "bundle_id": found.bundle_id,
            "sentence": f"{found.sentence} {found.bundle_id} serves now."}


def _pair(home: Home, program_id: str, bundle_id: str | None) -> tuple[Bundle, list[Path]]:
    """The champion, and the bundles that may be judged beside it, the one to begin with first."""
    root = home.bundles(program_id)
    served, named = champion.champion(root), champion.challenger(root)
    if served is None:
        raise NotFound("a champion to compare with", "none", "run jaga train: the first bundle "
                       "serves at once")
    if bundle_id is None and named is None:
        raise NotFound("a challenger", "none", "run jaga train, or name a bundle")
    folder = root / bundle_id if bundle_id is not None else named
    assert folder is not None
    if folder == served:
        raise Conflict("a bundle that does not serve yet", "the champion", "name another one")
    old = Bundle.load(served, home.catalog(program_id), MEMBER_CATALOG)
    if bundle_id is not None:
        return old, [folder]
    served_once = champion.history(root)
    later = [root / name for name in reversed(champion.bundles(root))
             if name not in served_once and champion.as_of_ms(root / name) > old.as_of_ms]
    return old, [folder, *(one for one in later if one != folder)]


def _ripe(bench: Bench, old: Bundle, tried: list[Path]) -> list[Path]:
    """The bundles that enough matured labels tell of; the first of all where there is none."""
    if len(tried) == 1:
        return tried
    return [one for one in tried if bench.is_enough(
        bench.window(old.as_of_ms, champion.as_of_ms(one)))] or tried[:1]


def _latency(bench: Bench, old: Bundle, new: Bundle, settings: Settings) -> Finding:
    own, program = settings.gates.latency, bench.journal.program
    rows = np.arange(len(bench.events))[-own.events:]
    occasions, matrix = bench.occasions(rows), bench.events.matrix[rows]

    def judged_by(bundle: Bundle) -> Callable[[int], object]:
        return lambda at: judge(bundle, program, occasions[at], matrix[at], enforcement="full")

    return latency(judged_by(old), judged_by(new), range(len(rows)), own)


def _parity(home: Home, bench: Bench, new: Bundle, settings: Settings, derive: Derive | None
            ) -> Finding:
    rows = settings.gates.parity.rows
    compared = [_served(home, bench, rows), _shadowed(bench, new, rows)]
    if derive is not None:
        try:
            again = derive()
            compared.append(Compared("verdicts derived again", int(again["derived"]),
                                     len(again["differing"])))
        except NotFound:  # no verdict was given yet
            pass
    return parity(*compared)


def _served(home: Home, bench: Bench, most: int) -> Compared:
    """Features stored with the last verdicts, beside those made in batch."""
    journal, events = bench.journal, bench.events
    with journal.database.reading() as store:
        places = [int(row[0]) for row in store.rows(_VERDICTS, (journal.key, most))]
    rows = np.isin(events.place, np.array(places, np.int64))
    batch = [(pd.DataFrame({"place": events.place[rows]}), events.matrix[rows])]
    found = served_parity(home, journal, events.catalog, batch=batch)
    return Compared("served verdicts' features", found.events, found.differing.total())


def _shadowed(bench: Bench, new: Bundle, most: int) -> Compared:
    """Scores that the challenger gave in the shadow, beside those it gives in batch."""
    journal, events = bench.journal, bench.events
    with journal.database.reading() as store:
        told = {int(event): (score, anomaly) for event, score, anomaly in store.rows(
            _SHADOWS, (journal.key, new.bundle_id, most))}
    part = events.take(np.isin(events.event, np.array(list(told), np.int64)))
    if not len(part):
        return Compared("scores in the shadow", 0, 0)
    live = np.array([told[event] for event in part.event.tolist()], dtype=np.float64)
    persona = part.matrix[:, part.catalog.names.index("member_persona")]
    numbers = np.nan_to_num(persona, nan=-1).astype(np.int64)
    nothing = np.full(len(part), np.nan)
    score = nothing if new.fraud is None else new.fraud.score(part.matrix)
    anomaly = (nothing if new.anomaly is None
               else new.anomaly.score(part.matrix, part.kind, numbers))
    batch = np.column_stack([score, anomaly])
    same = (live == batch) | (np.isnan(live) & np.isnan(batch))
    return Compared("scores in the shadow", len(part), int((~same.all(axis=1)).sum()))


def _log(home: Path, found: Gates, file: Path, settings: Settings) -> None:
    """Add the findings to the MLflow run of the bundle; one that has none goes without."""
    metrics = {f"gates_{finding.gate}_{path}".replace("-", "_"): value
               for finding in found.findings for path, value in _flat(finding.figures)}
    tags = {"gates": str(found.passed).lower(),
            **{f"gate_{finding.gate}".replace("-", "_"): str(finding.passed).lower()
               for finding in found.findings}}
    Registry(home, settings).note(found.program_id, found.bundle_id, metrics, tags, file, "gates")


def _flat(figures: dict[str, Any], start: str = "") -> list[tuple[str, float]]:
    """Numbers of nested figures with their path, without groups: their names are the program's."""
    found: list[tuple[str, float]] = []
    for name, value in figures.items():
        if isinstance(value, dict) and "events" not in value and "compared" not in value:
            found += _flat(value, f"{start}{name}_")
        elif isinstance(value, (int, float)):
            found.append((f"{start}{name}", float(value)))
    return found
