"""Every error Jaga raises on purpose.

JagaError
├── BadInput         what came breaks the contract
│   ├── BadCell      one field of it, named
│   └── BadConfig    a YAML file of the program breaks its schema
├── NotFound         a program, bundle, member or event that is not there
├── Conflict         the same id with another body
└── Unavailable      a store, lock or model that is needed and missing
"""

from __future__ import annotations


class JagaError(Exception):
    """An error in three parts: what was wanted, what came, what to do.

    Parameters
    ----------
    wanted, came, remedy
        Sentences or phrases without a final full stop.

    Examples
    --------
    >>> print(JagaError("a folder with members.parquet", "an empty folder", "export the members"))
    Wanted a folder with members.parquet; came an empty folder. To do: export the members.
    """

    code = "error"

    def __init__(self, wanted: str, came: str, remedy: str) -> None:
        super().__init__(wanted, came, remedy)
        self.wanted = wanted
        self.came = came
        self.remedy = remedy

    def __str__(self) -> str:
        return f"Wanted {self.wanted}; came {self.came}. To do: {self.remedy}."


class BadInput(JagaError):
    """What came breaks the contract."""

    code = "bad_input"


class BadCell(BadInput):
    """One field breaks the contract.

    Parameters
    ----------
    field
        The column's name.
    wanted, came
        What the contract asks for, and what was there.

    Examples
    --------
    >>> BadCell("points", "a whole number", "5.5").sentence
    'expected a whole number, got 5.5'
    """

    def __init__(self, field: str, wanted: str, came: str) -> None:
        super().__init__(f"{wanted} in {field}", came, "correct the value and send it again")
        self.field = field
        self.expected = wanted

    @property
    def sentence(self) -> str:
        """What was expected and what came, for a list of rejects."""
        return f"expected {self.expected}, got {self.came}"


class BadConfig(BadInput):
    """A YAML file of the program breaks its schema."""

    code = "bad_config"


class NotFound(JagaError):
    """A program, bundle, member or event that is not there."""

    code = "not_found"


class Conflict(JagaError):
    """The same id came with another body."""

    code = "conflict"


class Unavailable(JagaError):
    """A store, lock or model that is needed is missing."""

    code = "unavailable"


class StoreAway(Unavailable):
    """The database can't now; what it said is for the operator, as it names hosts and files."""
