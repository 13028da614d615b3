"""One row through a LightGBM model in microseconds: its score, and what adds up to it.

The score comes from `models.leafmasks` and contributions from `models.treeshares`, which all
threads share. LightGBM's own, the same scores and contributions several times as slow, are given
for a model that these do not take. `Booster.predict` spends most of a single row's time in Python;
the C API prepares everything once and then only reads a buffer. Its handles are not safe to share,
so each thread gets a model, a buffer and an output of its own. Where a build of LightGBM lacks the
call, `Booster.predict` answers: slower, same numbers.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from features.errors import BadInput, Unavailable
from models.leafmasks import LeafMasks, PlainTree
from models.treeshares import TreeShares
from models.treetext import DEFAULT_LEFT, MISSING_NONE, MISSING_ZERO, read_trees

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.treetext import TextTree

log = logging.getLogger("jaga.reasons")
Floats = npt.NDArray[np.float64]
RAW_SCORE: Final = 1
CONTRIBUTIONS: Final = 3
"""Kinds of prediction in LightGBM's c_api.h: C_API_PREDICT_RAW_SCORE, C_API_PREDICT_CONTRIB."""
FLOAT64: Final = 1
"""C_API_DTYPE_FLOAT64 of c_api.h."""
NEEDED: Final = (
    "LGBM_BoosterPredictForMatSingleRowFastInit", "LGBM_BoosterPredictForMatSingleRowFast",
    "LGBM_FastConfigFree", "LGBM_BoosterLoadModelFromString", "LGBM_BoosterFree",
)
NO_MORE_THAN_ZERO: Final = float(np.float32(1e-35))
"""Values up to here, of either sign, are 0 to LightGBM: kZeroThreshold of meta.h."""


def load_library() -> ctypes.CDLL | None:
    """LightGBM's shared library, None where it lacks the single-row calls.

    >>> load_library() is not None
    True
    """
    for path in sorted(Path(lightgbm.__file__).parent.glob("lib/lib_lightgbm.*")):
        library = ctypes.CDLL(str(path))
        if all(hasattr(library, name) for name in NEEDED):
            library.LGBM_GetLastError.restype = ctypes.c_char_p
            return library
    return None


def masks_of(model: str) -> LeafMasks:
    """Lay the trees of a LightGBM model out for scores.

    Raises
    ------
    BadInput
        Where `read_trees` can't take it, or a zero counts as missing.
    """
    features, trees = read_trees(model)
    return LeafMasks.of([_plain(tree) for tree in trees], features)


def _plain(tree: TextTree) -> PlainTree:
    """A tree as LightGBM's ``NumericalDecision`` walks it: what it calls zero is no other value."""
    splits = range(len(tree.feature))
    missing = [tree.missing(split) for split in splits]
    if MISSING_ZERO in missing:
        raise BadInput("a zero that is a value", "a zero that is missing",
                       "train without zero_as_missing")
    threshold = [_past_zero(each) for each in tree.threshold]
    is_unknown_left = [
        threshold[split] >= 0 if missing[split] == MISSING_NONE
        else bool(tree.decision[split] & DEFAULT_LEFT) for split in splits]
    return PlainTree(tree.feature, threshold, tree.left, tree.right, is_unknown_left,
                     tree.leaf_value)


def _past_zero(threshold: float) -> float:
    """Threshold that sends every value which is 0 to LightGBM where it sends 0."""
    if abs(threshold) > NO_MORE_THAN_ZERO:
        return threshold
    return NO_MORE_THAN_ZERO if threshold >= 0 else float(
        np.nextafter(-NO_MORE_THAN_ZERO, -np.inf))


