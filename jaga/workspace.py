"""`jaga.open`: a home's features as pandas frames, for notebooks and scripts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from features.errors import BadInput
from features.jobs import event_features
from features.members.rhythm import member_features
from features.places import FIRST_MS, LAST_MS, first_place
from features.progress import Progress, silent
from features.records import KINDS, SCORED
from features.store.home import Home
from jaga.homes import open_home

if TYPE_CHECKING:
    from collections.abc import Sequence

Moment = int | str | datetime
"""UTC milliseconds, an RFC 3339 text with an offset, or a datetime with a time zone."""


class Workspace:
    """One program of a home, read only.

    Parameters
    ----------
    home : path
        The folder that holds everything Jaga keeps.
    program : str or None
        Which program, where the home holds several.
    url : str or None
        A journal elsewhere; None: where ``JAGA_DATABASE_URL`` says, else in the folder.

    Raises
    ------
    NotFound
        No such program in this home.
    """

    def __init__(
        self, home: Path | str = "var", program: str | None = None, url: str | None = None
    ) -> None:
        self._home = Home(home, url) if url else open_home(Path(home))
        self.journal = self._home.journal(program)
        self.program = self.journal.program
        self.catalog = self._home.catalog(self.program.program_id)

    def features(
        self, as_of: Moment | None = None, of: Literal["events", "members"] | None = None,
        columns: Sequence[str] | None = None, progress: Progress = silent,
    ) -> pd.DataFrame:
        """Give the feature row of every event, or of every member as of a moment.

        Parameters
        ----------
        as_of : int, str, datetime or None
            Nothing known from then on is in the rows; None: just after the last event.
        of : "events", "members" or None
            Whose rows; None: members where ``as_of`` is given, else events, as `jaga features`.
        columns : sequence of str or None
            Which features; None: all of them.
        progress : callable
            Told of the rows passed.

        Returns
        -------
        DataFrame
            Indexed by ``event_id``, with ``kind``, ``member_id``, ``recorded_at`` and ``place``
            before the features, or by ``member_id``; float64, NaN where unknown. ``attrs`` holds
            the ``hashes`` of the definitions and ``as_of``.

        Raises
        ------
        BadInput
            A column that is no feature, or a moment without an offset.
        """
        moment = self.journal.as_of_ms if as_of is None else _ms(as_of)
        chosen = of or ("events" if as_of is None else "members")
        if chosen == "events":
            frame = self._events(moment, columns, progress)
            hashes = self.catalog.hashes
        elif chosen == "members":
            frame, hashes = self._members(moment, columns)
        else:
            raise BadInput("'events' or 'members'", repr(of), "name one of them, or neither")
        frame.attrs = {"hashes": {name: hashes[name] for name in frame.columns if name in hashes},
                       "as_of": pd.Timestamp(moment, unit="ms", tz="UTC")}
        return frame

    def close(self) -> None:
        """Close the journal."""
        self._home.close()

    def _events(
        self, as_of_ms: int, columns: Sequence[str] | None, progress: Progress
    ) -> pd.DataFrame:
        names = _chosen(columns, self.catalog.names)
        at = [self.catalog.names.index(name) for name in names]
        slices = [
            (keys, matrix if columns is None else matrix[:, at])
            for keys, matrix in event_features(
                self.journal, self.catalog, first_place(as_of_ms), progress)
        ]
        if not slices:
            slices = [(pd.DataFrame(columns=["event", "kind", "member", "place"], dtype=np.int64),
                       np.empty((0, len(names))))]
        keys = pd.concat([keys for keys, _ in slices], ignore_index=True)
        frame = pd.DataFrame(np.concatenate([rows for _, rows in slices]), columns=list(names))
        place = keys["place"].to_numpy()
        for name, values in (
            ("place", place),
            ("recorded_at", pd.to_datetime(place >> 20, unit="ms", utc=True)),
            ("member_id", self.journal.names("member", keys["member"].to_numpy())),
            ("kind", np.array(KINDS[:SCORED])[keys["kind"].to_numpy()]),
        ):
            frame.insert(0, name, values)
        frame.index = pd.Index(self.journal.names("event", keys["event"].to_numpy()),
                               name="event_id")
        return frame

    def _members(
        self, as_of_ms: int, columns: Sequence[str] | None
    ) -> tuple[pd.DataFrame, dict[str, str]]:
        from features.members.member_catalog import MEMBER_CATALOG

        frame = member_features(self.journal, as_of_ms)
        frame = frame[list(_chosen(columns, tuple(frame.columns)))]
        frame.index = pd.Index(self.journal.names("member", frame.index.to_numpy()),
                               name="member_id")
        return frame, MEMBER_CATALOG.hashes


def _chosen(columns: Sequence[str] | None, names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in columns or () if name not in names]
    if unknown:
        raise BadInput("names of features", ", ".join(map(repr, unknown)),
                       "list them with jaga features --list")
    return names if columns is None else tuple(columns)


def _ms(moment: Moment) -> int:
    """Milliseconds of a moment; BadInput where it has no offset or is no time."""
    if isinstance(moment, int) and not isinstance(moment, bool):
        ms = moment
    else:
        try:
            stamp: pd.Timestamp | None = pd.Timestamp(moment)
        except (ValueError, TypeError):
            stamp = None
        if stamp is None or stamp.tzinfo is None:
            raise BadInput("a time with an offset, such as 2025-07-01T00:00:00Z", repr(moment),
                           "add Z for UTC")
        ms = stamp.value // 1_000_000
    if not FIRST_MS <= ms <= LAST_MS:
        raise BadInput("a time from 1970 to 2200", repr(moment), "check the year")
    return ms
