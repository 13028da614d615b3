"""The steps of models: what is served is watched, a challenger is trained, gates are asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jaga.nightly.step import Did, nothing
from models.champion import as_of_ms, bundles, champion

if TYPE_CHECKING:
    from jaga.nightly.work import Work

DAY_MS: Final = 86_400_000
DERIVED: Final = 5
"""Stored verdicts that the gate of parity derives again."""


def monitor(work: Work) -> Did:
    """Hold what is served against what was learnt."""
    if champion(work.home.bundles(work.program_id)) is None:
        return nothing("No bundle serves yet, so there is nothing to watch.")
    from training.monitor.run import monitor as watch  # heavy, as is all that learns
    from training.monitor.run import settle

    found = watch(work.home, work.program_id, as_of=work.as_of_ms, progress=work.progress)
    settled = settle(work.home, found)
    said = "Nothing moved." if found.passed else "Something moved: look at the model's page."
    if settled is not None:
        said += f" The model is trusted {settled.weight:.0%} from now on."
    told = found.as_dict()
    folder = Path(told.pop("folder")).relative_to(work.home.path)
    return Did(said, (str(folder),), told)


def challenger(work: Work) -> Did:
    """Train once in so many days, on what was known before the night."""
    every = work.journal.program.nightly.train_every_days
    if why := why_not(every, _newest_ms(work), work.as_of_ms):
        return nothing(why)
    from training.train import train  # heavy, and wanted once a week

    found = train(work.home, work.program_id, work.as_of_ms, progress=work.progress)
    return Did(f"{found.bundle_id} was trained and is {found.role}.",
               (f"bundles/{work.program_id}/{found.bundle_id}",),
               {"bundle_id": found.bundle_id, "role": found.role})


def why_not(every: int, newest_ms: int | None, as_of_ms: int) -> str:
    """Why nothing is trained in a night; empty where it is time.

    Parameters
    ----------
    every : int
        Days from one training to the next; 0: by hand.
    newest_ms : int or None
        Up to when the newest bundle knows; None: there is none yet.
    as_of_ms : int
        The night's moment.

    Examples
    --------
    >>> why_not(7, 0, 6 * DAY_MS)
    'The newest bundle is younger than 7 days.'
    >>> why_not(7, 0, 7 * DAY_MS), why_not(7, None, 0)
    ('', '')
    >>> why_not(0, None, 0)
    'The program trains by hand: nightly.train_every_days is 0.'
    """
    if not every:
        return "The program trains by hand: nightly.train_every_days is 0."
    if newest_ms is not None and as_of_ms - newest_ms < every * DAY_MS:
        return f"The newest bundle is younger than {every} days."
    return ""


def gates(work: Work) -> Did:
    """Ask whether a challenger may take over."""
    from serving.sampled import explain_sample
    from training.gating import promote_if_passed

    found = promote_if_passed(
        work.home, work.program_id, work.acts_ms,
        lambda: explain_sample(work.home, DERIVED, 0, work.program_id, work.progress))
    return Did(str(found["sentence"]), figures=found)


def _newest_ms(work: Work) -> int | None:
    """Up to which moment the newest bundle knows; None where there is none."""
    root = work.home.bundles(work.program_id)
    return max((as_of_ms(root / name) for name in bundles(root)), default=None)
