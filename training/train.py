"""`jaga train`: from a journal to a bundle that may serve.

Everything in the bundle was known before ``as_of``; a journal that ends there gives the same
bundle to the byte. What follows ``as_of`` only judges it, and lands in MLflow and the card.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from features.catalog import CATALOG, Catalog
from features.members.rhythm import MEMBER_CATALOG
from features.places import first_place
from features.progress import Progress, silent
from models import champion
from models.bundle import Bundle
from training.costs import policy_at
from training.events import Events, read_events
from training.fit_inactivity import Silence, fit_inactivity, judge_inactivity
from training.fitted import Fitted, fit_scores
from training.holds import HoldEstimate, hold_estimate
from training.judging import fitting, judge, judge_released
from training.labels import Labels, label
from training.lineage import write_data
from training.papers import Papers, write_papers
from training.promote import note_champion
from training.registry import Registry, Run
from training.releases import read_releases
from training.secondlooks import SecondLooks, read_second_looks
from training.settings import Settings, read_settings
from training.splits import Split, split
from training.trained import TrainReport, logged
from training.uplift.fit_uplift import Learnt, fit_uplift

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal

LIBRARIES: Final = ("lightgbm", "scikit-learn", "numpy")
STEPS: Final = ("fit", "inactivity", "uplift", "judge", "papers", "register")


@dataclass(frozen=True)
class Known:
    """The events of a journal, and what is known of them at two moments.

    Parameters
    ----------
    past, labels
        Events before ``as_of``, and their labels known before it.
    later, later_labels
        Events after ``as_of``, or the last slice before it where nothing follows, and their
        labels known at the journal's end.
    holds : HoldEstimate
        What is known at the journal's end of all that behaviour would hold; for reports only.
    looks : SecondLooks
        How often reviewers were wrong, as known before ``as_of``.
    """

    cut: Split
    past: Events
    labels: Labels
    later: Events
    later_labels: Labels
    holds: HoldEstimate
    looks: SecondLooks


@dataclass(frozen=True)
class Built:
    """A bundle not yet saved, and what it was made from."""

    known: Known
    fitted: Fitted
    silence: Silence
    learnt: Learnt
    bundle: Bundle


def train(
    home: Home, program_id: str | None = None, as_of: int | None = None, promote: bool = False,
    seed: int = 0, progress: Progress = silent,
) -> TrainReport:
    """Fit, calibrate and set thresholds on what was known before a moment; judge; register.

    The first bundle of a program becomes its champion, later ones challengers.

    Parameters
    ----------
    home : Home
        Where journal, bundles and the model registry live.
    as_of : int, optional
        UTC milliseconds; default just after the journal's last event.
    promote : bool
        Make the new bundle champion at once.
    seed : int
        Of every random choice.

    Raises
    ------
    NotFound
        No such program.
    """
    settings, journal = read_settings(), home.journal(program_id)
    catalog = home.catalog(journal.program.program_id)
    as_of_ms = journal.as_of_ms if as_of is None else as_of
    built = build(journal, as_of_ms, settings, seed, progress, catalog)
    step = _stepper(progress)
    root = home.bundles(journal.program.program_id)
    folder = built.bundle.save(root)
    role = _role(root, folder.name, promote)
    report = TrainReport(
        bundle_id=folder.name, program_id=journal.program.program_id, as_of_ms=as_of_ms,
        role=role, supervised=built.fitted.fraud is not None,
        sentences=(*built.fitted.sentences, *built.learnt.sentences), labels=_counts(built.known),
        limits=built.bundle.metrics["limits"],
        windows={one.name: str(getattr(built.known.cut, one.name)) for one in fields(Split)},
    )
    step("judge")
    report, papers = _judged(report, journal, built, settings, seed)
    step("papers")
    reports = home.path / "reports" / report.program_id / report.bundle_id
    report, files = write_papers(reports, report, papers, settings, seed)
    files["data"] = (write_data(reports, report, built.bundle),)
    step("register")
    run = logged(report, catalog.hashes, folder, files, settings, seed)
    report = _register(home.path, report, run, settings)
    if role == "champion":
        champion.promote(root, folder.name)
        note_champion(home, report.program_id, "champion_promoted", folder.name,
                      {"gates": "left out" if promote else "none needed"})
    else:
        champion.challenge(root, folder.name)
    step("")
    return report


def build(
    journal: Journal, as_of_ms: int, settings: Settings, seed: int, progress: Progress = silent,
    catalog: Catalog = CATALOG,
) -> Built:
    """Fit everything on what was known before a moment, and put it together; nothing is saved."""
    known = know(journal, as_of_ms, settings, progress, catalog)
    step = _stepper(progress)
    step("fit")
    fitted = fit_scores(known.past, known.labels, known.cut, journal.program, settings, seed,
                        policy_at(journal, as_of_ms))
    step("inactivity")
    silence = fit_inactivity(journal, as_of_ms, seed)
    step("uplift")
    learnt = fit_uplift(journal, as_of_ms, silence.model, seed)
    bundle = new_bundle(
        journal, as_of_ms, catalog, thresholds=fitted.thresholds, fraud=fitted.fraud,
        anomaly=fitted.anomaly, inactivity=silence.model, uplift=learnt.model,
        metrics=_numbers(known, fitted),
    )
    return Built(known, fitted, silence, learnt, bundle)


def know(
    journal: Journal, as_of_ms: int, settings: Settings, progress: Progress,
    catalog: Catalog = CATALOG, events: Events | None = None,
) -> Known:
    """Read events, cut time and label what is before and after ``as_of_ms``."""
    if events is None:
        events = read_events(journal, as_of_ms, progress, catalog)
    end_ms = max(journal.as_of_ms, as_of_ms)
    maturity = journal.program.label_maturity_days
    first = int(events.ms[0]) if len(events) else as_of_ms
    cut = split(first, as_of_ms, end_ms, maturity, settings.slices)
    before = first_place(as_of_ms)

    def labels_at(part: Events, until: int | None, ms: int) -> Labels:
        return label(part.keys(), journal.frame("feedback", until=until), ms, maturity,
                     settings.labels.assumed_weight, read_releases(journal, until),
                     read_second_looks(journal, ms))

    past, after = events.take(events.place < before), events.place >= before
    later = events.take(after) if after.any() else past.take(cut.kept_out.holds(past.ms))
    holds = hold_estimate(events.event, events.member, labels_at(events, None, end_ms),
                          read_releases(journal))
    return Known(cut, past, labels_at(past, before, as_of_ms), later,
                 labels_at(later, None, end_ms), holds, read_second_looks(journal, as_of_ms))


def new_bundle(journal: Journal, as_of_ms: int, catalog: Catalog, **parts: Any) -> Bundle:
    """Start a bundle of today's features for a program; ``parts`` are fields of `Bundle`."""
    return Bundle(
        program_id=journal.program.program_id, as_of_ms=as_of_ms,
        event_features={name: catalog.hashes[name] for name in catalog.names},
        families=dict(catalog.families), units=dict(catalog.units),
        meanings=dict(catalog.own_meanings),
        member_features={name: MEMBER_CATALOG.hashes[name] for name in MEMBER_CATALOG.names},
        versions={name: version(name) for name in LIBRARIES}, **parts,
    )


