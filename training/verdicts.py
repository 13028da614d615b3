"""Replayed verdicts against a simulation's sealed truth: what was stopped, and whom it cost.

Scans and referrals are counted together (*earning*), redemptions apart. Stopped is ``points_held``
on fraud; held is any verdict but approve. A hold for a missing fact or a cap is asked for by the
contract whoever the member is, so honest events held by behaviour are told apart from it. A
member's own code scanned again is declined kindly and is no mark against him: told apart too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.proof import SELF_CODES
from training.evaluate import sealed_events

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Bools = npt.NDArray[np.bool_]
PARTS: Final = ("earning", "redemption")
GROUPS: Final = ("pattern", "persona", "language", "region", "look_alike")
FIRM: Final = ("proof.", "fact.", "cap.")
"""How the codes of reasons start that are no behaviour."""
T_975: Final = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 10: 2.262}
"""Student's t by number of worlds, for two-sided 95 % intervals of a mean."""


def judged_rows(replayed: pd.DataFrame, export: Path) -> pd.DataFrame:
    """Join replayed verdicts with the truth and with who the member is.

    Parameters
    ----------
    replayed : DataFrame
        Rows of `jaga replay`.
    export : Path
        The simulated export with its sealed truth.

    Returns
    -------
    DataFrame
        One row an event: ``event_id, points, points_held, is_fraud, is_novel, part, held, firm``
        and the `GROUPS`; ``firm`` where a fact or cap stands among the reasons.
    """
    members = pd.read_parquet(export / "members.parquet").drop_duplicates("member_id", keep="last")
    rows = replayed.merge(sealed_events(export), on="event_id", how="inner", validate="1:1")
    rows = rows.merge(members[["member_id", "persona", "language", "region"]], on="member_id",
                      how="left")
    codes = [[reason["code"] for reason in json.loads(text)] for text in rows["reasons"]]
    firm = [any(code.startswith(FIRM) for code in own) for own in codes]
    text = {name: rows[name].fillna("").astype(str) for name in GROUPS}
    own_code = [bool(len(proof)) and set(proof) <= SELF_CODES for proof in rows["hard_proof"]]
    return rows.assign(own_code=own_code, part=np.where(rows["kind"] == "redemption", *PARTS[::-1]),
                       held=rows["verdict"] != "approve", firm=firm,
                       declined=rows["verdict"] == "decline", **text)


def figures(rows: pd.DataFrame, stopped: Bools | None = None) -> dict[str, Any]:
    """Figures of a set of judged events.

    Parameters
    ----------
    rows : DataFrame
        Of `judged_rows`.
    stopped : bool, shape (n,), optional
        Events that another method would hold whole; ours if left out.

    Returns
    -------
    dict
        ``fraud_events, points_stopped, novel_stopped, honest_held, honest_by_behaviour``, shares,
        None where there is nothing to divide by; ``honest_declined, own_codes_declined``, counts.
    """
    kept = rows["points_held"] if stopped is None else rows["points"].where(stopped, 0)
    held = rows["held"] if stopped is None else pd.Series(stopped, rows.index)
    fraud, novel = rows["is_fraud"], rows["is_novel"]
    declined = ~fraud & rows["declined"]
    return {
        "fraud_events": int(fraud.sum()),
        "points_stopped": _share(kept[fraud].sum(), rows["points"][fraud].sum()),
        "novel_stopped": _share(kept[novel].sum(), rows["points"][novel].sum()),
        "honest_held": _share((held & ~fraud).sum(), (~fraud).sum()),
        "honest_by_behaviour": _share((held & ~fraud & ~rows["firm"]).sum(), (~fraud).sum()),
        "honest_declined": int((declined & ~rows["own_code"]).sum()) if stopped is None else None,
        "own_codes_declined": int((declined & rows["own_code"]).sum()) if stopped is None
        else None,
    }


def by_group(rows: pd.DataFrame) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures of each pattern, persona, language, region and look-alike family."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for group in GROUPS:
        own = rows[rows[group] != ""]
        found[group] = {str(name): {"events": len(part), **figures(part)}
                        for name, part in own.groupby(group)}
    return found


def spread(values: list[float | None]) -> dict[str, float | None]:
    """Mean over worlds with its 95 % interval (Student's t); None where nothing was told.

    >>> spread([0.7, 0.8, 0.9])
    {'mean': 0.8, 'low': 0.5516, 'high': 1.0484}
    """
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return {"mean": None, "low": None, "high": None}
    mean = float(known.mean())
    times = T_975.get(len(known))
    if times is None:
        return {"mean": round(mean, 4), "low": None, "high": None}
    half = times * float(known.std(ddof=1)) / len(known) ** 0.5
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def over_worlds(worlds: list[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Mean and interval of each figure over worlds."""
    names = [name for name in worlds[0] if name != "fraud_events"] if worlds else []
    return {name: spread([world[name] for world in worlds]) for name in names}


def _share(part: float, whole: float) -> float | None:
    return round(float(part) / float(whole), 5) if whole else None
