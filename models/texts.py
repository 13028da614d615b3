"""Words for codes: one gettext catalogue per language, the message id is the code.

A code such as ``partner.pending`` is stable and travels in answers; its words live in
``catalogues/<language>.po`` and may be changed, or joined by another language, without code.
Numbers, shares, lengths of time, distances and days are written the way the language writes them.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final, Literal

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from features.errors import BadConfig, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CATALOGUES: Final = Path(__file__).parent / "catalogues"
"""The catalogues that come with Jaga."""
LAST_RESORT: Final = "en"
REMEMBERED: Final = 4_096
"""Sentences kept with what was put into them: most partners are told one of few."""
Value = str | int | float | dt.date | None
Words = dict[str, dict[str, str]]

_TIMES: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


def fields(words: str) -> set[str]:
    """Names of the ``{named}`` parameters of a sentence.

    >>> sorted(fields("{value} instead of {usual}"))
    ['usual', 'value']
    """
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


class Texts:
    """Words of every code in every language.

    Parameters
    ----------
    words : dict of language to dict of code to sentence

    Raises
    ------
    BadConfig
        Where languages differ in their codes or in the parameters of a code.

    Examples
    --------
    >>> texts = Texts.read()
    >>> texts.text("word.unknown", "en")
    'not known'
    >>> texts.language("pt-BR", "id")
    'id'
    """

    def __init__(self, words: Words) -> None:
        _check(words)
        self._words = words
        self._told: dict[tuple[object, ...], str] = {}
        self._locales = {language: _locale(language) for language in words}

    @classmethod
    def read(cls, folder: Path = CATALOGUES) -> Texts:
        """Catalogues of a folder, one ``<language>.po`` each; BadConfig where one is broken."""
        return cls({path.stem: _read(path) for path in sorted(folder.glob("*.po"))})

    @classmethod
    def read_all(cls, folders: Iterable[Path]) -> Texts:
        """Catalogues of several folders as one; BadConfig where two folders give one code words.

        >>> Texts.read_all([CATALOGUES]).languages
        ('en', 'es', 'id')
        """
        words: Words = {}
        for folder in folders:
            for language, own in cls.read(folder)._words.items():
                known = words.setdefault(language, {})
                if twice := sorted(known.keys() & own.keys()):
                    raise BadConfig("a code in one folder alone",
                                    f"{twice[0]} in {folder.name} too", "rename one of the two")
                known |= own
        return cls(words)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that have a catalogue, in alphabetical order."""
        return tuple(sorted(self._words))

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes that have words, in alphabetical order."""
        return tuple(sorted(self._words[LAST_RESORT]))

    def language(self, *wanted: str | None) -> str:
        """First wanted language that has a catalogue, regions aside, else English."""
        for name in wanted:
            if name in self._words:
                return name
            base = (name or "").replace("_", "-").split("-")[0].lower()
            if base in self._words:
                return base
        return LAST_RESORT

    def words(self, code: str) -> str:
        """Words of a code in English, its ``{named}`` parts not filled in; KeyError for others."""
        return self._words[LAST_RESORT][code]

    def has(self, code: str) -> bool:
        """Whether the code has words."""
        return code in self._words[LAST_RESORT]

    def text(self, code: str, language: str, /, **params: Value) -> str:
        """Sentence of a code in a language, its parameters written in that language's way.

        Strings are put in as they are, numbers and days are formatted, None and NaN become the
        language's word for unknown. Raises NotFound for a code without words.

        >>> Texts.read().text("partner.pending", "id", points=1200, date=dt.date(2026, 3, 1))
        '1.200 poin Anda sedang diperiksa. Anda akan mendapat kabar paling lambat 1 Mar 2026.'
        """
        key = (code, language, *params.items())
        told = self._told.get(key)
        if told is None:
            if len(self._told) >= REMEMBERED:
                self._told.clear()
            told = self._told[key] = self._put(code, language, params)
        return told

    def _put(self, code: str, language: str, params: Mapping[str, Value]) -> str:
        words = self._words[self.language(language)].get(code)
        if words is None:
            raise NotFound("a code of the catalogues", repr(code), "add it to every language")
        return words.format(**{name: self.write(value, language) for name, value in params.items()})

    def write(self, value: Value, language: str, unit: str = "number") -> str:
        """One value in a language.

        ``unit`` is number, share, times, ms, metre, kmh, weekday (0 is Monday) or flag.

        >>> texts = Texts.read()
        >>> [texts.write(v, "id", u) for v, u in [(3.14159, "number"), (5400, "metre")]]
        ['3,14', '5,4 km']
        >>> [texts.write(v, "en", u) for v, u in [(0.953, "share"), (90_000, "ms"), (None, "ms")]]
        ['95.3%', '1.5 minutes', 'not known']
        >>> [texts.write(v, "es", u) for v, u in [(1, "flag"), (0, "weekday"), (2.5, "times")]]
        ['sí', 'lunes', '2,5 veces']
        """
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return self._words[self.language(language)]["word.unknown"]
        if isinstance(value, str):
            return value
        language = self.language(language)
        locale = self._locales[language]
        if isinstance(value, dt.date):
            return format_date(value, format="medium", locale=locale)
        if unit == "flag":
            return self._words[language]["word.yes" if value else "word.no"]
        if unit == "times":
            number = format_decimal(_tidy(float(value)), locale=locale)
            return self._words[language]["word.times"].format(number=number)
        return _write(float(value) + 0.0, unit, locale)  # minus zero is zero

    def save(self, folder: Path) -> None:
        """Write the catalogues to a folder; the same words give the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for language, words in self._words.items():
            lines = [_entry("", _header(language))]
            lines += [_entry(code, words[code]) for code in sorted(words)]
            (folder / f"{language}.po").write_text("\n".join(lines), encoding="utf-8")


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, UnknownLocaleError) as error:
        raise BadConfig("a gettext catalogue", f"{path.name}: {error}", "mend the file") from error
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def _check(words: Words) -> None:
    if LAST_RESORT not in words:
        came = ", ".join(words) or "no catalogue"
        raise BadConfig(f"a catalogue {LAST_RESORT}.po", came, "add it")
    model = words[LAST_RESORT]
    for language, own in words.items():
        if missing := sorted(set(model) ^ set(own)):
            raise BadConfig("the same codes in every language",
                            f"{language}.po differs in {', '.join(missing[:5])}", "add the words")
        for code, sentence in own.items():
            _check_fields(language, code, sentence, model[code])


