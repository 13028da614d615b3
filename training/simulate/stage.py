"""The stage on which look-alikes and schemes play: the honest program, and ways to add to it.

A scheme or a look-alike reads the honest events, adds or changes some, and says what they are;
everything else (codes, phones, outcomes, labels) follows for all events alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.catalogue import NOVEL_FROM, OF_STAFF
from training.simulate.people import NEVER_LEAVES, RING_POOL
from training.simulate.personas import INFLUENCER, NEVER, PROMOTER
from training.simulate.sheet import NONE, REFERRAL, Sheet

if TYPE_CHECKING:
    from training.simulate.balances import Ledger
    from training.simulate.people import Members
    from training.simulate.program import World

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """Where to find events of a sheet: by member, and code scans and invoices by time.

    Parameters
    ----------
    order, first : rows by member, and where each member's begin.
    scans, scan_times : rows and times of the code scans, by time.
    bills, bill_times : rows and times of the invoice claims without uploads, by time.
    referrals : rows of the referrals of members.
    """

    order: Ints
    first: Ints
    scans: Ints
    scan_times: Ints
    bills: Ints
    bill_times: Ints
    referrals: Ints

    @classmethod
    def of(cls, sheet: Sheet, members: int, reserved: Array) -> Index:
        """Index a sheet; scans of reserved members are left out."""
        order = np.argsort(sheet["member"], kind="stable")
        first = np.searchsorted(sheet["member"][order], np.arange(members + 1))
        scans = np.flatnonzero((sheet["code_mode"] > 0) & ~reserved[sheet["member"]])
        scans = scans[np.argsort(sheet["time"][scans], kind="stable")]
        bills = np.flatnonzero((sheet["invoice_mode"] > 0) & (sheet["upload"] < 0))
        bills = bills[np.argsort(sheet["time"][bills], kind="stable")]
        brought = np.flatnonzero((sheet["kind"] == REFERRAL) & (sheet["referee_kind"] == 0))
        return cls(order, first, scans, sheet["time"][scans], bills, sheet["time"][bills], brought)

    def of_member(self, member: int) -> Ints:
        """Rows of one member."""
        return self.order[self.first[member] : self.first[member + 1]]


@dataclass
class Stage:
    """The program so far, as acts see it.

    Parameters
    ----------
    world, members : the world and its members; acts may change members (a new wallet, a ring).
    base : Sheet
        The honest events; acts may mark and change them.
    patterns, looks : slugs of schemes and look-alikes, numbered by position.
    novel : slugs of the schemes that play only late in the run.
    novel_between : shares of the run between which they do.
    novel_times : how often each of them plays, of its usual number.
    added : sheets of the acts.
    logs : rows of the small tables, by table.
    ledger : balances, once they are known.
    reserved : mask of the members kept free for rings of bought identities.
    hollow : mask of the members without honest events of their own.
    """

    world: World
    members: Members
    base: Sheet
    patterns: tuple[str, ...]
    looks: tuple[str, ...]
    novel: tuple[str, ...] = ()
    novel_between: tuple[float, float] = (NOVEL_FROM, 1.0)
    novel_times: float = 1.0
    added: list[Sheet] = field(default_factory=list)
    logs: dict[str, list[dict[str, Array]]] = field(default_factory=dict)
    ledger: Ledger | None = None

    def __post_init__(self) -> None:
        dice = self.world.dice("pool")
        able = np.isin(self.members.persona, [INFLUENCER, PROMOTER])
        able &= (self.members.rhythm != NEVER) & (self.members.farms == NEVER_LEAVES)
        pool = dice.permutation(np.flatnonzero(able))
        self.pool = pool[: max(1, round(RING_POOL * len(self.members)))].tolist()
        self.reserved = np.zeros(len(self.members), dtype=bool)
        self.reserved[self.pool] = True
        self._taken = self.reserved | (self.members.farms < NEVER_LEAVES)
        self.hollow = np.zeros(len(self.members), dtype=bool)
        self._index: Index | None = None

    @property
    def index(self) -> Index:
        """Index of the base, built at the first question."""
        if self._index is None:
            self._index = Index.of(self.base, len(self.members), self.reserved)
        return self._index

    def rebase(self, base: Sheet, ledger: Ledger | None) -> None:
        """Take another sheet as the base, and forget what was added."""
        self.base, self.ledger, self._index = base, ledger, None
        self.added.clear()

    def add(self, sheet: Sheet, pattern: str = "", look: str = "", ring: int = NONE) -> Ints:
        """Put events on stage; return their keys."""
        sheet["key"] = self.world.new("event", len(sheet))
        if pattern:
            sheet["pattern"] = self.patterns.index(pattern)
        if look:
            sheet["look"] = self.looks.index(look)
        sheet["ring"] = ring
        self.added.append(sheet)
        return sheet["key"]

    def mark(self, rows: Array, look: str) -> None:
        """Name honest events of the base a look-alike, unless they already are another."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        free = rows[self.base["look"][rows] == NONE]
        self.base["look"][free] = self.looks.index(look)

    def log(self, table: str, **columns: Any) -> None:
        """Add rows to a small table; single values stand for all rows."""
        rows = np.broadcast_arrays(*(np.atleast_1d(value) for value in columns.values()))
        self.logs.setdefault(table, []).append(dict(zip(columns, rows, strict=True)))

    def insider(self, agent: int, role: int, pattern: str = "", look: str = "") -> None:
        """Name a staff account in the truth: 0 a clerk, 1 a reviewer."""
        self.log("insiders", agent=agent, role=role,
                 pattern=self.patterns.index(pattern) if pattern else NONE,
                 look=(*OF_STAFF, *self.looks).index(look) if look else NONE)

    def recruit(self, dice: np.random.Generator, count: int, pattern: str,
                joined: tuple[int, int], ends: int, starts: int = 0) -> Ints:
        """Take ``count`` members as the bought identities of a ring; they act till ``ends``.

        They joined between the times of ``joined`` and have no honest events of their own. With
        ``starts`` they had a life before: what they do on their own stays as a cover, and what
        they spend counts as the ring's only from then on.
        """
        chosen = np.array([self.pool.pop() for _ in range(min(count, len(self.pool)))],
                          dtype=np.int64)
        members = self.members
        members.ring[chosen] = self.world.new("ring", 1)[0]
        members.ring_pattern[chosen] = self.patterns.index(pattern)
        members.threshold[chosen] = dice.uniform(120, 600, len(chosen))
        members.joined[chosen] = dice.integers(*joined, len(chosen))
        members.opening[chosen] = 0
        members.referred_by[chosen] = NONE
        members.enrolled_by[chosen] = NONE
        members.ring_start[chosen] = starts
        members.ring_end[chosen] = ends
        self.hollow[chosen] = not starts
        return chosen

    def cheats(self, dice: np.random.Generator, count: int, *personas: int,
               before: int | None = None) -> Ints:
        """Ordinary, active members of these personas who cheat for once."""
        members = self.members
        able = np.isin(members.persona, personas) & ~self._taken
        able &= members.joined < (before if before is not None else self.world.calendar.end)
        weight = np.where(able, np.sqrt(members.rate), 0.0)
        count = min(count, int((weight > 0).sum()))
        if not count:
            return np.empty(0, dtype=np.int64)
        chosen = dice.choice(len(members), count, replace=False, p=weight / weight.sum())
        self._taken[chosen] = True
        return chosen

    def scans_of(self, first: int, last: int) -> Ints:
        """Rows of the base: honest code scans between two times, not of the rings' pool."""
        low, high = np.searchsorted(self.index.scan_times, [first, last])
        return self.index.scans[low:high]

    def bills_of(self, first: int, last: int) -> Ints:
        """Rows of the base: honest invoice claims between two times, no uploads."""
        low, high = np.searchsorted(self.index.bill_times, [first, last])
        return self.index.bills[low:high]

    @property
    def referrals(self) -> Ints:
        """Rows of the base: honest referrals of members, in the order of the base."""
        return self.index.referrals

    def visit(self) -> int:
        """A new visit: its events share place, phone and network."""
        return int(self.world.new("visit", 1)[0])

    def local(self, time: int, hour: float) -> int:
        """The time at ``hour`` of the local day of ``time``."""
        calendar = self.world.calendar
        day = int(calendar.day_of(np.array([time]))[0])
        return int(calendar.midnights[day] + hour * DAY / 24)

