"""The steps of a night, in their order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from features.errors import NotFound, Unavailable
from features.links.jobs import publish_rings
from jaga.nightly.digesting import digest
from jaga.nightly.learning import challenger, gates, monitor
from jaga.nightly.reporting import reports
from jaga.nightly.step import Did, Step, nothing
from jaga.nightly.watching import nudges
from models.insiders.jobs import look
from serving.campaigns import jobs as campaigns_of
from serving.holds import end_all_due
from serving.members import with_anomaly
from serving.score import write_scores
from serving.suggest import suggest

if TYPE_CHECKING:
    from jaga.nightly.work import Work

NO_CHAMPION: Final = "No bundle serves yet, so nobody is scored; jaga train makes one."


def scores(work: Work) -> Did:
    """Score every member, how unusual each is too."""
    started = time.perf_counter()
    try:
        bundle = work.bundle
    except NotFound:
        return nothing(NO_CHAMPION)
    members = with_anomaly(work.members, work.journal, bundle, work.catalog, work.records())
    found = write_scores(members, bundle.bundle_id, work.night.folder / "scores", started)
    return Did(f"{found.members:,} members scored by {found.bundle_id}.",
               (work.below(work.night.folder / "scores" / "members.parquet"),),
               {"members": found.members, "states": found.states, "bundle_id": found.bundle_id})


def rings(work: Work) -> Did:
    """Publish who is joined with whom."""
    found = publish_rings(work.home, work.journal, work.ring_weeks[-1])
    return Did(f"{found.rings:,} rings of {found.members:,} members, {found.likely:,} of them "
               "likely one hand.", (work.below(found.path),),
               {"rings": found.rings, "members": found.members, "likely": found.likely})


def insiders(work: Work) -> Did:
    """Weigh staff, reps and reviewers against their peers."""
    found = look(work.home, work.program_id, work.as_of_ms)
    return Did(f"{len(found.findings)} people inside stand out.", (work.below(found.path),),
               {"findings": len(found.findings)})


def suggestions(work: Work) -> Did:
    """Choose a mission for each member, and keep every decision."""
    if not work.journal.missions:
        return nothing("The program lists no missions.")
    try:
        members = work.members
    except NotFound:
        return nothing(NO_CHAMPION)
    out = work.night.folder / "suggestions.parquet"
    found = suggest(work.home, out, work.program_id, members=members, now_ms=work.acts_ms)
    return Did(f"{found.suggestions:,} suggestions, {found.held_out:,} members held out.",
               (work.below(out), "suggested"),
               {"suggestions": found.suggestions, "held_out": found.held_out,
                "kept": found.kept})


def campaigns(work: Work) -> Did:
    """Run the night of every standing campaign."""
    if not campaigns_of.has_work(work.journal, work.acts_ms):
        return nothing("No campaign runs tonight.")
    answer = campaigns_of.run(work.home, work.program_id, now_ms=work.acts_ms,
                              members=work.members)
    handed = answer["handed_over"]
    return Did(f"{handed.get('sent', 0):,} missions handed over for "
               f"{len(answer['campaigns'])} campaigns.", ("standing_days", "standing_decisions"),
               {"handed_over": handed})


def holds(work: Work) -> Did:
    """End the holds whose time has passed."""
    try:
        ended = end_all_due(work.journal, work.acts_ms)
    except Unavailable:
        return nothing("A service runs on this home and ends holds itself.")
    return Did(f"{ended:,} holds ended by their time.", ("decisions",))


STEPS: Final = (
    Step("scores", scores),
    Step("rings", rings),
    Step("insiders", insiders),
    Step("suggestions", suggestions, ("scores",)),
    Step("campaigns", campaigns, ("scores",)),
    Step("holds", holds),
    Step("nudges", nudges, ("rings", "scores")),
    Step("monitor", monitor),
    Step("challenger", challenger),
    Step("gates", gates, ("challenger",)),
    Step("reports", reports, ("campaigns", "holds")),
    Step("digest", digest, ("nudges",)),
)
"""Every step after what it needs."""
