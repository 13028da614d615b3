"""The policies applied to a program: the last one stands in for that of every bundle."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from features.errors import BadConfig, BadInput, NotFound
from features.store.chain import LONGEST, Chain
from models.contradictions import check
from models.policy import Policy

if TYPE_CHECKING:
    from features.exports.program import Program
    from features.store.journal import Journal
    from features.store.store import Store
    from models.bundle import Bundle
    from models.thresholds import Thresholds

log = logging.getLogger("jaga.policies")


@dataclass(frozen=True)
class Applied:
    """One policy of the history.

    Parameters
    ----------
    number : int
        1 for the first that was applied.
    version : str
        As `Policy.version`.
    text : str
        YAML as it was handed over.
    from_ms : int
        From when it is in force, until the next.
    author : str
        Who applied it.
    """

    number: int
    version: str
    text: str
    from_ms: int
    author: str

    def read(self) -> Policy:
        """Parse it; BadConfig where this version of Jaga refuses what an earlier one took."""
        return Policy.parse(self.text, f"policy {self.number}")


class Policies:
    """Reads and writes of one program's policies inside a transaction.

    Parameters
    ----------
    store : Store
        The transaction; one that writes for `apply`.
    program : int
        Key of the program.

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> journal = home.create(Program(program_id="acme"))
    >>> with home.database.writing() as store:
    ...     policies = Policies(store, journal.key)
    ...     version = policies.apply('version: "2"', "ana", 1000, journal.program).version
    ...     policies.in_force(999), policies.in_force(1000).version == version
    (None, True)
    >>> home.close()
    """

    def __init__(self, store: Store, program: int) -> None:
        self._store = store
        self._program = program

    @property
    def head(self) -> int:
        """Number of the last policy applied, 0 before the first."""
        rows = self._store.rows("SELECT max(number) FROM policies WHERE program = ?",
                                (self._program,))
        return int(rows[0][0] or 0)

    def in_force(self, ms: int | None = None) -> Policy | None:
        """Policy in force at a moment, the last one where none is named; None: the bundle's own.

        BadConfig as `Applied.read`.
        """
        found = [each for each in self.history() if ms is None or each.from_ms <= ms]
        return found[-1].read() if found else None

    def of_version(self, version: str) -> Policy | None:
        """Policy of a version, as a verdict names it; None where none of it was applied."""
        rows = self._rows("AND version = ?", (version,))
        return rows[-1].read() if rows else None

    def history(self) -> list[Applied]:
        """All policies that were applied, oldest first."""
        return self._rows("", ())

    def apply(self, text: str, by: str, ms: int, program: Program,
              thresholds: Thresholds | None = None) -> Policy:
        """Put a policy in force; applying the one that is in force again changes nothing.

        Raises
        ------
        BadConfig
            Where it breaks the schema or contradicts itself; what was in force stays.
        BadInput
            Where nobody is named.
        """
        if not by.strip():
            raise BadInput("the name of who applies a policy", "an empty one", "name yourself")
        policy = examined(text, program, thresholds)
        self._store.take_turn(self._program)
        last = self.history()[-1:]
        if last and last[0].text == text:
            return policy
        number, since = (last[0].number, last[0].from_ms) if last else (0, ms)
        self._store.run(
            "INSERT INTO policies (program, number, version, text, from_ms, author) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (self._program, number + 1, policy.version, text, max(ms, since), by.strip()))
        Chain(self._store, self._program).add(
            "policy_applied", by, max(ms, since), {"policy": number + 1},
            {"version": policy.version[:LONGEST],
             "sha256": hashlib.sha256(text.encode()).hexdigest()})
        return policy

    def _rows(self, where: str, values: tuple[Any, ...]) -> list[Applied]:
        return [Applied(int(row[0]), row[1], row[2], int(row[3]), row[4])
                for row in self._store.rows(
                    "SELECT number, version, text, from_ms, author FROM policies "
                    f"WHERE program = ? {where} ORDER BY number", (self._program, *values))]


def examined(text: str, program: Program, thresholds: Thresholds | None = None,
             name: str = "policy.yaml") -> Policy:
    """Parse a policy and hold it against its program and bundle; BadConfig where it is refused."""
    policy = Policy.parse(text, name)
    check(policy, name, program, thresholds)
    return policy


class InForce:
    """Puts the policy in force into a bundle, and notices when another one is applied.

    A process that runs asks in each of its transactions; that costs one look at a key.
    """

    def __init__(self) -> None:
        self._head = 0

    def heed(self, store: Store, program: int, bundle: Bundle) -> Bundle:
        """Bundle with the policy in force; the same one where nothing was applied since.

        A policy that this version of Jaga can't read is left, so that verdicts go on.
        """
        policies = Policies(store, program)
        head = policies.head
        if head == self._head:
            return bundle
        self._head = head
        try:
            policy = policies.in_force()
        except BadConfig:
            log.error("policy %d can not be read; the one before stays in force", head)
            return bundle
        return bundle if policy is None else replace(bundle, policy=policy)


def with_policy(journal: Journal, bundle: Bundle, version: str | None = None) -> Bundle:
    """Bundle with the policy in force, or with that of a verdict's ``policy_version``.

    Raises
    ------
    BadConfig
        As `Applied.read`.
    NotFound
        Where the version is neither the bundle's own nor was ever applied.
    """
    if version == bundle.policy.version:
        return bundle
    with journal.database.reading() as store:
        policies = Policies(store, journal.key)
        found = policies.in_force() if version is None else policies.of_version(version)
    if found is None and version is not None:
        raise NotFound(f"the policy {version} of a verdict", "none of that version",
                       "restore it from a backup")
    return bundle if found is None else replace(bundle, policy=found)
