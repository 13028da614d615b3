"""Whole lists from a file: read, checked, and put on moments of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.errors import BadInput
from features.exports.program import Program
from features.records import COLUMN
from serving.listed import Listed
from serving.listentry import read_list

if TYPE_CHECKING:
    from pathlib import Path

ACME = Program(program_id="acme")
ROWS = [
    {"list": "deny", "kind": "device", "subject_id": "d-1", "valid_from": "1970-01-01T00:00:01Z",
     "valid_to": "1970-01-01T00:00:02Z", "note": "An emulator."},
    {"list": "allow", "kind": "member", "subject_id": "m-1", "note": "The owner's wife."},
    {"list": "deny", "kind": "payout", "subject_id": "nobody", "note": "A mule."},
]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
        return path
    names = list(ROWS[0])
    lines = [",".join(names), *(",".join(row.get(name, "") for name in names) for row in rows)]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("name", ["list.csv", "list.json"])
def test_a_file_of_entries_acts_at_its_moments(tmp_path: Path, name: str) -> None:
    """CSV and JSON alike; what the journal never named is told and harms nothing."""
    numbers = {("device", "d-1"): 7, ("member", "m-1"): 3}
    listed = Listed.from_rows(read_list(write(tmp_path / name, ROWS), ACME),
                              lambda kind, subject: numbers.get((kind, subject), 0))
    record = np.zeros(len(COLUMN), dtype=np.int64)
    record[[COLUMN["device"], COLUMN["member"]]] = 7, 3
    found = [listed.of(record, ms) for ms in (999, 1000, 1999, 2000)]
    assert [listing.denied for listing in found] == [(), ("device",), ("device",), ()]
    assert {listing.allowed for listing in found} == {("member",)}
    assert listed.unknown == ("payout nobody",)


@pytest.mark.parametrize(("change", "words"), [
    ({"note": ""}, "a reason in note"),
    ({"list": "grey"}, "one of none, deny, allow, snooze, watch"),
    ({"kind": "sku"}, "one of member"), ({"subject_id": ""}, "the id of a subject"),
    ({"valid_to": "1970-01-01T00:00:00Z"}, "after the beginning"),
    ({"list": "snooze", "valid_to": ""}, "within 180 days"),
    ({"list": "watch"}, "batch, as nothing else is watched"),
    ({"kind": "batch"}, "watch or none for a batch"),
    ({"list": "watch", "kind": "batch", "valid_to": ""}, "a watch is no proof"),
    ({"list": "watch", "kind": "batch", "note": ""}, "a reason in note"),
])
def test_a_bad_entry_names_its_line(tmp_path: Path, change: dict[str, str], words: str) -> None:
    """The whole file is refused with a sentence: half a list would be another list."""
    path = write(tmp_path / "list.csv", [ROWS[1], {**ROWS[0], **change}])
    with pytest.raises(BadInput, match=words) as refused:
        read_list(path, ACME)
    assert "entry 2 of list.csv" in str(refused.value)


@pytest.mark.parametrize("text", ["{", "{}", "[1]"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    """Broken JSON and JSON of another shape."""
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(BadInput):
        read_list(tmp_path / "list.json", ACME)
