"""Rings by their definition, pair by pair, with a union-find: the oracle of `features.links`."""

from __future__ import annotations

from itertools import combinations

from features.contract import DECLARATIONS
from features.places import MISSING
from features.records import COLUMN, KINDS

DAY = 86_400_000
WEIGHT = {"payout": (1.0, 50), "phone": (0.8, 10), "address": (0.6, 10), "device": (0.4, 20)}
FILED = ("payout", "phone", "address")
DECLARED = {"shared_device": "device", "handheld_client": "device", "bulk_channel": "device",
            "shared_payout": "payout"}


def find(above, one):
    while one in above:
        one = above[one]
    return one


class World:
    """What was known before a midnight."""

    def __init__(self, records, midnight):
        self.midnight = midnight
        self.used = {}
        self.seen, self.file, self.acted, self.referred = {}, {}, {}, set()
        self.merged, self.spans, self.fairs = {}, {}, []
        for record in records:
            row = {name: int(record[at]) for name, at in COLUMN.items()}
            row["ms"] = row["place"] >> 20
            if row["ms"] < midnight:
                self.take(KINDS[row["kind"]], row)

    def take(self, kind, row):
        member, ms = row["member"], row["ms"]
        judged = kind in ("scan", "referral", "redemption")
        if member and (judged or kind == "activity"):
            self.acted[member] = ms
        if (judged or (kind == "account_change" and not row["agent"])) and not self.at_fair(row):
            self.see("device", row["device"], member, ms)
            used = row["device"], member
            self.used[used] = self.used.get(used, 0) + judged
        if kind == "redemption":
            self.see("payout", row["payout"], member, ms)
        if kind == "referral" and row["referee_kind"] != 1 and member and row["referee"]:
            self.referred.add((member, row["referee"]))
        if kind == "merge":
            old, new = find(self.merged, member), find(self.merged, row["referee"])
            if old and new and old != new:
                self.merged[old] = new
        if kind == "member" and member:
            self.told(row, member, ms)
        if kind == "declaration":
            self.declare(row)

    def see(self, kind, entity, member, ms):
        if entity and member:
            self.seen[kind, entity, member] = max(ms, self.seen.get((kind, entity, member), ms))

    def told(self, row, member, ms):
        file = self.file.setdefault(member, {})
        for kind in FILED:
            if row[kind]:
                if file.get(kind, row[kind]) != row[kind]:
                    self.see(kind, file[kind], member, ms)
                file[kind] = row[kind]
                self.see(kind, row[kind], member, ms)
        if row["enroller"]:
            file["enroller"] = row["enroller"]
        if row["joined_ms"] != MISSING:
            file["joined"] = row["joined_ms"]
        if row["referrer"]:
            self.referred.add((row["referrer"], member))

    def declare(self, row):
        kind = DECLARATIONS[row["declaration"]]
        span = row["valid_from_ms"], row["valid_to_ms"]
        if kind == "event_place":
            self.fairs.append((row["outlet"], *span))
        name = "member" if kind == "own_shop" else DECLARED.get(kind)
        if name:
            self.spans[kind, name, row[name], span[0]] = span[1]

    def at_fair(self, row):
        return any(outlet == row["outlet"] and since <= row["ms"] and lasts(until, row["ms"])
                   for outlet, since, until in self.fairs)

    def innocent(self, kind, entity, member):
        for (declared, name, subject, since), until in self.spans.items():
            if since <= self.midnight and lasts(until, self.midnight):
                if declared == "own_shop":
                    owner = find(self.merged, subject) == member
                    if subject and owner and kind in ("device", "address"):
                        return True
                elif name == kind and subject == entity:
                    return True
        return False

    def joined(self, member):
        return self.file.get(member, {}).get("joined")

    def lately(self, member):
        return (self.joined(member) or MISSING) >= self.midnight - 180 * DAY

    def together(self, one, other):
        when = self.joined(one), self.joined(other)
        return None not in when and abs(when[0] - when[1]) <= 7 * DAY

    def sharers(self):
        found, events = {}, {}
        for (kind, entity, member), last in self.seen.items():
            if kind == "device" and last >= self.midnight - 180 * DAY:
                used = entity, find(self.merged, member)
                events[used] = events.get(used, 0) + self.used[entity, member]
        for (kind, entity, member), last in self.seen.items():
            if kind in FILED and self.file.get(member, {}).get(kind) == entity:
                last = max(last, self.acted.get(member, last))
            one = find(self.merged, member)
            if kind == "device" and events.get((entity, one), 0) < 2:
                continue
            if last >= self.midnight - 180 * DAY and not self.innocent(kind, entity, one):
                found.setdefault((kind, entity), set()).add(one)
        return found

    def rep(self, member):
        own = {m: f["enroller"] for m, f in self.file.items()
               if "enroller" in f and self.lately(m)}
        mine = own.get(member)
        count = list(own.values()).count(mine)
        return mine if mine and 0.3 * min(1, 10 / count) >= 0.25 else None

    def rings(self):
        """Sets of members, by the pairwise rules."""
        above, referred = {}, self.referrals()
        for (kind, _), members in self.sharers().items():
            weight, knee = WEIGHT[kind]
            heavy = weight * min(1, knee / len(members))
            for one, other in combinations(sorted(members), 2):
                company = (self.together(one, other) or (one, other) in referred
                           or (other, one) in referred
                           or (self.rep(one) is not None and self.rep(one) == self.rep(other)))
                if heavy >= 0.5 or (heavy >= 0.25 and company):
                    union(above, one, other)
        for one, other in referred:
            if self.together(one, other):
                union(above, one, other)
        found = {}
        for member in {*above, *above.values()}:
            found.setdefault(find(above, member), set()).add(member)
        return {min(ring): ring for ring in found.values()}

    def referrals(self):
        pairs = {(find(self.merged, a), find(self.merged, b)) for a, b in self.referred}
        return {(a, b) for a, b in pairs if a != b and self.lately(b)}


def union(above, one, other):
    one, other = find(above, one), find(above, other)
    if one != other:
        above[one] = other


def lasts(until, ms):
    return until == MISSING or ms < until
