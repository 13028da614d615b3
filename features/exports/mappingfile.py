"""The keys of a mapping.yaml; what they mean stands in `features.exports.mapping`."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from features.exports.config import Config
from features.exports.program import TimeZone

Encoding = Literal["utf-8", "utf-16", "latin-1", "iso-8859-1", "iso-8859-2", "iso-8859-15",
                   "cp1250", "cp1251", "cp1252", "cp437", "cp850", "gb18030", "big5",
                   "shift_jis", "euc-kr", "tis-620"]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=300)]
Formula = Annotated[str, Field(strict=True, min_length=1)]


def _scalar(value: object) -> str | float | bool | None:
    """Take what YAML gives for one value; a date is the text it was written as."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float | None):
        return value
    raise ValueError("a text, a number, true, false or null")


def _column(value: object) -> object:
    """Read the name of a column alone as where ours comes from."""
    return {"from": value} if isinstance(value, str) else value


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Constant = Annotated[Any, AfterValidator(_scalar)]


class CsvOptions(Config):
    """How a text source is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    encoding: Encoding = "utf-8"
    decimal: Literal[".", ","] = "."
    names: tuple[Name, ...] = ()


class ColumnRule(Config):
    """Where one of our columns comes from: one of the first four keys, and what may follow."""

    from_: Name | None = Field(default=None, alias="from")
    value: Constant = None
    template: Formula | None = None
    expr: Formula | None = None
    format: Formula | None = None
    map: dict[Constant, Constant] | None = None


class TableRule(Config):
    """Where one of our tables comes from."""

    source: Name
    csv: CsvOptions = CsvOptions()
    where: Formula | None = None
    distinct: Annotated[tuple[Name, ...], BeforeValidator(_names)] = ()
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_column)]]


class MappingFile(Config):
    """The keys of a mapping.yaml."""

    program: dict[str, object] | None = None
    missions: list[object] | None = None
    timezone: TimeZone | None = None
    tables: Annotated[dict[str, TableRule], Field(min_length=1)]
