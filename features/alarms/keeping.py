"""Alarms as plain lists and back, for a snapshot: no pickle, and nothing is lost."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from features.alarms.alarm import Alarm
from features.alarms.finding import Finding
from features.alarms.usual import Usual
from features.alarms.votes import Votes
from features.alarms.watch import KEPT, Watch
from features.alarms.window import Sighting, Window

if TYPE_CHECKING:
    from features.alarms.rules import Rule


def usual_to_list(usual: Usual) -> list[Any]:
    """A usual as JSON takes it."""
    return [list(usual.votes.values.items()), list(usual.strays.values.items()),
            sorted(usual.faithful), usual.stray_since]


def usual_from_list(kept: list[Any]) -> Usual:
    """A usual as it was.

    >>> usual = Usual()
    >>> usual.note(1, 5.0, 0)
    >>> usual_to_list(usual_from_list(usual_to_list(usual))) == usual_to_list(usual)
    True
    """
    usual = Usual()
    usual.votes, usual.strays = (_votes(pairs) for pairs in kept[:2])
    usual.faithful, usual.stray_since = set(kept[2]), kept[3]
    return usual


def watch_to_list(watch: Watch) -> list[Any]:
    """A watch as JSON takes it."""
    return [[[subject, _window_to_list(window)] for subject, window in watch.windows.items()],
            [_alarm_to_list(alarm) for alarm in watch.open.values()],
            [list(vars(finding).values()) for finding in watch.closed]]


def watch_from_list(rule: Rule, kept: list[Any]) -> Watch:
    """A watch as it was."""
    watch = Watch(rule)
    for subject, window in kept[0]:
        watch.windows[_pair(subject)] = _window(rule, window)
    for each in kept[1]:
        alarm = _alarm(rule, each)
        watch.open[alarm.subject] = alarm
    watch.closed = deque((Finding(*each) for each in kept[2]), maxlen=KEPT)
    return watch


def _pair(pair: list[int]) -> tuple[int, int]:
    return pair[0], pair[1]


def _votes(pairs: list[list[Any]]) -> Votes:
    return Votes(OrderedDict((member, value) for member, value in pairs))


def _window_to_list(window: Window) -> list[Any]:
    return [list(window.odd.values()), list(window.recent), window.ms]


def _window(rule: Rule, kept: list[Any]) -> Window:
    window = Window(rule.window_ms)
    for ms, member, has_device, keys, subjects, size, points in kept[0]:
        window.odd[member] = Sighting(ms, member, has_device, tuple(keys),
                                      tuple(_pair(each) for each in subjects), size, points)
    window.recent.extend(kept[1])
    window.ms = kept[2]
    return window


def _alarm_to_list(alarm: Alarm) -> list[Any]:
    return [alarm.subject, alarm.usual, _window_to_list(alarm.window), alarm.since, alarm.last,
            alarm.fresh, alarm.events, alarm.points, sorted(alarm.members),
            list(alarm.sizes.values.items()), alarm.common]


def _alarm(rule: Rule, kept: list[Any]) -> Alarm:
    alarm = Alarm(rule, _pair(kept[0]), kept[1], _window(rule, kept[2]))
    alarm.since, alarm.last, alarm.fresh, alarm.events, alarm.points = kept[3:8]
    alarm.members, alarm.sizes = set(kept[8]), _votes(kept[9])
    alarm.common = tuple(_pair(each) for each in kept[10])
    return alarm
