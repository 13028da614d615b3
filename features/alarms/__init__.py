"""The program's own errors, seen while they happen: one alarm instead of a thousand held members.

A mistyped multiplier makes everybody's points jump; a stale code file makes everybody's codes
unknown. Both look like fraud one member at a time and like neither when all of them are seen
together. An alarm opens on many independent parties, never on one member or one ring.
"""

from features.alarms.alarms import Alarms
from features.alarms.finding import ALARMS, CODE_FILE_STALE, POINTS_JUMP, Finding

__all__ = ["ALARMS", "CODE_FILE_STALE", "POINTS_JUMP", "Alarms", "Finding"]
