"""Any form at all is read: valid answers of shown questions, and a message for what is not."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.responses.world import FILES
from voc.base.words import Role
from voc.campaigns.definition import Kind
from voc.campaigns.questionnaire import load
from voc.responses import rules
from voc.responses.model import Filled, Given, Referral, Rendering, Suspicion, Wrong
from voc.responses.scanners import suspicion

ASKED = load(FILES)
KEYS = [question.key for question in ASKED.questions]
OPTIONS = sorted({option for question in ASKED.questions for option in question.options})
NASTY = ["", " ", "\x00", "\ud800", "11", "-1", "8.0", "٣", "<script>alert(1)</script>", "=1+1", "x" * 3000, "na\n"]
VALUE = st.one_of(st.sampled_from(OPTIONS), st.sampled_from(NASTY), st.text(max_size=20))
FORM = st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), st.lists(VALUE, max_size=4), max_size=12)


def wrong(filled: Filled) -> dict[str, str]:
    return {one.field: one.words for one in rules.check(ASKED, filled, ()).wrong}


@settings(max_examples=300)
@given(FORM)
def test_any_form_gives_rows_that_fit_the_questionnaire(filled: dict[str, list[str]]) -> None:
    checked = rules.check(ASKED, filled, ())
    assert checked.keyed == ("recommend" in checked.given)
    assert not checked.complete or checked.keyed
    assert checked.score is None or 0 <= checked.score <= 10
    for key, answer in checked.given.items():
        question = ASKED.question(key)
        assert question is not None
        assert question.kind is not Kind.CONTACT
        assert set(answer.choices) <= set(question.options)
        assert len(answer.choices) <= question.most
        assert answer.number is None or str(answer.number) in question.options
        assert answer.text is None or (0 < len(answer.text) <= question.longest and "\x00" not in answer.text)


@given(FORM)
def test_what_was_kept_reads_the_same_again(filled: dict[str, list[str]]) -> None:
    kept = rules.check(ASKED, filled, ()).given
    assert rules.check(ASKED, rules.as_filled(kept), ()).given == kept


@given(FORM, st.text(max_size=30))
def test_any_colleague_is_named_refused_or_nobody(filled: dict[str, list[str]], typed: str) -> None:
    form = {**filled, "colleague_address": [typed], "colleague_name": [typed]}
    found = rules.check_referral("colleague", form, domains=["x.example"], own_address="a@x.example", named=0)
    if isinstance(found, Referral) and found.address:
        assert found.address.endswith("@x.example")


def test_a_score_is_enough() -> None:
    checked = rules.check(ASKED, {"recommend": ["0"]}, ())
    assert (checked.complete, checked.score, checked.given) == (True, 0, {"recommend": Given(number=0)})


@pytest.mark.parametrize(
    ("filled", "message"),
    [
        ({}, {"recommend": "wrong_score"}),
        ({"recommend": ["11"]}, {"recommend": "wrong_score"}),
        ({"recommend": ["3", "9"]}, {"recommend": "wrong_score"}),
        ({"recommend": ["9"], "why": ["x" * 2001]}, {"why": "wrong_long"}),
        ({"recommend": ["9"], "topics": ["product", "support", "value", "ease"]}, {"topics": "wrong_many"}),
        ({"recommend": ["9"], "topics": ["pricing"]}, {"topics": "wrong_option"}),
        ({"recommend": ["9"], "results": ["6"]}, {"results": "wrong_score"}),
        ({"recommend": ["9"], "right_person": ["no"]}, {"right_person": "wrong_option"}),
    ],
)
def test_each_mistake_has_its_message_beside_its_field(filled: Filled, message: dict[str, str]) -> None:
    assert wrong(filled) == message


def test_an_answer_to_a_question_that_is_not_shown_is_left_out() -> None:
    filled = {"recommend": ["10"], "call": ["yes"], "how_soon": ["today"], "support_trend": ["worse"], "story": ["yes"]}
    assert sorted(rules.check(ASKED, filled, ()).given) == ["recommend", "story"]


def test_a_follow_up_question_is_shown_only_while_the_one_before_it_is() -> None:
    filled = {"recommend": ["4"], "how_soon": ["today"]}
    assert "how_soon" not in rules.check(ASKED, filled, ()).given
    assert "how_soon" in rules.check(ASKED, {**filled, "call": ["yes"]}, ()).given


def test_does_not_apply_is_an_answer_without_a_number() -> None:
    assert rules.check(ASKED, {"recommend": ["7"], "results": ["na"]}, ()).given["results"] == Given(choices=("na",))


def test_a_question_for_one_role_is_asked_of_nobody_else() -> None:
    path = "relationship/questionnaire.toml"
    files = {**FILES, path: FILES[path].replace('key = "results"\n', 'key = "results"\nroles = ["decision_maker"]\n')}
    filled = {"recommend": ["7"], "results": ["5"]}
    assert "results" not in rules.check(load(files), filled, (Role.CHAMPION,)).given
    assert "results" in rules.check(load(files), filled, (Role.DECISION_MAKER, Role.CHAMPION)).given


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ({"recommend": Given(number=6)}, "detractor"),
        ({"recommend": Given(number=7)}, None),
        ({"recommend": Given(number=8), "call": Given(choices=("yes",))}, "passive_request"),
        ({"recommend": Given(number=9), "story": Given(choices=("yes",))}, "promoter_offer"),
        ({"recommend": Given(number=10)}, None),
        ({}, None),
    ],
)
def test_an_answer_opens_at_most_one_kind_of_follow_up(given: dict[str, Given], opened: str | None) -> None:
    kinds = ("detractor", "passive_request", "promoter_offer")
    assert [kind for kind in kinds if rules.opens(getattr(ASKED.follow_ups, kind), given)] == (
        [opened] if opened else []
    )


def refer(name: str = "", address: str = "", **values: object) -> Referral | Wrong | None:
    filled = {"colleague_name": [name], "colleague_address": [address]}
    context = {"domains": ["calder.example"], "own_address": "ana@calder.example", "named": 0, **values}
    return rules.check_referral("colleague", filled, **context)  # type: ignore[arg-type]  # a test's shorthand


def test_a_colleague_is_named_by_name_or_by_an_address_of_their_own_company() -> None:
    assert refer("Jon  Vik", "JON@Calder.example") == Referral("Jon Vik", "jon@calder.example")
    assert refer("Jon Vik") == Referral("Jon Vik", None)
    assert refer() is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("jon@elsewhere.example", "wrong_domain"),
        ("jon@calder.example.evil.example", "wrong_domain"),
        ("jon@evilcalder.example", "wrong_domain"),
        ("ANA@calder.example", "wrong_own"),
        ("jon", "wrong_address"),
        ("jon@calder.example\nBcc: x@y.example", "wrong_address"),
        ("<jon@calder.example>", "wrong_address"),
        ("jon@calder.example, eve@calder.example", "wrong_address"),
        ("jon@" + "a" * 300 + ".example", "wrong_address"),
    ],
)
def test_no_other_address_gets_in(address: str, words: str) -> None:
    found = refer("Jon", address)
    assert isinstance(found, Wrong)
    assert (found.field, found.words) == ("colleague_address", words)


def test_three_colleagues_are_plenty() -> None:
    found = refer("Jon", named=3)
    assert isinstance(found, Wrong)
    assert found.words == "wrong_three"


def test_an_account_has_no_domain_that_anybody_may_use() -> None:
    addresses = ["a@calder.example", "b@gmail.com", "c@Calder.example", "d@moss.example"]
    assert rules.own_domains(addresses) == ("calder.example", "moss.example")


# --- scanners -----------------------------------------------------------------------------------


def page(at: float = 0, trapped: float | None = None) -> Rendering:
    trapped_at = None if trapped is None else NOW + timedelta(seconds=trapped)
    return Rendering(1, 1, 1, NOW + timedelta(seconds=at), "s", trapped_at)


def judged(
    rendering: Rendering, after: float, *, trap: bool = False, scores: tuple[tuple[float, int], ...] = ()
) -> Suspicion | None:
    seen = [(NOW + timedelta(seconds=at), score) for at, score in scores]
    now = NOW + timedelta(seconds=after)
    return suspicion(rendering, now=now, trap_filled=trap, scores=seen)


def test_nobody_reads_and_answers_within_a_second_and_a_half() -> None:
    assert judged(page(), 1.49) is Suspicion.TOO_FAST
    assert judged(page(), 1.5) is None


def test_what_nobody_sees_nobody_fills_in_or_follows() -> None:
    assert judged(page(), 60, trap=True) is Suspicion.TRAP_FILLED
    assert judged(page(trapped=3), 60) is Suspicion.TRAP_FOLLOWED


def test_three_score_links_within_ten_seconds_are_a_machine() -> None:
    assert judged(page(at=2), 60, scores=((0, 0), (1, 1), (2, 2))) is Suspicion.MANY_SCORES
    assert judged(page(at=10), 60, scores=((0, 0), (5, 1), (10, 2))) is Suspicion.MANY_SCORES


def test_a_person_who_changes_their_mind_is_believed() -> None:
    assert judged(page(at=4), 60, scores=((0, 7), (4, 8))) is None
    assert judged(page(at=20), 60, scores=((0, 7), (9, 8), (20, 9))) is None
    assert judged(page(at=4), 60, scores=((0, 7), (2, 7), (4, 7))) is None