def _check_fields(language: str, code: str, sentence: str, model: str) -> None:
    came, wanted = fields(sentence), fields(model)
    if came != wanted or not all(name.isidentifier() for name in came):
        raise BadConfig(f"the parameters {sorted(wanted)} in {code}",
                        f"{sorted(came)} in {language}.po", "use the same plain names")


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError) as error:
        raise BadConfig("a language as file name", f"{language}.po", "rename it") from error


@lru_cache(maxsize=8192)
def _write(value: float, unit: str, locale: Locale) -> str:
    if unit == "share":
        return format_percent(value, format="#,##0.#%", locale=locale)
    if unit == "ms":
        name, size = next((t for t in _TIMES if abs(value) >= t[1]), _TIMES[-1])
        return _unit(value / size, f"duration-{name}", locale, length="long")
    if unit == "metre":
        return (_unit(value / 1000, "length-kilometer", locale) if abs(value) >= 1000
                else _unit(round(value), "length-meter", locale))
    if unit == "weekday":
        return str(locale.days["format"]["wide"][int(value) % 7])
    if unit == "kmh":
        return _unit(value, "speed-kilometer-per-hour", locale)
    return format_decimal(_tidy(value), locale=locale)


def _unit(value: float, name: str, locale: Locale,
          length: Literal["short", "long"] = "short") -> str:
    return format_unit(_tidy(value), name, length=length, locale=locale)


def _tidy(value: float) -> float:
    """Round to three digits; whole numbers stay whole.

    >>> [_tidy(v) for v in (1234.0, 1234.5, 0.012345, 0.0)]
    [1234.0, 1234.0, 0.0123, 0.0]
    """
    if value == round(value):
        return value
    digits = 2 - math.floor(math.log10(abs(value)))
    return round(value, max(digits, 0))


def _header(language: str) -> str:
    return f"Language: {language}\\nContent-Type: text/plain; charset=utf-8\\n"


def _entry(code: str, words: str) -> str:
    escaped = words if not code else words.replace("\\", "\\\\").replace('"', '\\"')
    return f'msgid "{code}"\nmsgstr "{escaped}"\n'
