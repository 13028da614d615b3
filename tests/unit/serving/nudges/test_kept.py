"""What a night keeps: figures and numbers, each cause with its first night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.nudges.kept import keep, newest, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_MS = 86_400_000


def test_a_cause_keeps_its_first_night_as_long_as_it_is_seen(
    tmp_path: Path, finding: Callable[..., Any]
) -> None:
    """Two nights on it is still of the first; gone for one, it is new again."""
    drop, leak = finding(), finding("leak", "sku", 2)
    one = keep(tmp_path / "1" / "n.json", 10, 5, [drop], None, {})
    two = keep(tmp_path / "2" / "n.json", 20, 5, [drop, leak], one, {})
    assert [each.first_ms for each in two.seen] == [10, 20]
    three = keep(tmp_path / "3" / "n.json", 30, 5, [leak], two, {})
    four = keep(tmp_path / "4" / "n.json", 40, 5, [drop], three, {})
    assert [each.first_ms for each in four.seen] == [40]
    assert read(tmp_path / "2" / "n.json") == two


def test_members_of_a_ring_are_kept_as_numbers(tmp_path: Path, finding: Callable[..., Any]) -> None:
    """So that the ring is known again; nobody's id stands in the file."""
    ring = finding("ring_grows", "ring", "7", evidence={"before": 2.0, "now": 3.0})
    kept = keep(tmp_path / "n.json", 10, 5, [ring], None, {7: [7, 9, 11], 8: [8]})
    assert kept.seen[0].members == (7, 9, 11)
    assert kept.ring_names == {7: 7, 9: 7, 11: 7}


def test_the_newest_night_before_a_moment(
    tmp_path: Path, finding: Callable[..., Any], night: Callable[..., Path]
) -> None:
    """By its moment: a night of a later day is not known to an earlier one."""
    first = read(night(tmp_path, [finding()], "2025-03-01"))
    noon = read(night(tmp_path, [], "2025-03-02T120000", 1))
    last = read(night(tmp_path, [finding()], "2025-03-02", 2))
    folder = tmp_path / "nightly" / "acme"
    assert newest(folder) == last
    assert newest(folder, last.as_of_ms) == noon
    assert newest(folder, noon.as_of_ms) == first
    assert newest(folder, first.as_of_ms) is None
    assert newest(tmp_path / "nowhere") is None
