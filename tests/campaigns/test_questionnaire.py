"""A questionnaire is text a colleague can edit: what ships is right, and each mistake says where and what to write."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.base.words import Step
from voc.campaigns.conditions import Every, NotACondition, holds, parse
from voc.campaigns.definition import Mail
from voc.campaigns.mistakes import Mistake, QuestionnaireMistakes, places
from voc.campaigns.questionnaire import content_hash, load, names, read_folder

FOLDER = Path(__file__).parents[2] / "questionnaires"
DEFINITION = "relationship/questionnaire.toml"


@pytest.fixture
def files() -> dict[str, str]:
    return read_folder(FOLDER, "relationship")


def mistakes(files: dict[str, str]) -> tuple[Mistake, ...]:
    with pytest.raises(QuestionnaireMistakes) as refused:
        load(files)
    return refused.value.mistakes


def only_mistake(files: dict[str, str]) -> Mistake:
    (mistake,) = mistakes(files)
    return mistake


def changed(files: dict[str, str], old: str, new: str, path: str = DEFINITION) -> dict[str, str]:
    assert old in files[path]
    return {**files, path: files[path].replace(old, new, 1)}


def line(files: dict[str, str], words: str, path: str = DEFINITION) -> int:
    return next(number for number, text in enumerate(files[path].splitlines(), 1) if words in text)


@pytest.mark.parametrize("name", names(FOLDER))
def test_every_questionnaire_that_ships_has_no_mistake(name: str) -> None:
    assert load(read_folder(FOLDER, name)).name == name


def test_the_mail_counts_the_questions_everybody_is_asked(files: dict[str, str]) -> None:
    questionnaire = load(files)
    assert [question.key for question in questionnaire.main_questions] == ["recommend", "why", "topics", "results"]
    assert questionnaire.language("en").number(4) == "four"


def test_a_language_falls_back_to_its_general_form_then_to_the_first(files: dict[str, str]) -> None:
    questionnaire = load(files)
    assert [questionnaire.language(code).code for code in ("en_GB", "pt-BR", None)] == ["en", "en", "en"]


def test_days_are_said_as_the_language_says_them(files: dict[str, str]) -> None:
    english = load(files).language("en")
    assert english.day(date(2026, 12, 22)) == "Tuesday 22 December"
    assert english.day(date(2026, 12, 22), weekday=False, year=True) == "22 December 2026"


def test_the_second_reminder_is_the_last_mail_unless_it_has_its_own(files: dict[str, str]) -> None:
    own = {**files, "relationship/en/reminder-2.md": files["relationship/en/reminder.md"]}
    last = load(files).language("en").mails[Mail.LAST]
    assert load(files).language("en").mail_of(Step.REMINDER_2) == last
    assert load(own).language("en").mail_of(Step.REMINDER_2) == load(files).language("en").mails[Mail.REMINDER]


@pytest.mark.parametrize(
    ("score", "words"),
    [("10", "would miss"), ("8", "holds you back"), ("6", "went wrong"), (None, "main reason")],
)
def test_the_reason_is_asked_in_words_that_fit_the_score(files: dict[str, str], score: str | None, words: str) -> None:
    why = load(files).question("why")
    assert why is not None
    assert words in why.wording({"recommend": frozenset({score} if score else ())})["en"]


def test_the_same_content_has_the_same_hash_whatever_the_line_ends(files: dict[str, str]) -> None:
    windows = {path: text.replace("\n", "\r\n") for path, text in reversed(files.items())}
    assert content_hash(files) == content_hash(windows)
    assert content_hash(files) != content_hash(changed(files, "seconds = 90", "seconds = 80"))


def test_broken_toml_names_the_line(files: dict[str, str]) -> None:
    broken = changed(files, 'kind = "text"', 'kind = "text')
    mistake = only_mistake(broken)
    assert (mistake.file, mistake.line) == (DEFINITION, line(broken, 'kind = "text'))


def test_an_unknown_key_names_the_one_that_was_meant(files: dict[str, str]) -> None:
    broken = changed(files, 'show_if = "topics has product"', 'showif = "topics has product"')
    mistake = only_mistake(broken)
    assert mistake.line == line(broken, "showif")
    assert mistake.mend == "Write show_if"


def test_all_mistakes_are_listed_at_once(files: dict[str, str]) -> None:
    broken = changed(files, 'kind = "text"', 'kind = "txt"')
    broken = changed(broken, 'key = "results"', 'key = "why"')
    broken = changed(broken, "{{ first_name }}", "{{ firstname }}", "relationship/en/last.md")
    del broken["relationship/en/invite.md"]
    found = {(mistake.file, mistake.mend) for mistake in mistakes(broken)}
    assert found == {
        (DEFINITION, "Write text"),
        (DEFINITION, "Give each question a key of its own, and never change it"),
        ("relationship/en/last.md", "Write first_name"),
        ("relationship/en/invite.md", "Write the subject, an empty line, and the text"),
    }


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('show_if = "recommend <= 8"', 'show_if = "recommend <= eight"', "not a number"),
        ('show_if = "recommend <= 8"', 'show_if = "recomend <= 8"', "no question 'recomend' before it"),
        ('show_if = "recommend <= 8"', 'show_if = "recommend >= 11"', "no answer to 'recommend' makes"),
        ('show_if = "recommend <= 8"', 'show_if = "why = yes"', "nothing to compare"),
        ('show_if = "recommend <= 8"', 'show_if = "story = yes"', "comes later"),
        ('show_if = "recommend <= 8"', 'show_if = "call = yes"', "waits for itself"),
        ('show_if = "recommend <= 8"', 'show_if = "how_soon = today"', "in a circle"),
        ('show_if = "recommend <= 8"', 'show_if = "recommend <= 3 and recommend >= 7"', "never reached"),
        ('detractor = "recommend <= 6"', 'detractor = "recommend < 0"', "no answer to 'recommend' makes"),
        ("highest = 10", "highest = 9", "not known"),
        ("required = true", 'required = "yes"', "neither true nor false"),
        ('text.en = "Are you getting', 'text.nl = "Are you getting', "the text in 'en' is missing"),
        ("{{ company }}", "{{ compani }}", "no variable 'compani'"),
        ("{{ company }}", "{{ company", "cannot be read"),
        ('key = "topics"', 'key = "Topics!"', "cannot be a key"),
        ("most = 3", "most = 30", "cannot be used"),
    ],
)
def test_a_mistake_stands_at_its_line_with_its_mend(files: dict[str, str], old: str, new: str, problem: str) -> None:
    broken = changed(files, old, new)
    found = mistakes(broken)
    here = [mistake for mistake in found if problem in mistake.problem]
    assert here, found
    assert line(broken, new) in [mistake.line for mistake in here]
    assert all(mistake.mend for mistake in here)


def test_a_question_hidden_by_a_hidden_one_is_not_reachable(files: dict[str, str]) -> None:
    broken = changed(files, 'show_if = "recommend <= 8 and call = yes"', 'show_if = "recommend >= 9 and call = yes"')
    assert "never reached" in only_mistake(broken).problem


def test_reminders_must_keep_the_subject_or_they_do_not_thread(files: dict[str, str]) -> None:
    broken = changed(files, "questions about", "points about", "relationship/en/reminder.md")
    assert only_mistake(broken).mend == "Copy the first line of invite.md"


def test_a_template_cannot_reach_behind_its_variables(files: dict[str, str]) -> None:
    broken = changed(files, "{{ company }}", "{{ cycler.__init__.__globals__ }}", "relationship/en/heads-up.md")
    assert "cycler" in only_mistake(broken).problem


def test_a_missing_questionnaire_names_those_there_are() -> None:
    with pytest.raises(QuestionnaireMistakes, match=r"There are: .*relationship"):
        read_folder(FOLDER, "../../etc")


def test_and_binds_tighter_than_or() -> None:
    assert isinstance(parse("(a = b or c = d) and not e < 3"), Every)
    picked = {"a": frozenset({"b"})}
    assert holds(parse("a = b or c = d and e < 3"), picked)
    assert not holds(parse("(a = b or c = d) and e < 3"), picked)


def test_an_unanswered_question_makes_every_comparison_false() -> None:
    assert not any(holds(parse(f"a {sign} 3"), {}) for sign in ("=", "!=", "<", "<=", ">", ">=", "has"))


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_a_mistake_never_a_crash(text: str) -> None:
    with suppress(NotACondition):
        holds(parse(text), {})


@given(st.dictionaries(st.sampled_from(["seconds", "roles", "question", "languages", "title"]), st.text(max_size=8)))
def test_any_definition_is_read_or_refused_never_a_crash(values: dict[str, str]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in values.items())
    with suppress(QuestionnaireMistakes):
        load({"x/questionnaire.toml": text})


def test_places_of_keys_survive_arrays_comments_and_long_strings() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\n[[q]]\nkey = 1\n[[q.w]]\nt.en = 2\n[[q]]\nkey = 3\n'
    found = places(text)
    assert found[("q", 0, "key")] == 6
    assert found[("q", 0, "w", 0, "t", "en")] == 8
    assert found[("q", 1, "key")] == 10
    assert ("b",) not in found
