"""The mean of several boosters as one: their trees behind one another, each of smaller weight.

What serves stays one booster of LightGBM's own text, with exact reasons; its raw score is the
mean of theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import lightgbm as lgb

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES: Final = ("leaf_value", "internal_value", "shrinkage")
"""Lines of a tree that grow and shrink with its answer."""
SIZES: Final = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
"""Optional in the text: without it LightGBM reads tree by tree."""
TREE: Final = re.compile(r"^Tree=\d+\n", re.MULTILINE)
END: Final = "end of trees"


def mean_of(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """Booster whose raw score is the mean of those given; the first one's name and settings stay.

    Parameters
    ----------
    boosters : sequence of lightgbm.Booster
        One output each, of the same objective, on the same columns.
    """
    if len(boosters) == 1:
        return boosters[0]
    texts = [_parts(booster.model_to_string()) for booster in boosters]
    head, tail = texts[0][0], texts[0][2]
    trees = [_lighter(tree, len(boosters)) for _, own, _ in texts for tree in own]
    numbered = (f"Tree={number}\n{tree}" for number, tree in enumerate(trees))
    return lgb.Booster(model_str=SIZES.sub("", head) + "".join(numbered) + END + tail)


def _parts(text: str) -> tuple[str, list[str], str]:
    """What comes before the trees, the trees without their numbers, what comes behind."""
    body, _, tail = text.partition(END)
    head, *trees = TREE.split(body)
    return head, trees, tail


def _lighter(tree: str, times: int) -> str:
    """A tree that answers so many times less."""
    lines = (_divided(line, times) for line in tree.split("\n"))
    return "\n".join(lines)


def _divided(line: str, times: int) -> str:
    name, _, values = line.partition("=")
    if name not in VALUES:
        return line
    return f"{name}=" + " ".join(repr(float(value) / times) for value in values.split())
