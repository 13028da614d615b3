"""Whether an act of the desk may be undone, approved or rejected, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.errors import Conflict
from serving.errors import Forbidden
from serving.review.actions import PENDING, Actions
from serving.review.linked import Linked

if TYPE_CHECKING:
    from features.store.store import Store
    from serving.review.actions import Action

TURNS: Final = ("undo", "approve", "reject")
"""Acts on another act."""


def refuse_turn(store: Store, key: int, action: Action, act: str, by: str, now_ms: int) -> bool:
    """Refuse to undo, approve or reject an act where that is not to be; whether it was done before.

    Raises
    ------
    Forbidden
        It is somebody else's to undo, or one's own to approve, or on a linked account.
    Conflict
        It took effect, or waits for nobody.
    """
    if act == "undo":
        if by not in (action.author, action.second):
            raise Forbidden("an act of your own", f"one of {action.author}",
                            "ask him, or an appeal opens the case again")
        if action.status == "undone":
            return True
        is_late = action.due_ms is not None and now_ms >= action.due_ms
        if action.status not in PENDING or is_late:
            raise Conflict("an act that can still be undone",
                           f"one that is {'done' if is_late else action.status}",
                           "an appeal opens the case again")
        if any(result for _, result in Actions(store, key).events(action.action_id)):
            raise Conflict("an act that can still be undone", "one that has begun to take effect",
                           "an appeal opens the case again")
        return False
    events = [event for event, _ in Actions(store, key).events(action.action_id)]
    Linked(store, key).refuse_events(by, events)
    if by == action.author:
        raise Forbidden("a second person", "who acted himself", "leave it to a colleague")
    moved = {"approve": ("due", "done", "failed"), "reject": ("rejected",)}[act]
    if action.status in moved and action.second == by:
        return True
    if action.status != "waiting":
        who = f" by {action.second or action.author}" if action.status != "failed" else ""
        raise Conflict("an act that waits for a second person", f"one that is {action.status}{who}",
                       "open the case again")
    return False
