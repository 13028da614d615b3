"""Catalogues are complete, agree with each other and hold the words of every code."""

from __future__ import annotations

import re
import shutil

import pytest

from features.catalog import CATALOG
from features.errors import BadConfig, NotFound
from models.families import DECLARATION_FEATURES, FAMILIES
from models.judgement import ACCEPTED
from models.phrases import phrase
from models.proof import CAPS, HARD, MISSING
from models.texts import CATALOGUES, Texts, fields

TEXTS = Texts.read()
SUBJECTS = ("member", "device", "payout", "phone", "address", "ip", "code", "batch", "outlet",
            "seller", "agent", "invoice", "referee", "upload")
CODES = [
    *(f"proof.{code}" for code in HARD), *(f"fact.{code}" for code in MISSING),
    *(f"cap.{code}" for code, _, _ in CAPS), *(f"reason.{family}" for family in FAMILIES),
    *(phrase(name).code for name in CATALOG.names if name not in DECLARATION_FEATURES),
    *(phrase(name).subject or "word.unknown" for name in CATALOG.names),
    *(f"subject.{name}" for name in SUBJECTS), *ACCEPTED.values(), "anomaly.share",
    "watch.batch",
    "partner.pending", "partner.declined", "partner.redemption_pending",
    "partner.redemption_declined", "partner.already_yours", "word.unknown", "word.in_favour",
    "word.plain", "word.against_usual", "word.yes", "word.no", "word.times",
]


@pytest.mark.parametrize("language", ["en", "id", "es"])
def test_every_code_has_words_in_every_language(language: str) -> None:
    """What the code can say, each of the three languages can say."""
    missing = [code for code in CODES if not TEXTS.has(code)]
    assert missing == [], "add the words to every catalogue"
    assert [code for code in TEXTS.codes if not TEXTS._words[language][code].strip()] == []


def test_parameters_are_equal_across_languages() -> None:
    """A translation that forgets or invents a parameter would fail when a member reads it."""
    english = TEXTS._words["en"]
    differing = [(language, code) for language in TEXTS.languages for code in TEXTS.codes
                 if fields(TEXTS._words[language][code]) != fields(english[code])]
    assert differing == []


def test_a_partner_never_reads_how_it_was_seen() -> None:
    """Messages for the partner hold no word of detection, and no number but points and a day."""
    telling = re.compile(r"fraud|score|device|anomal|suspicio|unusual|model|penipuan|curiga|fraude"
                         r"|sospech|perangkat|dispositivo", re.IGNORECASE)
    for language in TEXTS.languages:
        for code in TEXTS.codes:
            if code.startswith("partner."):
                words = TEXTS._words[language][code]
                assert not telling.search(words), (language, code)
                assert fields(words) <= {"points", "date"}, (language, code)


def test_another_language_needs_no_code(tmp_path) -> None:
    """A fourth catalogue in the folder is a fourth language."""
    shutil.copytree(CATALOGUES, tmp_path / "words")
    shutil.copy(tmp_path / "words/en.po", tmp_path / "words/pt.po")
    texts = Texts.read(tmp_path / "words")
    assert texts.languages == ("en", "es", "id", "pt")
    assert texts.language("pt-BR") == "pt"


def test_saved_catalogues_read_back_the_same(tmp_path) -> None:
    """A bundle's copy of the words is the words."""
    TEXTS.save(tmp_path)
    assert Texts.read(tmp_path)._words == TEXTS._words


@pytest.mark.parametrize(("language", "wanted", "told"), [
    ("en", ("pt", "id"), "id"), ("en", (None, "es-MX"), "es"), ("en", ("xx",), "en")])
def test_the_first_language_with_words_is_taken(language, wanted, told) -> None:
    """Unknown languages are passed over; English is the last resort."""
    assert TEXTS.language(*wanted) == told


def test_a_missing_code_is_refused(tmp_path) -> None:
    """A catalogue that lacks a code is refused by name."""
    shutil.copytree(CATALOGUES, tmp_path / "words")
    path = tmp_path / "words/es.po"
    path.write_text(path.read_text().replace('msgid "partner.pending"', 'msgid "partner.other"'))
    with pytest.raises(BadConfig, match=r"es.po differs in partner.other, partner.pending"):
        Texts.read(tmp_path / "words")


def test_another_parameter_is_refused(tmp_path) -> None:
    """A translation with another parameter is refused by name, before anyone reads it."""
    shutil.copytree(CATALOGUES, tmp_path / "words")
    path = tmp_path / "words/id.po"
    path.write_text(path.read_text().replace("{points} poin Anda", "{point} poin Anda"))
    with pytest.raises(BadConfig, match=r"in id\.po\. To do: use the same plain names"):
        Texts.read(tmp_path / "words")


def test_an_attribute_in_a_parameter_is_refused(tmp_path) -> None:
    """Words can't reach into objects: a parameter is a plain name."""
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "en.po").write_text('msgid "a"\nmsgstr "{value.__class__}"\n')
    with pytest.raises(BadConfig, match="use the same plain names"):
        Texts.read(folder)


def test_a_broken_catalogue_is_refused(tmp_path) -> None:
    """A file that is no catalogue is named."""
    (tmp_path / "en.po").write_text('no catalogue at all\n')
    with pytest.raises(BadConfig, match=r"en\.po"):
        Texts.read(tmp_path)


def test_an_unknown_code_is_refused() -> None:
    """A code without words raises instead of answering nothing."""
    with pytest.raises(NotFound, match=r"reason\.nothing"):
        TEXTS.text("reason.nothing", "en")
