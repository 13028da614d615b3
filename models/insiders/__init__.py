"""People inside: staff, reps and reviewers whose figures chance and their peers do not explain.

A daily job over the journal as of a moment. Each kind of test weighs everybody in the same seat
against the others in it, asks for more than one sign where an honest habit looks alike, and the
whole is held to a share of false discoveries. A finding asks for a second pair of eyes; it blocks
nobody.
"""

from models.insiders.find import find_insiders, write_findings
from models.insiders.finding import KINDS, Finding

__all__ = ["KINDS", "Finding", "find_insiders", "write_findings"]
