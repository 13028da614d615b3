"""Texts in a request's body: bounded, and whole characters only."""

from typing import Annotated, Final

from pydantic import Field

LONGEST: Final = 2000
"""Characters of a text that is kept as it is; a time, a word or an id is far shorter."""
Text = Annotated[str, Field(max_length=LONGEST)]
"""A text, bounded. A bound makes pydantic read the characters, so that half of a surrogate pair,
which no storage can encode, is refused as the body's fault."""
