"""The ``jaga`` command: every verb, joined."""

from __future__ import annotations

import importlib

from jaga.verb import GROUPS, main

__all__ = ["main"]

for _group in GROUPS:
    importlib.import_module(f"jaga.verbs.{_group}")
