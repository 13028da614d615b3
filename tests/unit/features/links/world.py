"""Records of a small program, written as a story: who joined when, who used what on which day."""

from __future__ import annotations

import numpy as np

from features.contract import DECLARATIONS
from features.links.links import Links
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS

DAY = 86_400_000
START = 19_000


class Story:
    """Facts in any order; told to `Links` in the order of their days."""

    def __init__(self):
        self.records = []

    def record(self, day, kind, **cells):
        record = np.full(len(COLUMNS), MISSING, dtype=np.int64)
        record[[COLUMN[name] for name in (*ENTITIES, "event")]] = 0
        place = ((START + day) * DAY << 20) + len(self.records)
        for name, value in (cells | {"kind": KINDS.index(kind), "place": place}).items():
            record[COLUMN[name]] = value
        self.records.append(record)

    def join(self, day, member, **file):
        self.record(max(day, 0), "member", member=member, joined_ms=(START + day) * DAY, **file)

    def scans(self, member, days, device=0):
        for day in days:
            self.record(day, "scan", member=member, device=device)

    def declare(self, day, kind, until=None, **subject):
        self.record(day, "declaration", declaration=DECLARATIONS.index(kind),
                    valid_from_ms=(START + day) * DAY,
                    valid_to_ms=MISSING if until is None else (START + until) * DAY, **subject)

    def matrix(self):
        records = np.array(self.records)
        return records[np.argsort(records[:, 0], kind="stable")]

    def links(self):
        links = Links()
        links.learn(self.matrix())
        return links

    def rings(self, day):
        matrix = self.matrix()
        links = Links()
        links.learn(matrix[matrix[:, 0] >> 20 < (START + day) * DAY])
        return links.publish((START + day) * DAY)
