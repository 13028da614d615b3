"""Who inside stands out, as of a moment: every test over everybody, then the count of tests."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import BadInput
from models.insiders.accounts import few_accounts
from models.insiders.enrolments import ghost_enrolments
from models.insiders.finding import Finding, Suspicion
from models.insiders.past import read_past
from models.insiders.reviewers import rubber_stamp
from models.insiders.tails import discoveries
from models.insiders.tickets import no_ticket
from models.insiders.words import insider_texts
from models.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.store.journal import Journal

FALSE_SHARE: Final = 0.05
"""Share of false ones among the findings of one run, at most, on average."""


def find_insiders(
    journal: Journal, as_of_ms: int, *, scores: Mapping[int, float] | None = None,
    false_share: float = FALSE_SHARE, texts: Texts | None = None,
) -> list[Finding]:
    """Find staff, reps and reviewers whose figures neither chance nor their peers explain.

    Parameters
    ----------
    journal : Journal
    as_of_ms : int
        Only what was known before it counts.
    scores : mapping of event number to score, optional
        Scores that reviewers saw, for the expected rate of approvals.
    false_share : float
        Share of false ones among the findings that is put up with.
    texts : Texts, optional
        Words; those that come with Jaga if left out.

    Returns
    -------
    list of Finding, the strongest first; empty where there is too little to tell.
    """
    if not 0 < false_share < 1:
        raise BadInput("a share of false findings between 0 and 1", str(false_share),
                       "leave it out for 0.05")
    suspicions = weigh_insiders(journal, as_of_ms, scores)
    q = discoveries(np.array([each.p for each in suspicions]))
    words = texts or Texts.read()
    chosen = sorted((pair for pair in zip(q.tolist(), suspicions, strict=True)
                     if pair[0] <= false_share), key=lambda pair: (pair[0], pair[1].p))
    return [_finding(journal, as_of_ms, each, value, words) for value, each in chosen]


def weigh_insiders(
    journal: Journal, as_of_ms: int, scores: Mapping[int, float] | None = None
) -> list[Suspicion]:
    """Everybody tested, remarkable or not."""
    past = read_past(journal, as_of_ms)
    return [*few_accounts(past), *ghost_enrolments(past), *no_ticket(past),
            *rubber_stamp(past, scores)]


def _finding(journal: Journal, as_of_ms: int, found: Suspicion, q: float, words: Texts) -> Finding:
    name = str(journal.names(found.role, np.array([found.staff]))[0])
    members = journal.names("member", np.array(found.members, dtype=np.int64))
    text, innocent = insider_texts(words, found, name)
    return Finding(found.kind, found.role, found.staff, name, 1 - q, found.p, as_of_ms,
                   found.statistics, tuple(map(str, members)), text, innocent)


def write_findings(findings: list[Finding], path: Path) -> int:
    """Write findings as ``.json`` or ``.parquet``; return how many.

    In Parquet, ``statistics``, ``text`` and ``innocent`` are JSON. BadInput for another ending.
    """
    rows = [dataclasses.asdict(each) for each in findings]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    if path.suffix == ".json":
        partial.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(_table(rows), partial, compression="zstd")
    else:
        raise BadInput("a file that ends in .json or .parquet", path.name, "name it so")
    partial.replace(path)
    return len(rows)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    kinds = {"staff": pa.int64(), "score": pa.float64(), "p": pa.float64(),
             "as_of_ms": pa.int64(), "members": pa.list_(pa.string())}
    fields = [field.name for field in dataclasses.fields(Finding)]
    columns = {name: [json.dumps(row[name], ensure_ascii=False) if isinstance(row[name], dict)
                      else row[name] for row in rows] for name in fields}
    return pa.table({name: pa.array(cells, kinds.get(name, pa.string()))
                     for name, cells in columns.items()})
