"""One kind of alarm over all its subjects: opens, merges and closes them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from features.alarms.alarm import Alarm, Subject
from features.alarms.finding import SUBJECTS
from features.alarms.window import Sighting, Window

if TYPE_CHECKING:
    from features.alarms.finding import Finding
    from features.alarms.rules import Rule

MOST_SUBJECTS: Final = 4_096
"""Subjects watched at a time, half of them once there are more, those seen last; the rest starts
anew when it comes back."""
KEPT: Final = 500
"""Findings kept after they closed."""
PROGRAM: Final = (SUBJECTS.index("program"), 0)


class Watch:
    """Windows of every subject of one rule, its open alarms and what became of the others."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.windows: dict[Subject, Window] = {}
        self.open: dict[Subject, Alarm] = {}
        self.closed: deque[Finding] = deque(maxlen=KEPT)

    def note(self, seen: Sighting, usual: float) -> None:
        """Take an event in.

        Parameters
        ----------
        seen : Sighting
        usual : float
            The usual share of the odd, or 1 where size is a multiple of the usual.
        """
        if self.open:
            for alarm in [each for each in self.open.values() if seen.ms > each.deadline]:
                self._close(alarm)
            explaining = [self.open[each] for each in seen.subjects if each in self.open]
            if explaining:
                for alarm in explaining:
                    alarm.note(seen)
                    if alarm.is_calm:
                        self._close(alarm)
                return
        for subject in seen.subjects:
            self._window(subject).add(seen)
        self._trim()
        if seen.size:
            self._look(seen, usual)

    def note_usual(self, ms: int, member: int, subjects: tuple[Subject, ...]) -> None:
        """Take in an event that is as usual: most are, so it costs next to nothing."""
        if self.open:
            self.note(Sighting(ms, member, False, (), subjects, 0.0, 0), 1.0)
            return
        vote, windows = member * 2, self.windows
        for subject in subjects:
            window = windows.get(subject)
            if window is None:
                window = self._window(subject)
            window.ms = ms
            recent = window.recent
            if not recent or recent[-1] != vote:
                recent.append(vote)
        if len(windows) > MOST_SUBJECTS:
            self._trim()

    def open_at(self, subjects: tuple[Subject, ...], ms: int) -> Alarm | None:
        """Find the narrowest alarm on any of some subjects that is open at a moment."""
        for subject in subjects:
            alarm = self.open.get(subject)
            if alarm is not None and ms <= alarm.deadline:
                return alarm
        return None

    def findings(self, as_of_ms: int | None = None) -> list[Finding]:
        """List what was found, the oldest first; those whose time ran out before T are over."""
        found = list(self.closed)
        for alarm in list(self.open.values()):
            over = as_of_ms is not None and as_of_ms > alarm.deadline
            found.append(alarm.finding(alarm.last if over else None))
        return sorted(found, key=lambda each: (each.since_ms, each.subject_kind, each.subject))

    def _window(self, subject: Subject) -> Window:
        window = self.windows.get(subject)
        if window is None:
            window = self.windows[subject] = Window(self.rule.window_ms)
        return window

    def _trim(self) -> None:
        if len(self.windows) > MOST_SUBJECTS:
            by_age = sorted(self.windows.items(), key=lambda pair: pair[1].ms)
            self.windows = dict(by_age[-MOST_SUBJECTS // 2:])

    def _look(self, seen: Sighting, usual: float) -> None:
        for subject in seen.subjects:
            if self._opens(self.windows[subject], seen.ms, usual):
                self._open(subject, usual)
                return

    def _opens(self, window: Window, ms: int, usual: float) -> bool:
        rule = self.rule
        if len(window.odd) < rule.parties:
            return False
        window.expire(ms)
        return (window.share >= max(rule.share, rule.times * usual)
                and window.parties >= rule.parties)

    def _open(self, subject: Subject, usual: float) -> None:
        alarm = Alarm(self.rule, subject, usual, self.windows.pop(subject))
        alarm.begin()
        for other in [each for each in self.open.values()
                      if subject == PROGRAM or subject in each.common]:
            alarm.absorb(self.open.pop(other.subject))
        self.open[subject] = alarm
        for window in self.windows.values():
            window.drop(subject)

    def _close(self, alarm: Alarm) -> None:
        self.closed.append(alarm.finding(alarm.last))
        del self.open[alarm.subject]
