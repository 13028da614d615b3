"""Paths of the pages that are no desk's, and who may open them."""

from __future__ import annotations

from typing import Final

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
PASSWORD: Final = "/password"
PROVIDER: Final = "/sign-in/provider"
BACK: Final = "/sign-in/provider/back"
LANGUAGE: Final = "/language"
THEME: Final = "/theme"
OPEN: Final = frozenset({"/readyz", SIGN_IN, PROVIDER, BACK, LANGUAGE, THEME})
"""What everybody may open: it shows nothing of any program."""
STATIC: Final = "/static/"
PERSONAL: Final = frozenset({"/", SIGN_OUT, PASSWORD})
"""What everybody may open who has signed in, whatever his role."""
