"""Buy-till-you-die: the chance of silence from the rhythm alone, without labels.

A member buys at a rate of his own (gamma over members) and may drop out after any event (beta
over members). Two closed-form models: BG/NBD (Fader, Hardie and Lee 2005), where the first event
cannot be the last, and MBG/NBD (Batislam, Denizel and Filiztekin 2007), where it can.

The answer is always P(no event in H), the ratio of the likelihoods of "same history, silent H
days later" and "same history". It is never 1 - P(alive), which ranks worse than chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln

Floats = npt.NDArray[np.float64]
Kind = Literal["bg", "mbg"]
START: Final = (0.5, 5.0, 0.8, 2.5)
"""Where the fit begins: r, alpha, a, b in units of median(T) / 26."""
PERIODS: Final = 26
STABILITY: Final = 1e-4
"""Weight of the sum of squared log-parameters: keeps degenerate fits finite, moves no digit."""
LOG_BOUND: Final = 7.0
ASSUMED: Final[dict[Kind, tuple[float, float, float, float]]] = {
    "bg": (0.40, 32.0, 0.26, 4.7), "mbg": (0.83, 48.0, 0.23, 2.2),
}  # fmt: skip
"""r, alpha in days, a and b of a typical program: geometric means over CDNOW, Online Retail and
the grocery log of BTYDplus, each fitted on its rehearsal windows
(`training.benchmarks.purchases.REHEARSALS`)."""
ASSUMED_SPREAD: Final = 1.0
"""Standard deviation of the logs of the parameters around the assumed ones; between the three logs
it is 0.1 to 1.3."""
LOG_CERTAIN: Final = 600.0
"""Log-odds past which a dropout is certain: the odds themselves would soon overflow."""


@dataclass(frozen=True)
class Btyd:
    """A fitted model; times are days.

    Parameters
    ----------
    kind : {"bg", "mbg"}
        Whether a member may drop out at his very first event ("mbg").
    r, alpha : float
        Shape, and rate in days, of the gamma distribution of event rates.
    a, b : float
        Of the beta distribution of dropout chances.

    Examples
    --------
    Fader, Hardie and Lee's CDNOW parameters, in weeks: a member with two repeat purchases, the
    last in week 30.43, seen for 38.86 weeks, has 0.7266 chance to be alive.

    >>> model = Btyd("bg", 0.2426, 4.4136, 0.7929, 2.4259)
    >>> round(float(model.p_alive(2, 30.43, 38.86)), 4)
    0.7266
    """

    kind: Kind
    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, kind: Kind, x: Any, last: Any, seen: Any, prior: float = 0.0) -> Btyd:
        """Maximum likelihood by L-BFGS-B over unique histories weighted by their count.

        Parameters
        ----------
        kind : {"bg", "mbg"}
            Which of the two models.
        x, last, seen : shape (n,)
            Repeat days, days from first to last, days from first to the moment of judging.
        prior : float
            Weight of the assumed program: 0 is plain maximum likelihood, 1 draws a handful of
            members to `ASSUMED` and leaves thousands where they are.

        Raises
        ------
        ValueError
            Where there is no history at all.
        """
        histories = np.column_stack([x, last, seen]).astype(np.float64)
        if not len(histories):
            raise ValueError("wanted at least one member with activity; came none")
        unique, count = np.unique(histories, axis=0, return_counts=True)
        scale = max(float(np.median(histories[:, 2])) / PERIODS, 1e-3)
        scaled = unique / np.array([1.0, scale, scale])
        centre = np.log(ASSUMED[kind]) - np.log([1.0, scale, 1.0, 1.0])
        pull = prior / (2 * len(histories) * ASSUMED_SPREAD**2)

        def loss(logs: Floats) -> float:
            model = cls(kind, *np.exp(logs))
            value = -np.average(model.log_likelihood(*scaled.T), weights=count)
            drawn = STABILITY * np.square(logs).sum() + pull * np.square(logs - centre).sum()
            return float(value + drawn)

        found = minimize(loss, np.log(START), method="L-BFGS-B",
                         bounds=[(-LOG_BOUND, LOG_BOUND)] * len(START),
                         options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7})  # fmt: skip
        r, alpha, a, b = np.exp(found.x).tolist()
        return cls(kind, r, alpha * scale, a, b)

    @classmethod
    def assumed(cls, kind: Kind) -> Btyd:
        """The typical program, for one where nobody has come yet."""
        return cls(kind, *ASSUMED[kind])

    def log_likelihood(self, x: Any, last: Any, seen: Any) -> Floats:
        """Log-likelihood of each history, shape (n,)."""
        x = np.asarray(x, dtype=np.float64)
        births = 0.0 if self.kind == "bg" else 1.0
        flips = x + births
        shared = (
            gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha)
            + betaln(self.a, self.b + flips) - betaln(self.a, self.b)
        )  # fmt: skip
        alive = -(self.r + x) * np.log(self.alpha + np.asarray(seen))
        return np.asarray(shared + alive + np.log1p(self._odds_gone(x, last, seen)))

    def p_none(self, x: Any, last: Any, seen: Any, horizon: Any) -> Floats:
        """Chance of no event in the next ``horizon`` days, shape (n,).

        >>> model = Btyd("bg", 0.2426, 4.4136, 0.7929, 2.4259)
        >>> float(model.p_none(2, 30.43, 38.86, 0))
        1.0
        """
        x, seen = np.asarray(x, dtype=np.float64), np.asarray(seen, dtype=np.float64)
        gone = self._odds_gone(x, last, seen)
        silent = np.exp((self.r + x) * np.log((self.alpha + seen) / (self.alpha + seen + horizon)))
        return np.asarray((silent + gone) / (1 + gone))

    def p_alive(self, x: Any, last: Any, seen: Any) -> Floats:
        """Chance that the member has not dropped out, shape (n,); never a score of silence."""
        return np.asarray(1 / (1 + self._odds_gone(np.asarray(x, np.float64), last, seen)))

    def wait(self, x: Any, seen: Any, share: float) -> Floats:
        """Days until the next event within which ``share`` of the members still there return.

        The wait of a member who has not dropped out is Pareto: the closed-form quantile of his
        gamma posterior with shape r + x and rate alpha + seen.

        >>> model = Btyd("bg", 1.0, 10.0, 0.8, 2.5)
        >>> round(float(model.wait(0, 0, 0.5)), 6)
        10.0
        """
        x, seen = np.asarray(x, dtype=np.float64), np.asarray(seen, dtype=np.float64)
        return np.asarray((self.alpha + seen) * np.expm1(-np.log1p(-share) / (self.r + x)))

    def _odds_gone(self, x: Floats, last: Any, seen: Any) -> Floats:
        """Odds that the member dropped out right after his last event, shape (n,)."""
        steady = np.minimum((self.r + x) * np.log(
            (self.alpha + np.asarray(seen)) / (self.alpha + np.asarray(last))
        ), LOG_CERTAIN)
        if self.kind == "mbg":
            return np.asarray(np.exp(steady) * self.a / (self.b + x))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            odds = np.exp(steady) * self.a / (self.b + x - 1)
        return np.where(x > 0, odds, 0.0)


def logit(p: Any) -> Floats:
    """Log-odds of probabilities, kept within six decimals of 0 and 1.

    >>> float(logit(0.5))
    0.0
    """
    kept = np.clip(np.asarray(p, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))


def sigmoid(log_odds: Any) -> Floats:
    """Probability of log-odds.

    >>> float(sigmoid(0.0))
    0.5
    """
    return np.asarray(expit(np.asarray(log_odds, dtype=np.float64)))
