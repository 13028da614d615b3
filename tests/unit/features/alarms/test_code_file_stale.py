"""A stale code file is one alarm; a leaked list is none."""

from __future__ import annotations

from typing import Any

from features.alarms import CODE_FILE_STALE, Alarms

STALE = (CODE_FILE_STALE,)


def known(stream: Any, members: int = 60) -> None:
    """So many members scan codes of the list."""
    for code in range(1, members + 1):
        stream.add("code", 0, code=code, sku=1, status=1, dispatched_ms=stream.ms)
    for code in range(1, members + 1):
        stream.scan(code, code=code)


def fed(stream: Any) -> Alarms:
    alarms = Alarms()
    alarms.note(stream.matrix)
    return alarms


def test_unknown_codes_of_many_members_are_one_alarm_on_the_batch(stream: Any) -> None:
    """Named by the batch where it was scanned."""
    known(stream)
    for member in range(101, 121):
        stream.scan(member, code=1_000 + member, batch=7)
    alarms = fed(stream)
    [found] = alarms.findings()
    assert (found.code, found.subject_kind, found.subject) == ("code_file_stale", "batch", 7)
    assert (found.members, found.now) == (20, 1.0)
    assert alarms.open_for(stream.scan(200, code=3_000, batch=7)) == STALE
    assert alarms.open_for(stream.scan(200, code=1, batch=7)) == ()
    assert alarms.open_for(stream.scan(200, code=3_000, batch=8, sku=2)) == ()


def test_codes_that_are_printed_and_not_dispatched_count(stream: Any) -> None:
    """A dispatch that is not in sync is the same mistake."""
    known(stream)
    for code in range(2_000, 2_020):
        stream.add("code", 0, code=code, sku=1, status=0)
    for code in range(2_000, 2_020):
        stream.scan(code, code=code)
    alarms = fed(stream)
    assert [each.subject_kind for each in alarms.findings()] == ["sku"]
    late = stream.add("code", code=2_100, sku=1, status=1, dispatched_ms=stream.ms - 1)
    alarms.note(late)
    assert alarms.open_for(stream.scan(300, code=2_100)) == ()


def test_it_is_over_when_the_file_is_loaded(stream: Any) -> None:
    """Scans that are known again end it."""
    known(stream)
    for member in range(101, 121):
        stream.scan(member, code=1_000 + member)
    for member in range(201, 241):
        stream.add("code", 0, code=4_000 + member, sku=1, status=1, dispatched_ms=stream.ms)
        stream.scan(member, code=4_000 + member)
    [found] = fed(stream).findings()
    assert found.until_ms is not None


def test_a_leaked_list_is_no_alarm(stream: Any) -> None:
    """Four accounts scan two hundred codes that are not dispatched."""
    known(stream)
    for turn in range(200):
        stream.scan(900 + turn % 4, code=5_000 + turn)
    assert fed(stream).findings() == []


def test_many_accounts_at_one_shelf_are_one_party(stream: Any) -> None:
    """A warehouse man's twenty friends scan at his place."""
    known(stream)
    for turn in range(60):
        stream.scan(900 + turn % 20, code=5_000 + turn, outlet=4)
    assert fed(stream).findings() == []


def test_a_program_without_a_list_has_no_stale_file(stream: Any) -> None:
    """Where no code was ever handed over, an unknown code says nothing."""
    for member in range(1, 60):
        stream.scan(member, code=member)
    assert fed(stream).findings() == []


def test_a_list_that_was_always_poor_is_no_news(stream: Any) -> None:
    """Half the codes unknown from the start is that program's usual."""
    stream.add("code", code=1, status=1, dispatched_ms=stream.ms)
    for member in range(1, 400):
        stream.scan(member, code=1 if member % 2 else 10_000 + member, batch=member % 9 + 1,
                    sku=member % 9 + 1)
    found = fed(stream).findings()
    for member in range(400, 800):
        stream.scan(member, code=1 if member % 2 else 10_000 + member, batch=member % 9 + 1,
                    sku=member % 9 + 1)
    assert len(fed(stream).findings()) == len(found) <= 1
