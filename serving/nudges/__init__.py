"""Nudges: what a program should look at now, each a sentence with its size and its next step.

Errors of the program's own as they happen, people inside and what a night found in segments,
rings and missions; ranked by money, one for each cause, silent for as long as somebody wants.
"""

from serving.nudges.feed import Nudges

__all__ = ["Nudges"]
