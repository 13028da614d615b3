"""Delayed label risk: fraud confirmed at the same entity, counted from when it was known.

By far the strongest single group on event data. A label counts from its own place, never from
that of its event, so nothing here can know a verdict before the program did.
"""

from __future__ import annotations

from typing import Final

from features.engine.definition import Expression, Feature, over

_ENTITIES: Final = ("outlet", "device", "batch", "seller", "agent", "member", "payout")
_WINDOWS: Final = {
    "outlet": ("24h", "7d", "14d", "30d", "90d"), "member": ("7d", "14d", "30d", "90d"),
}
_USUAL: Final = ("7d", "30d", "90d")


def _risk(entity: str) -> tuple[Feature, ...]:
    windows = _WINDOWS.get(entity, _USUAL)
    return (
        *over(windows, f"{entity}_fraud_{{w}}", f"Fraud confirmed at the {entity} in {{w}}",
              entity=entity, aggregate="count", kinds=("feedback",), where=("label == fraud",),
              unit="labels", family="label"),
        *over(windows, f"{entity}_labels_{{w}}", f"Labels learnt of the {entity} in {{w}}",
              entity=entity, aggregate="count", kinds=("feedback",), unit="labels",
              family="label", hidden=entity != "outlet"),
        *(
            Expression(
                f"{entity}_fraud_share_{w}", unit="share", family="label",
                formula=f"where({entity}_labels_{w} > 0,"
                        f" {entity}_fraud_{w} / {entity}_labels_{w}, 0)",
                meaning=f"Fraud share of the labels learnt of the {entity} in {w}; 0 for none")
            for w in windows if entity == "outlet" or w in ("30d", "90d")
        ),
    )


DECLARED: Final[tuple[Feature, ...]] = tuple(f for entity in _ENTITIES for f in _risk(entity))
