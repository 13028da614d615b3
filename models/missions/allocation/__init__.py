"""The best set of missions for a budget: one or none for each member, within all limits.

`choice` is the door, `problem` what is asked, `answer` what comes out. `dual` puts prices on the
limits and is fast for any size; `exact` is for few; `kernels` are the loops.
"""

from models.missions.allocation.answer import NONE, Allocation, Prices
from models.missions.allocation.choice import allocate

__all__ = ["NONE", "Allocation", "Prices", "allocate"]
