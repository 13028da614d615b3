"""`jaga report`: what one export tells by itself, as one HTML file.

The export is taken into a home that is thrown away afterwards, by the same ingest, features and
models that serve; nothing has to be set up and nothing is kept.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.catalog import CATALOG
from features.contract import TABLES
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest
from training.events import read_events
from training.findings.blind import blind
from training.findings.cases import cases
from training.findings.duplicates import duplicates
from training.findings.health import health
from training.findings.page import Page, Tile, count, share
from training.findings.slipping import SHOWN, slipping
from training.fit_anomaly import fit_anomaly
from training.fit_inactivity import fit_inactivity
from training.labels import label
from training.train import new_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.exports.mapping import Mapping as ExportMapping
    from features.store.ingest import IngestReport
    from features.store.journal import Journal
    from training.findings.cases import Case
    from training.findings.duplicates import Duplicate
    from training.findings.health import Health
    from training.findings.slipping import Slippage

STEPS: Final = ("events", "cases", "slipping", "page")
SEED: Final = 0
"""A report of the same export is the same file."""


@dataclass(frozen=True)
class Report:
    """Where the report lies, and its head line."""

    path: Path
    page: Page

    def as_dict(self) -> dict[str, Any]:
        """Return what the command shows."""
        page = self.page
        return {
            "report": str(self.path), "headline": page.headline, "events": page.health.events,
            "members": page.health.members, "rejects": page.health.rejects,
            "duplicates": {one.title: one.count for one in page.duplicates},
            "cases": [case.member for case in page.cases],
            "slipping": [one.member for one in page.slipping],
            "not_seen": [gap.missing for gap in page.blind],
        }


def report(
    folder: Path, out: Path, mapping: ExportMapping | None = None, progress: Progress = silent
) -> Report:
    """Read an export and write one HTML file about it.

    Parameters
    ----------
    folder : Path
        The export.
    out : Path
        The file to write; its folder is made.
    mapping : Mapping, optional
        Reads a foreign export as it is.

    Raises
    ------
    BadInput
        The export can't be taken at all.
    """
    with tempfile.TemporaryDirectory(prefix="jaga-report-") as scratch:
        home = Home(Path(scratch))
        try:
            taken = ingest(home, folder, mapping=mapping, progress=progress)
            page = _page(home.journal(), taken, folder, progress)
        finally:
            home.close()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page.html(), encoding="utf-8")
    return Report(out, page)


def _page(journal: Journal, taken: IngestReport, folder: Path, progress: Progress) -> Page:
    """Find everything and put it on the page."""
    as_of_ms = journal.as_of_ms
    frames = _frames(journal)
    _step(progress, "events")
    events = read_events(journal, as_of_ms, progress)
    labels = label(events.keys(), journal.frame("feedback"), as_of_ms,
                   journal.program.label_maturity_days, 1.0)
    _step(progress, "cases")
    silence = fit_inactivity(journal, as_of_ms, SEED)
    bundle = new_bundle(journal, as_of_ms, CATALOG, anomaly=fit_anomaly(events, labels, SEED),
                        inactivity=silence.model)
    opened = cases(journal, events, bundle)
    _step(progress, "slipping")
    slips = slipping(journal, silence.model, silence.frame)
    _step(progress, "page")
    state = health(frames, taken.rejects, taken.ignored)
    twice = duplicates(journal, frames)
    progress("report", len(STEPS), len(STEPS))
    return Page(
        program=journal.program.name, headline=headline(state, twice, opened, slips),
        tiles=_tiles(state, twice, opened, slips), health=state, duplicates=twice, cases=opened,
        cases_note=_cases_note(bundle.anomaly is not None), slipping=slips.members,
        slipping_note=_slipping_note(slips), blind=blind(frames), facts=_facts(folder, slips),
    )


def headline(
    state: Health, twice: Sequence[Duplicate], opened: Sequence[Case], slips: Slippage
) -> str:
    """Say the most important finding in one sentence."""
    if not state.events:
        return "This export holds no event that could be read."
    again = [one for one in twice if one.points]
    points = sum(one.points or 0 for one in again)
    over = " and ".join(f"{count(one.count)} {one.noun}" for one in again[:2])
    stand = sum(case.points for case in opened)
    if opened and again:
        return (f"{len(opened)} members stand out with {count(stand)} points; {count(points)} "
                f"points were credited twice, over {over}.")
    if again:
        return f"{count(points)} points were credited twice, over {over}."
    if opened:
        return f"{len(opened)} members stand out; {count(stand)} points hang on their events."
    if slips.slipping:
        return f"Nothing was claimed twice; {count(slips.slipping)} members are slipping away."
    return "Nothing in this export asks for attention."


def _tiles(
    state: Health, twice: Sequence[Duplicate], opened: Sequence[Case], slips: Slippage
) -> list[Tile]:
    again = sum(one.points or 0 for one in twice)
    of_all = share(again / state.points) if state.points else "0 %"
    rows = sum(table.rows + table.rejects for table in state.tables)
    return [
        Tile("Points claimed", count(state.points), f"in {count(state.events)} events"),
        Tile("Credited twice", count(again), f"points, {of_all} of all",
             "bad" if again else "good"),
        Tile("Cases to open", str(len(opened)),
             f"hold {count(sum(case.points for case in opened))} points",
             "bad" if opened else "good"),
        Tile("Slipping away", count(slips.slipping),
             f"of {count(slips.active)} active members; {count(slips.lapsed)} have lapsed",
             "warn" if slips.slipping else "good"),
        Tile("Rows refused", count(state.rejects), f"of {count(rows)}",
             "warn" if state.rejects else "good"),
    ]


def _cases_note(has_anomaly: bool) -> str:
    if not has_anomaly:
        return "Too few events to say what is unusual: only hard rules were applied."
    return ("A case is a member, ranked by his events that break a hard rule or look more unusual "
            "than nearly all comparable ones, and by how many of his events do. Unusual is not "
            "guilty: open, look, decide.")


def _slipping_note(slips: Slippage) -> str:
    return ("Members who were active, have been silent for longer than their own rhythm, and are "
            f"likelier than not to stay so; by what they used to earn, {SHOWN} of "
            f"{count(slips.slipping)}. Who is off season is left out.")


def _facts(folder: Path, slips: Slippage) -> list[str]:
    return [
        f"Made by jaga report from the folder {folder.resolve().name}. Times are UTC. "
        "The same export gives the same report.",
        f"Inactivity by {slips.model}.",
        "Everything was worked out on this machine; the page asks the network for nothing.",
    ]


def _frames(journal: Journal) -> dict[str, pd.DataFrame]:
    """Rows of every table that came."""
    frames = {name: journal.frame(name) for name in TABLES}
    return {name: frame for name, frame in frames.items() if len(frame) or name == "members"}


def _step(progress: Progress, name: str) -> None:
    progress("report", STEPS.index(name), len(STEPS))