class FastRow:
    """Raw score and contributions of one row at a time.

    Parameters
    ----------
    model : str
        Text of a LightGBM model with one output.
    library : callable
        Gives the shared library, or None to take `Booster.predict`.
    lay_out : callable
        Gives trees to work contributions out from; `BadInput` where it can't take the model.
    mask : callable
        Gives trees to score by; `BadInput` where it can't take the model.

    Notes
    -----
    Contributions are measured by ``jaga benchmark reasons``. A score of 591 trees of 14 leaves
    and 305 features takes 7 us, against 30 us of the C API.
    """

    def __init__(self, model: str,
                 library: Callable[[], ctypes.CDLL | None] = load_library,
                 lay_out: Callable[[str], TreeShares] = TreeShares.of,
                 mask: Callable[[str], LeafMasks] = masks_of) -> None:
        self._model = model
        self._library = library()
        self._lay_out = lay_out
        self._mask = mask
        self._own = threading.local()

    @property
    def is_fast(self) -> bool:
        """Whether the single-row calls are there."""
        return self._library is not None

    def score(self, row: Floats) -> float:
        """Raw score (log-odds before calibration) of one row, shape (features,)."""
        if self.masks is not None:
            return self.masks.sum(row)
        return float(self._handle().predict(row, RAW_SCORE)[0])

    def contributions(self, row: Floats) -> Floats:
        """Exact TreeSHAP parts of the raw score, shape (features + 1,), the base last."""
        if self.shares is None:
            return self._handle().predict(row, CONTRIBUTIONS)
        return self.shares.row(row)

    def contributions_of(self, rows: Floats, threads: int = 1) -> Floats:
        """Contributions of n rows, shape (n, features + 1): equal to `contributions`."""
        if self.shares is None:
            parts = lightgbm.Booster(model_str=self._model).predict(
                rows, pred_contrib=True, num_threads=threads)
            return np.asarray(parts, dtype=np.float64)
        return self.shares.rows(rows, threads)

    @cached_property
    def shares(self) -> TreeShares | None:
        """The trees laid out for contributions; None, said in the log, where they can't be."""
        try:
            return self._lay_out(self._model)
        except BadInput as error:
            log.warning("Reasons are worked out by LightGBM, which takes longer. %s", error)
            return None

    @cached_property
    def masks(self) -> LeafMasks | None:
        """The trees laid out for scores; None where they can't be."""
        try:
            return self._mask(self._model)
        except BadInput:
            return None

    def _handle(self) -> _Handle | _Slow:
        found: _Handle | _Slow | None = getattr(self._own, "handle", None)
        if found is None:
            found = _Handle(self._library, self._model) if self._library else _Slow(self._model)
            self._own.handle = found
        return found


class _Slow:
    """The same answers through `Booster.predict`."""

    def __init__(self, model: str) -> None:
        self._booster = lightgbm.Booster(model_str=model)

    def predict(self, row: Floats, kind: int) -> Floats:
        found = self._booster.predict(row[None, :], raw_score=kind == RAW_SCORE,
                                      pred_contrib=kind == CONTRIBUTIONS, num_threads=1)
        return np.asarray(found, dtype=np.float64).ravel()


class _Handle:
    """A model, input buffer and outputs of one thread; freed with the thread."""

    def __init__(self, library: ctypes.CDLL, model: str) -> None:
        self._library = library
        self._booster = ctypes.c_void_p()
        self._configs: dict[int, ctypes.c_void_p] = {}
        trees = ctypes.c_int()
        self._check(library.LGBM_BoosterLoadModelFromString(
            model.encode(), ctypes.byref(trees), ctypes.byref(self._booster)))
        features = ctypes.c_int()
        self._check(library.LGBM_BoosterGetNumFeature(self._booster, ctypes.byref(features)))
        self._input = np.zeros(features.value)
        self._outputs = {RAW_SCORE: np.zeros(1), CONTRIBUTIONS: np.zeros(features.value + 1)}
        self._length = ctypes.c_int64()
        self._at = self._input.ctypes.data_as(ctypes.c_void_p)
        self._out = {kind: out.ctypes.data_as(ctypes.c_void_p)
                     for kind, out in self._outputs.items()}

    def predict(self, row: Floats, kind: int) -> Floats:
        config = self._configs.get(kind) or self._prepare(kind)
        self._input[:] = row
        self._check(self._library.LGBM_BoosterPredictForMatSingleRowFast(
            config, self._at, ctypes.byref(self._length), self._out[kind]))
        return self._outputs[kind].copy()

    def _prepare(self, kind: int) -> ctypes.c_void_p:
        config = ctypes.c_void_p()
        self._check(self._library.LGBM_BoosterPredictForMatSingleRowFastInit(
            self._booster, kind, 0, -1, FLOAT64, ctypes.c_int32(len(self._input)),
            b"num_threads=1", ctypes.byref(config)))
        self._configs[kind] = config
        return config

    def _check(self, status: int) -> None:
        if status != 0:
            said = self._library.LGBM_GetLastError().decode(errors="replace")
            raise Unavailable("a prediction of LightGBM", said, "check the bundle's model")

    def __del__(self) -> None:
        for config in self._configs.values():
            self._library.LGBM_FastConfigFree(config)
        if self._booster.value is not None:
            self._library.LGBM_BoosterFree(self._booster)
