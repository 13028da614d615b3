"""The catalogue: every feature of a judged event, declared once, one file per subject.

A new feature is one declaration in the file of its subject and one test. `CATALOG` holds them
all, in the order of the feature vector.
"""

from __future__ import annotations

from typing import Final

from features.catalog import (
    account,
    after,
    amount,
    code,
    context,
    device,
    identity,
    invoice,
    joined,
    label,
    place,
    referral,
    velocity,
)
from features.engine.declarations import Catalog

DECLARATIONS: Final = (
    *joined.DECLARED, *context.DECLARED, *code.DECLARED, *velocity.DECLARED, *place.DECLARED,
    *device.DECLARED, *identity.DECLARED, *referral.DECLARED, *invoice.DECLARED,
    *after.DECLARED, *account.DECLARED, *label.DECLARED, *amount.DECLARED,
)
CATALOG: Final = Catalog(DECLARATIONS)

__all__ = ["CATALOG", "DECLARATIONS", "Catalog"]
