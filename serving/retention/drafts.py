"""Missions before they are offered: drafted by one person, published by another.

A draft is a whole mission, or says that one is taken off the list.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from features.errors import NotFound
from features.exports.missions import Mission, build_missions
from serving.drafts import Drafts

if TYPE_CHECKING:
    from features.exports.program import Program

Status = Literal["waiting", "published", "withdrawn", "replaced"]


class MissionDraft(NamedTuple):
    """A mission as somebody wants it.

    Parameters
    ----------
    number : int
        From 1 on.
    mission_id : str
    body : dict or None
        As missions.yaml lists it; None: off the list.
    author : str
    at_ms : int
    status : str
        waiting, published, withdrawn or replaced (by a newer draft of the same mission).
    second : str
        Who published or withdrew it; empty while it waits.
    second_ms : int or None
    """

    number: int
    mission_id: str
    body: dict[str, Any] | None
    author: str
    at_ms: int
    status: Status
    second: str
    second_ms: int | None


class MissionDrafts(Drafts[MissionDraft]):
    """Drafts of a program's missions."""

    table = "mission_drafts"
    says = ("mission_id", "body")
    in_force = "published"

    def draft(self, mission_id: str, body: dict[str, Any] | None, by: str, ms: int,
              program: Program) -> MissionDraft:
        """Keep a draft; the one of the same mission that waits gives way.

        Parameters
        ----------
        mission_id : str
        body : dict or None
            As missions.yaml lists a mission; None: take it off the list.
        by : str
            Who drafts.
        ms : int
            UTC milliseconds.
        program : Program

        Raises
        ------
        BadConfig
            Where the missions would not be those of a program any more.
        BadInput
            Where nobody is named.
        NotFound
            Where a mission is to be taken off that is not on the list.
        """
        self._store.take_turn(self._program)
        listed = self.listed()
        if body is None and mission_id not in [one["id"] for one in listed]:
            raise NotFound("a mission of the program", "another", "go back to the list")
        built = build_missions(replaced(listed, mission_id, body), program)
        kept = None if body is None else plain(next(
            one for one in built if one.id == mission_id))
        return self._keep((mission_id, None if kept is None else json.dumps(
            kept, ensure_ascii=False)), by, ms)

    def publish(self, number: int, by: str, ms: int, program: Program) -> list[Mission]:
        """Put a draft in force, by another person than drafted it; all missions from now on.

        Raises
        ------
        BadConfig
            Where the list changed so that the draft does not fit it any more.
        Conflict
            By its author, or where it does not wait any more.
        NotFound
            No such draft.
        """
        found = self._for_second(number, by)
        built = build_missions(replaced(self.listed(), found.mission_id, found.body), program)
        self._store.run("UPDATE programs SET missions = ? WHERE program = ?", (
            json.dumps([plain(one) for one in built]), self._program))
        self._put_in_force(found, by, ms)
        return built

    def history(self, mission_id: str, most: int = 20) -> list[MissionDraft]:
        """The newest drafts of a mission, the newest first."""
        return self._rows("AND mission_id = ? ORDER BY draft DESC LIMIT ?", (mission_id, most))

    def listed(self) -> list[dict[str, Any]]:
        """The missions in force, as missions.yaml lists them."""
        text = self._store.rows("SELECT missions FROM programs WHERE program = ?",
                                (self._program,))[0][0]
        found: list[dict[str, Any]] = json.loads(text)
        return found

    def _read(self, row: tuple[Any, ...]) -> MissionDraft:
        number, mission_id, body, *fate = row
        return MissionDraft(number, mission_id, None if body is None else json.loads(body), *fate)


def replaced(
    listed: list[dict[str, Any]], mission_id: str, body: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """A list of missions with one of them changed, added at the end or taken out.

    >>> replaced([{"id": "a"}, {"id": "b"}], "a", {"id": "a", "cost_points": 5})
    [{'id': 'a', 'cost_points': 5}, {'id': 'b'}]
    >>> replaced([{"id": "a"}, {"id": "b"}], "b", None)
    [{'id': 'a'}]
    """
    if body is None:
        return [one for one in listed if one["id"] != mission_id]
    if mission_id not in [one["id"] for one in listed]:
        return [*listed, body]
    return [body if one["id"] == mission_id else one for one in listed]


def plain(mission: Mission) -> dict[str, Any]:
    """A mission as missions.yaml lists it and the store keeps it."""
    return dict(mission.model_dump(mode="json", by_alias=True))
