"""The loops over members x missions, compiled: for one kind of array each, C-ordered.

``gain, cost, reach`` are those of a `Problem`; ``point, mission, channel`` are prices of a point,
of a place in each mission (m,) and of the cheapest way through each set of channels (256,).
``missions, sets`` count the places left in each mission and each set of capped channels.
"""

from __future__ import annotations

import numpy as np

from features.compiling import compiled

CHUNK = 1 << 12
"""Members whose gains are summed by themselves, so that a sum of a million keeps its digits."""
NOBODY = -1


@compiled(nogil=True)
def respond(gain, cost, reach, point, mission, channel):  # type: ignore[no-untyped-def]
    """What all members would take if limits were prices.

    Returns the sum of their gains less prices, the points they spend, how many take each mission,
    and how many go through each set of channels.
    """
    n, m = gain.shape
    missions, sets = np.zeros(m, np.int64), np.zeros(256, np.int64)
    total, part, spent = 0.0, 0.0, 0
    for i in range(n):
        best, worth = NOBODY, 0.0
        for j in range(m):
            if gain[i, j] > worth:
                left = gain[i, j] - point * cost[i, j] - mission[j] - channel[reach[i, j]]
                if left > worth:
                    best, worth = j, left
        if best != NOBODY:
            part += worth
            spent += cost[i, best]
            missions[best] += 1
            sets[reach[i, best]] += 1
        if i % CHUNK == CHUNK - 1:
            total, part = total + part, 0.0
    return total + part, spent, missions, sets


@compiled(nogil=True)
def wishes(gain, cost, reach, point, mission, channel):  # type: ignore[no-untyped-def]
    """Mission of each member that is worth most after prices, -1 where none is worth anything."""
    n, m = gain.shape
    found = np.full(n, NOBODY, np.int64)
    for i in range(n):
        worth = 0.0
        for j in range(m):
            if gain[i, j] > worth:
                left = gain[i, j] - point * cost[i, j] - mission[j] - channel[reach[i, j]]
                if left > worth:
                    found[i], worth = j, left
    return found


@compiled(nogil=True)
def preferences(gain, cost, reach, point, mission, channel):  # type: ignore[no-untyped-def]
    """Gain less prices of each member's best mission, and by how much it beats his next best.

    None is a mission of worth 0; a member who may have nothing has -inf.
    """
    n, m = gain.shape
    worth, lead = np.empty(n), np.empty(n)
    for i in range(n):
        best, second = -np.inf, 0.0
        for j in range(m):
            if gain[i, j] > 0:
                left = gain[i, j] - point * cost[i, j] - mission[j] - channel[reach[i, j]]
                if left > best:
                    best, second = left, max(best, second)
                elif left > second:
                    second = left
        worth[i], lead[i] = best, best - second
    return worth, lead


@compiled(nogil=True)
def grant(order, wish, gain, cost, reach, free, budget, missions, sets, chosen):  # type: ignore[no-untyped-def]
    """Let members, one after another, have what they wish as long as there is room."""
    for i in order:
        j = wish[i]
        if j == NOBODY or cost[i, j] > budget or missions[j] <= 0:
            continue
        if _fits(sets, reach[i, j], free):
            chosen[i] = j
            budget -= cost[i, j]
            missions[j] -= 1
            move(sets, reach[i, j], free, -1)
    return budget


@compiled(nogil=True)
def walk(  # type: ignore[no-untyped-def]
    order, gain, cost, reach, point, mission, channel, floor, free, budget, missions, sets, chosen
):
    """Let members without a mission take, one after another, the best that still has room.

    What is worth no more than ``floor`` after prices is left. ``missions, sets, chosen`` are
    changed in place; the points left are returned.
    """
    for i in order:
        if chosen[i] != NOBODY:
            continue
        best, worth = NOBODY, floor
        for j in range(gain.shape[1]):
            if gain[i, j] > 0 and cost[i, j] <= budget and missions[j] > 0:
                left = gain[i, j] - point * cost[i, j] - mission[j] - channel[reach[i, j]]
                if left > worth and _fits(sets, reach[i, j], free):
                    best, worth = j, left
        if best != NOBODY:
            chosen[i] = best
            budget -= cost[i, best]
            missions[best] -= 1
            move(sets, reach[i, best], free, -1)
    return budget


@compiled(nogil=True)
def upgrade(order, gain, cost, reach, free, budget, missions, sets, chosen):  # type: ignore[no-untyped-def]
    """Let members change to the mission of highest gain that still has room."""
    for i in order:
        now = chosen[i]
        if now == NOBODY:
            continue
        move(sets, reach[i, now], free, 1)
        best, worth = now, gain[i, now]
        for j in range(gain.shape[1]):
            more = cost[i, j] - cost[i, now]
            has_room = more <= budget and missions[j] > 0
            if gain[i, j] > worth and has_room and _fits(sets, reach[i, j], free):
                best, worth = j, gain[i, j]
        budget -= cost[i, best] - cost[i, now]
        missions[now] += 1
        missions[best] -= 1
        move(sets, reach[i, best], free, -1)
        chosen[i] = best
    return budget


@compiled(nogil=True)
def place(order, reach, chosen, prefer, free, sets):  # type: ignore[no-untyped-def]
    """Channel of each member with a mission: the first that leaves room for all others.

    ``prefer`` holds the channels of each mission in the order in which they are tried, (m, 8).
    """
    channel = np.full(len(chosen), NOBODY, np.int64)
    for i in order:
        mask = int(reach[i, chosen[i]])
        move(sets, mask, free, 1)
        for bit in prefer[chosen[i]]:
            one = 1 << bit
            if mask & one and _fits(sets, one, free):
                channel[i] = bit
                move(sets, one, free, -1)
                break
    return channel


@compiled(nogil=True)
def _fits(sets, mask, free):  # type: ignore[no-untyped-def]
    """Whether one more member finds room through a set of channels."""
    if mask == 0 or mask & free:
        return True
    others = 255 & ~(mask | free)
    more = others
    while True:
        if sets[mask | more] <= 0:
            return False
        if more == 0:
            return True
        more = (more - 1) & others


@compiled(nogil=True)
def move(sets, mask, free, by):  # type: ignore[no-untyped-def]
    """Give back or take a place in every set of channels that holds this one."""
    if mask == 0 or mask & free:
        return
    others = 255 & ~(mask | free)
    more = others
    while True:
        sets[mask | more] += by
        if more == 0:
            return
        more = (more - 1) & others

