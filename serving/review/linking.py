"""`jaga user link`: which member's account is that of a person who decides."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from features.errors import BadInput, NotFound
from features.store.chain import HOME, Chain, operator
from serving.archive import Archive
from serving.identity.users import known_person
from serving.review.linked import Linked

if TYPE_CHECKING:
    from features.store.home import Home


def link_member(home: Home, name: str | None, member_id: str | None, program_id: str | None, *,
                is_linked: bool = True) -> dict[str, Any]:
    """Note that a member's account is a person's own, on which he decides nothing; or forget it.

    Raises
    ------
    BadInput
        Without a name or a member.
    NotFound
        No such person, program or member.
    """
    if name is None or member_id is None:
        raise BadInput("the name of a person and the id of a member", "none",
                       "jaga user link NAME MEMBER")
    person = known_person(home.database, name)
    journal = home.journal(program_id)
    with home.database.writing() as store:
        number = Archive(store, journal.key).number("member", member_id)
        if not number:
            raise NotFound("a member of the program", "an unknown member_id",
                           "check it, or name his program with --program")
        linked = Linked(store, journal.key)
        is_new = (linked.link if is_linked else linked.unlink)(person.user_id, number)
        if is_new:
            Chain(store, HOME).add(
                "member_linked" if is_linked else "member_unlinked", operator(),
                time.time_ns() // 1_000_000,
                {"user": person.user_id, "program": journal.key, "member": number})
    return {"name": person.name, "member_id": member_id,
            "program_id": journal.program.program_id, "linked": is_linked, "new": int(is_new)}
