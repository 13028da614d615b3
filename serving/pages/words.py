"""Words, numbers and times of a page, in the language of who reads it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.texts import Texts

CUT: Final = 80
"""Characters of a foreign text that a page shows; the whole is in its title."""
NAMES: Final = {"en": "English", "id": "Bahasa Indonesia", "es": "Español"}
DATED: Final = {"en": "en_GB"}
"""Locale of days and times, where it is another than the language's own: 5 Mar 2026, 17:04 can not
be read as the third of May, nor as five in the morning."""


class Words:
    """What a template says: codes become sentences, values are written as a language writes them.

    Parameters
    ----------
    texts : Texts
    language : str
    program : Program or None
        Whose time zone, currency and worth of a point count; None: UTC, and no money.

    Examples
    --------
    >>> from pathlib import Path
    >>> from models.texts import Texts
    >>> words = Words(Texts.read(), "id")
    >>> words.number(48200), words.share(0.8342), words.moment("1970-01-01T17:04:00.000Z")
    ('48.200', '83%', '1 Jan 1970 17.04')
    """

    def __init__(self, texts: Texts, language: str, program: Program | None = None) -> None:
        self._texts = texts
        self.language = language
        self._locale = _locale(language)
        self._dated = _locale(DATED.get(language, language))
        self._program = program
        self._zone: dt.tzinfo = program.zone if program else dt.UTC

    def say(self, code: str, /, **params: Any) -> str:
        """Sentence of a code, as plain text."""
        return self._texts.text(code, self.language, **params)

    def say_many(self, code: str, count: int, /, **params: Any) -> str:
        """Sentence of ``code.one`` or ``code.other`` by the language's own rule; ``{n}`` is put in.

        The words of the singular need no ``{n}``.
        """
        form = "one" if self._locale.plural_form(count) == "one" else "other"
        return self._texts.text(f"{code}.{form}", self.language, n=count, **params)

    def tell(self, code: str, /, **params: Any) -> Markup:
        """Sentence of a code as markup: a text put in stands in a ``bdi`` of its own."""
        marked = {name: foreign(value) if isinstance(value, str) else value
                  for name, value in params.items()}
        sentence = escape(self._texts.text(code, self.language, **{
            name: f"\x00{name}\x01" if isinstance(value, Markup) else value
            for name, value in marked.items()}))
        for name, value in marked.items():
            if isinstance(value, Markup):
                sentence = Markup(sentence.replace(f"\x00{name}\x01", value))
        return sentence

    def has(self, code: str) -> bool:
        """Whether a code has words."""
        return self._texts.has(code)

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number with at most so many digits behind the point; None is not known."""
        if value is None:
            return self.say("word.unknown")
        shape = "#,##0." + "#" * digits if digits else "#,##0"
        return str(format_decimal(round(value, digits), shape, self._locale))

    def short(self, value: float) -> str:
        """Write a large number in few characters: 48K, 1.2M."""
        return str(format_compact_decimal(value, locale=self._locale, fraction_digits=1))

    def share(self, value: float | None, digits: int = 0) -> str:
        """Write a share of 1 in hundreds; None is not known."""
        if value is None:
            return self.say("word.unknown")
        shape = "#,##0." + "#" * digits + "%" if digits else "#,##0%"
        return str(format_percent(value, shape, self._locale))

    def worth(self, points: float) -> str:
        """Write what points are worth in the program's currency."""
        assert self._program is not None
        return self.money(points * self._program.point_value)

    def money(self, amount: float) -> str:
        """Write an amount of the program's currency; small ones keep their minor unit."""
        assert self._program is not None
        whole = abs(amount) >= 100 or amount == 0
        return str(format_currency(round(amount) if whole else amount, self._program.currency,
                                   "#,##0 ¤¤" if whole else "#,##0.00 ¤¤", self._locale,
                                   currency_digits=False))

    def day(self, moment: int | str | dt.date) -> str:
        """Write a day; of a time, in the program's time zone."""
        date = moment if isinstance(moment, dt.date) else self._at(moment).date()
        return str(format_date(date, "medium", self._dated))

    def moment(self, moment: int | str) -> str:
        """Write a time in the program's time zone.

        Parameters
        ----------
        moment : int or str
            Milliseconds since 1970 UTC, or RFC 3339, as answers and files say it.
        """
        clock = format_time(self._at(moment), "short", tzinfo=self._zone, locale=self._dated)
        return str(self._dated.datetime_formats["medium"]).format(clock, self.day(moment))

    def iso(self, ms: int) -> str:
        """Write a time for machines and pictures, in the program's time zone."""
        return self._at(ms).isoformat(timespec="seconds")

    def yes(self, is_so: bool) -> str:
        """Write yes or no."""
        return self.say("word.yes" if is_so else "word.no")

    def span(self, ms: float) -> str:
        """Write how long something takes: 3 hours, 2 days."""
        return str(format_timedelta(dt.timedelta(milliseconds=ms), threshold=1.2,
                                    locale=self._locale))

    def since(self, ms: int, now_ms: int) -> str:
        """Write how far a time lies from now: 3 hours ago, in 2 days."""
        return str(format_timedelta(dt.timedelta(milliseconds=ms - now_ms), add_direction=True,
                                    threshold=1.2, locale=self._locale))

    def _at(self, moment: int | str) -> dt.datetime:
        if isinstance(moment, str):
            return dt.datetime.fromisoformat(moment).astimezone(self._zone)
        return dt.datetime.fromtimestamp(moment / 1000, self._zone)


def foreign(text: object, most: int = CUT) -> Markup:
    """Show a text that is not ours: apart from the text around it, and cut where it is long.

    >>> foreign("<b>x</b>")
    Markup('<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>')
    >>> foreign("a long name", 6)
    Markup('<bdi title="a long name">a lon…</bdi>')
    """
    whole = str(text)
    if len(whole) <= most:
        return Markup("<bdi>{}</bdi>").format(whole)
    return Markup('<bdi title="{}">{}…</bdi>').format(whole, whole[:most - 1])


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)
