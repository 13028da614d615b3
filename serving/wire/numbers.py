"""Numbers of drafts and versions on the wire, no larger than a store can hold."""

from typing import Annotated, Final

from fastapi import Path
from pydantic import Field

LARGEST: Final = 2**31 - 1
"""What an integer column of PostgreSQL holds."""
DraftNumber = Annotated[int, Path(ge=1, le=LARGEST)]
VersionNumber = Annotated[int, Field(ge=1, le=LARGEST)]


def draft_number(text: str) -> int | None:
    """Read the number of a draft in a page's form or path; none where it can not be one.

    >>> draft_number("12"), draft_number("0"), draft_number("9" * 5000)
    (12, None, None)
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST))):
        return None
    return number if 1 <= (number := int(text)) <= LARGEST else None
