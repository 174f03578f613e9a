"""Comments find their themes by the words of the code book, in seven languages, whatever people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.metrics.forest.book import Theme
from voc.metrics.forest.languages import SHIPPED, read_as
from voc.metrics.forest.matching import Matcher
from voc.metrics.forest.phrases import why_not
from voc.metrics.run.forest.book import shipped

THEMES = [Theme(number, one.key, one.name, one.department, one.words) for number, one in enumerate(shipped(), start=1)]
NAMES = {one.id: one.key for one in THEMES}
MATCHER = Matcher(THEMES)


def about(text: str, language: str = "en") -> set[str]:
    return {NAMES[theme_id] for theme_id in MATCHER.themes_of(text, language=language)}


def of(words: dict[str, list[str]], **more: object) -> Matcher:
    return Matcher([Theme(1, "one", "One", "Product", words, **more)])  # type: ignore[arg-type]  # retired


@pytest.mark.parametrize(
    ("language", "text", "themes"),
    [
        ("en", "Nobody picks up at night, and the new people were never trained.", {"support_speed", "training"}),
        ("de", "Die Lizenzkosten steigen, und der Kundendienst antwortet nicht.", {"price", "support_answers"}),
        ("fr", "Trop cher, et l’intégration avec notre ERP n’a jamais fonctionné.", {"price", "integration"}),
        ("es", "Los informes tardan mucho en cargar y nadie responde.", {"reporting", "performance", "support_speed"}),
        ("it", "La formazione è ottima, ma nessuno risponde.", {"training", "support_speed"}),
        ("nl", "De koppelingen en de rapportages zijn te traag.", {"integration", "reporting", "performance"}),
        ("pt_BR", "Preços altos, e o suporte demora para responder.", {"price", "support_speed", "support_answers"}),
    ],
)
def test_a_comment_finds_its_themes_in_each_language_that_ships(language: str, text: str, themes: set[str]) -> None:
    assert about(text, language) == themes


def test_the_shipped_book_has_words_for_every_theme_in_seven_languages() -> None:
    assert {one.key: sorted(set(SHIPPED) - set(one.words)) for one in shipped() if set(SHIPPED) - set(one.words)} == {}


def test_a_word_finds_its_other_forms_and_a_phrase_only_words_that_follow_each_other() -> None:
    matcher = of({"en": ["report", "never trained"]})
    assert matcher.themes_of("Reporting is fine", language="en")
    assert matcher.themes_of("They were NEVER training us", language="en")
    assert not matcher.themes_of("never were they trained", language="en")
    assert not matcher.themes_of("It never ends. Trained people leave", language="en")  # another sentence


def test_a_plus_lets_three_words_stand_between_and_no_more() -> None:
    matcher = of({"en": ["slow + answer"]})
    assert matcher.themes_of("slow in giving any answer", language="en")
    assert not matcher.themes_of("slow in ever giving us any answer", language="en")


def test_a_star_finds_the_parts_of_compounds() -> None:
    matcher = of({"de": ["preis*", "*kosten"]})
    assert matcher.themes_of("Die Preiserhöhung!", language="de")
    assert matcher.themes_of("LIZENZKOSTEN", language="de")
    assert not matcher.themes_of("Kostenlos", language="de")


def test_accents_may_be_left_out() -> None:
    assert of({"fr": ["intégration"]}).themes_of("l'integration", language="fr")
    assert of({"de": ["schulung"]}).themes_of("Schulüngen", language="de")


def test_the_words_that_were_found_stand_beside_the_theme() -> None:
    assert of({"en": ["never  trained"]}).themes_of("never trained", language="en") == {1: "never trained"}


def test_a_comment_is_read_in_the_language_it_is_written_in_too() -> None:
    text = "Die Schulungen waren nicht gut und der Preis ist zu hoch für uns"
    assert read_as("en", text.lower().split()) == ("en", "de")
    assert {"training", "price"} <= about(text, "en")


def test_a_short_comment_without_a_word_of_the_page_is_read_in_the_languages_its_small_word_has() -> None:
    """“Buen producto, faltan informes para finanzas” was read in English alone, and not found to be about reports."""
    assert read_as("en", ["buen", "producto", "faltan", "informes", "para", "finanzas"]) == ("en", "es", "pt")
    assert read_as("en", ["great", "product"]) == ("en",)
    assert read_as("en", ["price", "went", "up", "and", "support", "went", "down"]) == ("en",)


def test_a_retired_theme_finds_nothing() -> None:
    assert not of({"en": ["report"]}, retired=True).themes_of("report", language="en")


@pytest.mark.parametrize(
    "text",
    [
        "SUPP\u200bORT",
        "\u202esupport\u202c",
        "sup\u00adport",
        "\uff33\uff35\uff30\uff30\uff2f\uff32\uff34",  # full width
        "<script>alert('support')</script>",
        "support" + "!" * 5_000,
    ],
)
def test_marks_that_nobody_sees_hide_no_word(text: str) -> None:
    assert "support_answers" in about(text)


def test_a_word_without_an_end_costs_no_more_than_others() -> None:
    assert about("a" * 100_000 + " support") == {"support_answers"}


@given(st.text(max_size=300), st.sampled_from([*SHIPPED, "ar", "xx", ""]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    assert set(MATCHER.themes_of(text, language=language)) <= set(NAMES)


@given(st.text(max_size=40))
def test_what_may_be_written_into_the_book_can_be_looked_for(written: str) -> None:
    if why_not(written) is None:
        of({"en": [written], "de": [written]}).themes_of(f"{written} and more", language="en")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "it holds no word"),
        ("+ answer", "a word must stand on both sides of +"),
        ("a*", "would find nearly everything"),
        ("x", "one letter is no word"),
        ("one two three four five six seven", "at most 6 words"),
        ("slow * answer", "a star stands directly before or after its word"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_refused_with_the_reason(written: str, why: str) -> None:
    assert why in (why_not(written) or "")
