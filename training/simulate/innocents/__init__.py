"""Look-alikes: honest behaviour that looks like a scheme, in the numbers in which it really comes.

Some only name what the honest program does anyway (uploads, festivals, shared phones), some change
or add honest events. The program declares what it knows of: some of it in time, some late, some
never. New ones register like schemes, with ``@BILL.act(slug, size=..., share=...)``.
"""

from training.simulate.innocents import crowds, everyday, households, spending
from training.simulate.innocents.bill import BILL

__all__ = ["BILL", "crowds", "everyday", "households", "spending"]
