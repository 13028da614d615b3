"""The bytes of a verdict: written straight away or by the encoder, they are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.answers import Hold, Outcome, PartnerMessage, Reason, Verdict, to_bytes

TEXTS = st.text(max_size=20)
NUMBERS = st.none() | st.floats(0, 1) | st.floats(0, 1e-3)
WORDS = st.sampled_from([False, "model", "state", "store"])
HOLDS = st.none() | st.builds(Hold, st.integers(0, 10**13), st.just("release"),
                              st.just(("time",)))
REASONS = st.lists(st.builds(Reason, TEXTS, TEXTS, NUMBERS, NUMBERS, TEXTS), max_size=2).map(tuple)


@given(event=TEXTS, enforced=st.booleans(), outcome=st.sampled_from(
    [Outcome.APPROVE, Outcome.REVIEW]), points=st.integers(0, 10**12), hold=HOLDS, score=NUMBERS,
    anomaly=NUMBERS, reasons=REASONS, words=TEXTS, degraded=WORDS, ms=st.integers(0, 10**13))
def test_both_ways_give_the_same_bytes(
    event: str, enforced: bool, outcome: Outcome, points: int, hold: Hold | None,
    score: float | None, anomaly: float | None, reasons: tuple[Reason, ...], words: str,
    degraded: object, ms: int,
) -> None:
    """Whatever stands in it, quotes, surrogates-free Unicode and tiny numbers included."""
    verdict = Verdict(event, outcome, enforced, Outcome.REVIEW, points, hold, score, anomaly,
                      reasons, (), PartnerMessage(words, event, "en"), degraded, words, event, ms)
    assert verdict.to_json_bytes() == to_bytes(verdict.to_json())
