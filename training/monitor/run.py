"""`jaga monitor`: whether what comes is what the model learnt from, and how far it is trusted."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog.signs import PREFIX
from features.contract import LABELS, OUTCOMES, SOURCES
from features.errors import NotFound
from features.members.rhythm import MEMBER_CATALOG
from features.places import first_place, place_ms
from features.progress import Progress, silent
from models import champion
from models.bundle import Bundle
from models.labelled import COLUMNS, resolve
from models.monitored import PAGE, REPORT, monitor_folder
from models.trust import Trust, weigh_trust
from models.trusthistory import TrustHistory, settle_trust
from training.events import read_events
from training.monitor import labelling, missed, moved, served, signs
from training.monitor.gate import Gate
from training.monitor.report import MonitorReport
from training.monitor.windows import choose
from training.registry import Registry
from training.secondlooks import read_second_looks
from training.settings import read_settings
from training.splits import DAY_MS, Window

if TYPE_CHECKING:
    from pathlib import Path

    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal
    from training.events import Events
    from training.monitor.windows import Windows
    from training.settings import MonitorSettings, Settings

Floats = npt.NDArray[np.float64]
WEEK: Final = 7 * DAY_MS
PROVED: Final = tuple(SOURCES.index(name) for name in ("audit", "chargeback"))
CREDITED: Final = OUTCOMES.index("credited")
TOP: Final = 0.99
SHOWN: Final = 10
STEPS: Final = ("features", "signs", "labels", "page")


def monitor(
    home: Home, program_id: str | None = None, as_of: int | None = None,
    out: Path | None = None, events: Events | None = None, progress: Progress = silent,
    is_logged: bool = True,
) -> MonitorReport:
    """Look at the days before a moment, by what was known then, and write down what is found.

    Parameters
    ----------
    home : Home
    as_of : int, optional
        UTC milliseconds; default just after the journal's last event.
    out : Path, optional
        Folder to write into; default ``HOME/monitor/PROGRAM/DATE``.
    events : Events, optional
        `training.events.read_events` of the journal, where somebody has them already.
    is_logged : bool
        Log to MLflow, and write Evidently's page; without it only ``monitor.json``.

    Raises
    ------
    NotFound
        No champion serves.
    BadInput
        No event in the days that are looked at.
    """
    settings, journal = read_settings(), home.journal(program_id)
    as_of_ms = journal.as_of_ms if as_of is None else as_of
    program_id = journal.program.program_id
    bundle = _champion(home, program_id)
    if events is None:
        events = read_events(journal, as_of_ms, progress, home.catalog(program_id))
    found = look(journal, bundle, events, as_of_ms, settings, progress)
    day = datetime.fromtimestamp(as_of_ms / 1000, UTC).date()
    folder = out or monitor_folder(home.path, program_id) / str(day)
    folder.mkdir(parents=True, exist_ok=True)
    report = replace(found, folder=folder)
    if is_logged:
        _page(report, bundle, events, settings)
    report.write()
    if is_logged:
        files = tuple(path for path in (folder / REPORT, folder / PAGE) if path.exists())
        Registry(home.path, settings).log_look(
            f"{program_id} {day}", report.metrics(),
            {"program_id": program_id, "bundle_id": bundle.bundle_id,
             "passed": str(report.passed).lower()}, {"monitor": files})
    return report


def settle(home: Home, report: MonitorReport) -> Trust | None:
    """Put the trust of a report in force for all verdicts to come; None where it is already."""
    journal = home.journal(report.program_id)
    with home.database.writing() as store:
        return settle_trust(store, journal.key, report.trust)


def look(
    journal: Journal, bundle: Bundle, events: Events, as_of_ms: int, settings: Settings,
    progress: Progress = silent, score: Floats | None = None,
) -> MonitorReport:
    """Ask all gates; nothing is written.

    Parameters
    ----------
    bundle : Bundle
        Bound to the catalogue of ``events``.
    events : Events
        Of the whole journal; those at the moment and later are not looked at.
    score : float64, shape (n,), optional
        `scores_of` all events, where somebody has them already.
    """
    own = settings.monitor
    known = events.ms < as_of_ms
    past = events.take(known)
    windows = choose(past.ms, as_of_ms, bundle.as_of_ms, _peaks(journal, as_of_ms), own)
    progress("monitor", 0, len(STEPS))
    frame = features_of(bundle, past, own)
    score = scores_of(bundle, past) if score is None else score[known]
    shifted = moved.compare(frame, score, past.ms, windows, own)
    progress("monitor", 1, len(STEPS))
    lit, mode = signs.look(past.catalog.names, past.matrix, past.member, past.ms, as_of_ms,
                           bundle.as_of_ms, own)
    progress("monitor", 2, len(STEPS))
    feedback = journal.frame("feedback", until=first_place(as_of_ms), columns=COLUMNS[:4])
    labels = resolve(feedback, as_of_ms)
    sources, of_labels = labelling.look(feedback, past.event, past.member, past.ms, as_of_ms,
                                        settings.labels.maturity_days, own)
    gone, missing = missed.look(*_weekly(journal, past, feedback, as_of_ms, bundle.as_of_ms), own)
    answered, parity = served.look(journal, bundle, past, labels, windows.current, own)
    gates = (*shifted.gates, mode, *of_labels, missing, parity, _age(bundle, as_of_ms, own))
    with journal.database.reading() as store:
        before = TrustHistory.read(store, journal.key).of(bundle.bundle_id, as_of_ms)
    report = MonitorReport(
        journal.program.program_id, bundle.bundle_id, as_of_ms, gates, before,
        windows=windows.as_dict(), figures={
            "distances": dict(sorted(shifted.distances.items(), key=lambda one: -one[1])),
            "signs": [one._asdict() for one in lit[:SHOWN]],
            "labels": {name: one._asdict() for name, one in sources.items()},
            "missed": None if gone is None else gone._asdict(),
            "served": answered.as_dict(), "top": _top(score, past.ms, windows),
            "reviewers": asdict(read_second_looks(journal, as_of_ms))})
    progress("monitor", len(STEPS), len(STEPS))
    return replace(report, trust=weigh_trust(report.findings, before, as_of_ms))


def features_of(bundle: Bundle, events: Events, settings: MonitorSettings) -> pd.DataFrame:
    """Columns to watch: those the fraud model gains most by, else the signs."""
    names = list(events.catalog.names)
    if bundle.fraud is not None:
        gain = bundle.fraud.booster.feature_importance("gain")[: len(names)]
        order = np.argsort(-gain, kind="stable")[: settings.features]
        picked = [int(at) for at in order if gain[at] > 0]
    else:
        picked = [at for at, name in enumerate(names) if name.startswith(PREFIX)]
    return pd.DataFrame({names[at]: events.matrix[:, at] for at in picked})


def scores_of(bundle: Bundle, events: Events) -> Floats:
    """Score of each event, shape (n,): of the fraud model, else of the anomaly, else NaN."""
    if len(events) and bundle.fraud is not None:
        return bundle.fraud.score(events.matrix)
    if len(events) and bundle.anomaly is not None:
        return bundle.anomaly.score(events.matrix, events.kind, events.persona)
    return np.full(len(events), np.nan)


def _champion(home: Home, program_id: str) -> Bundle:
    folder = champion.champion(home.bundles(program_id))
    if folder is None:
        raise NotFound("a champion bundle", "none", "run jaga train first")
    return Bundle.load(folder, home.catalog(program_id), MEMBER_CATALOG)


def _peaks(journal: Journal, as_of_ms: int) -> tuple[Window, ...]:
    """Seasons, campaigns and festivals that the program had announced before a moment."""
    rows = journal.frame("campaigns", until=first_place(as_of_ms), latest=True,
                         columns=["campaign_id", "starts_at", "ends_at"])
    return tuple(Window(int(start), int(end))
                 for start, end in zip(rows["starts_at"], rows["ends_at"], strict=True))


def _weekly(journal: Journal, events: Events, feedback: pd.DataFrame, as_of_ms: int,
            learnt_until_ms: int) -> tuple[Ints, Ints, int]:
    """Members with a missed fraud proved, and active members, of each week; weeks before learning.

    The first weeks are left out: until labels mature, none can be proved yet.
    """
    settled = round(journal.program.label_maturity_days * DAY_MS)
    first = (int(events.ms[0]) if len(events) else as_of_ms) + settled
    weeks = max((as_of_ms - first) // WEEK, 0)
    edges = as_of_ms - WEEK * np.arange(weeks, -1, -1)
    member = pd.Series(events.member, events.event)
    credited = set(events.event[(events.outcome == CREDITED) | (events.outcome < 0)].tolist())
    rows = feedback[feedback["source"].isin(PROVED)
                    & (feedback["label"] == LABELS.index("fraud"))
                    & feedback["event_id"].isin(credited)]
    known = pd.DataFrame({"member": member.reindex(rows["event_id"]).to_numpy(),
                          "ms": place_ms(rows["place"].to_numpy())})
    known = known.sort_values("ms", kind="stable").drop_duplicates("member")
    proved = np.histogram(known["ms"], edges)[0] if weeks else np.zeros(0, np.int64)
    bounds = np.searchsorted(events.ms, edges)
    active = np.array([len(np.unique(events.member[low:high]))
                       for low, high in itertools.pairwise(bounds)], np.int64)
    return proved.astype(np.int64), active, int((edges[1:] <= learnt_until_ms).sum())


def _age(bundle: Bundle, as_of_ms: int, settings: MonitorSettings) -> Gate:
    days = (as_of_ms - bundle.as_of_ms) / DAY_MS
    return Gate("model_age", days, settings.max_age_days,
                f"The model knows what was known until {days:.0f} days ago; from "
                f"{settings.max_age_days:.0f} on it is stale.")


def _top(score: Floats, ms: Ints, windows: Windows) -> dict[str, float | None]:
    """Share of the last days' scores past the top hundredth of the model's first weeks."""
    before = np.zeros(len(ms), dtype=bool)
    for span in windows.served[0] if windows.served else ():
        before |= span.holds(ms)
    known, now = score[before & np.isfinite(score)], score[windows.current.holds(ms)]
    if not len(known) or not len(now):
        return {"limit": None, "share": None}
    limit = float(np.quantile(known, TOP))
    share = float((now > limit).mean())
    return {"limit": limit, "share": share if math.isfinite(share) else None}


def _page(report: MonitorReport, bundle: Bundle, events: Events, settings: Settings) -> None:
    """Write Evidently's page: the last days beside what the model learnt from."""
    assert report.folder is not None  # it was just made
    frame = features_of(bundle, events, settings.monitor).assign(score=scores_of(bundle, events))
    ms = events.ms
    now = (ms < report.as_of_ms) & (ms >= report.as_of_ms - settings.monitor.days * DAY_MS)
    then = np.flatnonzero(ms < min(bundle.as_of_ms, report.as_of_ms - settings.monitor.days
                                   * DAY_MS))
    most = settings.monitor.max_rows
    thin = then if len(then) <= most else then[np.linspace(0, len(then) - 1, most).astype(int)]
    if len(thin) >= settings.monitor.min_rows and int(now.sum()) >= settings.monitor.min_rows:
        moved.write_page(frame.iloc[thin], frame[now], report.folder / PAGE)
