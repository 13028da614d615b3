"""Nudges: what a program should look at, found in its segments, told once, the dearest first.

Each detector says for every segment and day what was to be expected from the others, the season
and the segment's own past (`expected`), and `tails` says how odd the last days are against how far
off such sums usually are. `Watch` tests all of them on a night, holds the whole to a share of
false discoveries and tells of each cause once, at the place that explains it best.
"""

from models.nudges.finding import KINDS, Finding
from models.nudges.jobs import find_nudges
from models.nudges.watch import Night, Watch

__all__ = ["KINDS", "Finding", "Night", "Watch", "find_nudges"]
