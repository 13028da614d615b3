"""Segments: what happened in each part of a program on each local day, as the journal knows it.

A day is the day on which the server learnt of an event, so that a day that is over never changes.
`Past` is read once and answers for any earlier moment; `daily` gives one table a kind of segment;
`drives` says what was announced and `prices` what an event's points should have been.
"""

from features.segments.daily import daily
from features.segments.grid import KINDS, Grid
from features.segments.past import Past

__all__ = ["KINDS", "Grid", "Past", "daily"]