def _numbers(known: Known, fitted: Fitted) -> dict[str, Any]:
    """Return what the manifest tells; nothing in it knows what follows the moment."""
    return {
        "labels": known.labels.counts(),
        "limits": {name: {kind: one.as_dict() for kind, one in kinds.items()}
                   for name, kinds in fitted.limits.items()},
    }


def _judged(
    report: TrainReport, journal: Journal, built: Built, settings: Settings, seed: int
) -> tuple[TrainReport, Papers]:
    known, fitted, silence = built.known, built.fitted, built.silence
    if not known.cut.future.days:
        fitted = replace(fitted, fraud=fitted.rehearsed)
    fit = fitting(known.past, known.labels, known.cut)
    rows, more, scores, judged = judge(
        known.later, known.later_labels, fit, fitted, journal.program, settings, seed)
    end_ms = max(journal.as_of_ms, report.as_of_ms)
    released = judge_released(known.later, known.later_labels, fitted, journal.program, settings,
                              seed)
    inactivity = judge_inactivity(silence, journal, report.as_of_ms, end_ms, seed)
    report = replace(
        report, results=tuple(rows), probabilities=more,
        inactivity={**silence.model.figures, **inactivity}, inactivity_why=silence.model.why,
        uplift=built.learnt.figures,
        judged_on=str(known.cut.future if known.cut.future.days else known.cut.kept_out),
        judged_frauds=judged.frauds, released=known.holds.as_dict() | {"rows": released},
        reviewers=known.looks.as_dict(),
    )
    return report, Papers(known.cut, known.past, known.later, fit, fitted, scores, judged)


def _register(
    home: Path, report: TrainReport, run: Run, settings: Settings
) -> TrainReport:
    registry = Registry(home, settings)
    run_id = registry.save(run)
    alias = getattr(settings.aliases, report.role)
    registry.promote(report.program_id, report.bundle_id, alias)
    return replace(report, run_id=run_id)


def _role(root: Path, bundle_id: str, promote: bool) -> str:
    past = champion.history(root)
    is_champion = promote or not past or past[-1] == bundle_id
    return "champion" if is_champion else "challenger"


def _counts(known: Known) -> dict[str, dict[str, int]]:
    """Labels by slice, and of what judges the bundle."""
    found = {
        name: known.labels.take(getattr(known.cut, name).holds(known.past.ms)).counts()
        for name in ("fit", "calibration", "thresholds", "kept_out")
    }
    if known.cut.future.days:
        found["future"] = known.later_labels.counts()
    return found


def _stepper(progress: Progress) -> Any:
    """Report the named steps of a training as one bar."""
    def step(name: str) -> None:
        done = STEPS.index(name) if name else len(STEPS)
        progress("train", done, len(STEPS))

    return step
