"""Simulation: a loyalty program one would believe, and what really happened in it.

A *story* sets country, trade, money and seasons. Its *members* live by their own rhythms; their
visits become *baskets* of scans; *look-alikes* and *schemes* play on top of that; *dress* gives
every event, honest or forged, its phone, network and place by the same rules; then come codes,
outcomes, redemptions, clocks and late, partly wrong labels. What really happened is *sealed* apart
(`training.simulate.truth`) and opened by evaluation only.
"""

from training.simulate.sealing import SimulationReport
from training.simulate.simulation import simulate
from training.simulate.stories import STORIES

__all__ = ["STORIES", "SimulationReport", "simulate"]
