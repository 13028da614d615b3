"""Offered against control: who came back, by the draw and not by what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.experiments.amount import Amount
from models.experiments.lift import lift
from models.experiments.sample_ratio import ALARM, sample_ratio
from models.experiments.sequential import ARM, always
from serving.campaigns.outcomes import active, over

if TYPE_CHECKING:
    import pandas as pd

    from models.experiments.lift import Lift
    from models.experiments.sample_ratio import SampleRatio
    from models.experiments.sequential import Always
    from serving.campaigns.outcomes import Activity
    from serving.campaigns.standing import StandingCampaign

LOGGED: Final = ("sent", "held_out")
"""What became of decisions that are in the log of missions."""


@dataclass(frozen=True)
class Comparison:
    """Partners of both groups whose days are over, and what the offer changed.

    Parameters
    ----------
    days : int
        After the decision.
    everybody : int
        Partners decided for, those whose days are not over too.
    lift : Lift or None
        Change of the share active; None where either group has fewer than `ARM` partners.
    offered, control : int
        Partners of each group whose days are over.
    """

    days: int
    everybody: int
    lift: Lift | None
    offered: int
    control: int

    @property
    def is_final(self) -> bool:
        """Whether the days of everybody decided for are over."""
        return self.offered + self.control == self.everybody

    @property
    def partners(self) -> Amount | None:
        """Extra partners active, with the interval for one look."""
        return None if self.lift is None else Amount.of(self.lift)


def compare(
    table: pd.DataFrame, campaign: StandingCampaign, activity: Activity, days: int, stretch: int
) -> Comparison:
    """Compare the share active in the last ``stretch`` of so many days after the decision.

    Parameters
    ----------
    table : DataFrame
        As `serving.campaigns.outcomes.entries`.
    campaign : StandingCampaign
        Its control share is the chance that was drawn with.
    activity : Activity
    days, stretch : int
    """
    done = table[over(table, activity, days)]
    offered = (done["arm"] == "offered").to_numpy()
    sizes = int(offered.sum()), int((~offered).sum())
    if min(sizes) < ARM:
        return Comparison(days, len(table), None, *sizes)
    found = lift(active(done, activity, days - stretch + 1, days), offered, 1 - campaign.control,
                 before=done["before"].to_numpy(), cluster=done["cluster"].to_numpy())
    return Comparison(days, len(table), found, *sizes)


def any_look(found: Lift, campaign: StandingCampaign) -> Always:
    """The interval that holds however often it is looked at.

    It is narrowest where the stop rule begins to look, with shares of one half: fixed before
    the first decision.
    """
    members = max(campaign.stop.after_decisions, 2 * ARM)
    held = campaign.control
    return always(found, float(np.sqrt(0.25 / (members * held) + 0.25 / (members * (1 - held)))))


def ratio_of(table: pd.DataFrame, campaign: StandingCampaign) -> SampleRatio:
    """Whether the log holds both groups as they were drawn; one partner of a cluster counts."""
    first = table.drop_duplicates("cluster")
    logged = first[first["code"].isin(LOGGED)]
    control = int((logged["arm"] == "control").sum())
    return sample_ratio((len(logged) - control, control), (1 - campaign.control, campaign.control))


def is_off(ratio: SampleRatio) -> bool:
    """Whether the groups are surely not as drawn, though they are looked at every night."""
    return ratio.p_always < ALARM
