"""Delayed label risk: fraud confirmed at the same entity, counted from when it was known.

By far the strongest single group on event data. A label counts from its own place, never from
that of its event, so nothing here can know a verdict before the program did. A referrer's risk is
that of everybody he referred, a root's that of its whole tree.
"""

from __future__ import annotations

from typing import Final

from features.engine.definition import Expression, Feature, over

_ENTITIES: Final = ("outlet", "device", "batch", "seller", "agent", "member", "payout",
                    "referrer", "root")
_WINDOWS: Final = {
    "outlet": ("24h", "7d", "14d", "30d", "90d"), "member": ("7d", "14d", "30d", "90d"),
    "referrer": ("90d",), "root": ("90d",),
}
_USUAL: Final = ("7d", "30d", "90d")
_SAID: Final = {"referrer": "members of the same referrer", "root": "tree of referrals"}


def _risk(entity: str) -> tuple[Feature, ...]:
    windows, said = _WINDOWS.get(entity, _USUAL), _SAID.get(entity, entity)
    return (
        *over(windows, f"{entity}_fraud_{{w}}", f"Fraud confirmed at the {said} in {{w}}",
              entity=entity, aggregate="count", kinds=("feedback",), where=("label == fraud",),
              unit="labels", family="label"),
        *over(windows, f"{entity}_labels_{{w}}", f"Labels learnt of the {said} in {{w}}",
              entity=entity, aggregate="count", kinds=("feedback",), unit="labels",
              family="label", hidden=entity != "outlet"),
        *(
            Expression(
                f"{entity}_fraud_share_{w}", unit="share", family="label",
                formula=f"where({entity}_labels_{w} > 0,"
                        f" {entity}_fraud_{w} / {entity}_labels_{w}, 0)",
                meaning=f"Fraud share of the labels learnt of the {said} in {w}; 0 for none")
            for w in windows if entity == "outlet" or w in ("30d", "90d")
        ),
    )


DECLARED: Final[tuple[Feature, ...]] = tuple(f for entity in _ENTITIES for f in _risk(entity))
