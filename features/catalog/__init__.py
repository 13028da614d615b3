"""The catalogue: every feature of a judged event, declared once, one file per subject.

A new feature is one declaration in the file of its subject and one test. `CATALOG` holds those of
every program; `program_catalog` adds what a program declares of its own (`own`).
"""

from __future__ import annotations

from features.catalog.built_in import CATALOG, DECLARATIONS
from features.catalog.own import program_catalog
from features.engine.declarations import Catalog

__all__ = ["CATALOG", "DECLARATIONS", "Catalog", "program_catalog"]
