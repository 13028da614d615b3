"""The engine of features beside its peers: how fast, how lean, and whether all say the same.

Everything is measured on a generated log (`log`) and, for the whole catalogue, on a whole
program's records made of it (`facts`). Every value that another engine gives is compared
with ours.
"""

from training.benchmarks.features.run import benchmark

__all__ = ["benchmark"]
