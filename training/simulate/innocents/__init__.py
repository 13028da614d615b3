"""Look-alikes: honest behaviour that looks like a scheme, in the numbers in which it really comes.

Some only name what the honest program does anyway (uploads, festivals, shared phones), some change
or add honest events. The program declares what it knows of: some of it in time, some late, some
never. An event has one name at most, given by the first look-alike that claims it. New ones
register like schemes, with ``@BILL.act(slug, size=..., share=...)``.
"""

from training.simulate.innocents import mistakes  # isort: skip
from training.simulate.innocents import arrivals, crowds, papers, households, spending  # isort: skip
from training.simulate.innocents import travels, everyday  # isort: skip
from training.simulate.innocents.bill import BILL

__all__ = ["BILL", "arrivals", "crowds", "everyday", "households", "mistakes", "papers",
           "spending", "travels"]
