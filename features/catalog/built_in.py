"""The catalogue that every program has, in the order of the feature vector."""

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
    network,
    place,
    referral,
    signs,
    velocity,
)
from features.engine.declarations import Catalog

DECLARATIONS: Final = (
    *joined.DECLARED, *context.DECLARED, *code.DECLARED, *velocity.DECLARED, *place.DECLARED,
    *device.DECLARED, *network.DECLARED, *identity.DECLARED, *referral.DECLARED, *invoice.DECLARED,
    *after.DECLARED, *account.DECLARED, *label.DECLARED, *amount.DECLARED,
    *signs.DECLARED,
)
CATALOG: Final = Catalog(DECLARATIONS)
