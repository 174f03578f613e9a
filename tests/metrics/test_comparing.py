"""CSMs against the standard and against chance, and waves under way, in the words of the screen."""

from datetime import timedelta

import pytest

from tests.builders import NOW, TODAY
from tests.metrics.facts import DAY, account, asked
from voc.base.words import FigureState, Scope
from voc.metrics import cohorts, compare, figures, flight, units, wording
from voc.metrics.catalogue import BY_NAME, CATALOGUE, Direction, Kind
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.flight import Flight
from voc.metrics.model import Facts, Figure, Person, Shown, Window


def test_danas_book_is_within_chance_and_on_either_side_of_the_standard() -> None:
    """24 of 62 in 14 accounts; sizes such that deff is 1.590 at icc .2: n_eff 39."""
    found = Comparison(
        csm_id="csm-1",
        answered=24,
        invitations=62,
        accounts=14,
        deff=1.59032258065,
        effective=62 / 1.59032258065,
        state="ok",
        standard="not_shown",
        team="within",
        p=0.416,
        q=None,
        team_rate=0.47,
        shrunk=0.43,
        beyond=False,
        spread_known=True,
    )
    assert round(found.effective) == 39
    assert wording.against_standard(found) == "Could be on either side of the standard."
    assert wording.against_team(found, VIEW) == (
        "Within what chance alone would give for 62 invitations in 14 accounts."
    )


VIEW = Comparisons(
    by_csm={}, standard=0.5, team_rate=0.47, tau2=0.004, icc=0.2, compared=40, expected_outside=40 * 0.0455002639
)


def company(books: dict[str, list[tuple[int, int]]]) -> Facts:
    """Each CSM's accounts as (answered, asked), all due."""
    accounts = []
    for csm_id, sizes in books.items():
        for number, (answered, size) in enumerate(sizes):
            id = f"{csm_id}-{number}"
            mails = [
                asked(
                    f"{id}-{i}", days_ago=60, answered_after=2 if i < answered else None, csm_id=csm_id, account_id=id
                )
                for i in range(size)
            ]
            accounts.append(account(*mails, account_id=id, csm_id=csm_id, name=id))
    return Facts(NOW, tuple(accounts), {id: Person(id, id, "lead") for id in books})


def compared(found: figures.Counted, *, csm_ids: list[str], standard: float) -> Comparisons:
    books = {}
    for id in csm_ids:
        tally = found.tallies[Scope.CSM, id]["response_rate"]
        books[id] = compare.RateBook(tally.part, tally.whole, tally.accounts, found.deff((Scope.CSM, id)))
    return compare.compare(books, standard=standard, icc=found.icc)


def counted(facts: Facts) -> figures.Counted:
    found = figures.Counted(cohorts.window(NOW, 180), icc_default=0.2)
    figures.count(found, facts, units.Terms(moment=NOW, days=180, response_standard=0.5, fresh_cut=0.7))
    return found


def test_a_book_is_compared_with_the_pooled_team_on_effective_counts() -> None:
    """Low: 2 of 40 in 10 accounts of 4, icc .2 (default): deff 1.6, n_eff 25; team 22 of 80."""
    facts = company({"low": [(1, 4)] * 2 + [(0, 4)] * 8, "usual": [(2, 4)] * 10})
    found = counted(facts)
    view = compared(found, csm_ids=["low", "usual"], standard=0.5)
    low = view.by_csm["low"]
    assert found.icc == 0.2  # 20 accounts less 2 CSMs: fewer than 20 to spare
    assert (low.answered, low.invitations, low.accounts) == (2, 40, 10)
    assert low.deff == pytest.approx(1.6)
    assert low.effective == pytest.approx(25)
    assert view.team_rate == pytest.approx(22 / 80)
    assert wording.against_standard(low) == "Below the standard, more than chance."
    assert low.team == "edge"
    assert low.q is not None
    assert low.p is not None
    assert low.q == pytest.approx(2 * low.p)  # the smaller of two
    assert low.beyond  # the false discovery rate says so
    assert view.by_csm["usual"].standard == "not_shown"
    assert wording.footer(view) == "Expected by chance on this page: about 0.1 of 2 outside the inner lines."
    assert list(view.limits(25, 2)) == pytest.approx([0.3, 0.7])


def test_too_few_says_so_and_is_not_compared() -> None:
    facts = company({"small": [(2, 4), (2, 3)], "usual": [(2, 4)] * 10})
    view = compared(counted(facts), csm_ids=["small", "usual", "nobody"], standard=0.5)
    assert wording.against_standard(view.by_csm["small"]) == "Too few to say: 7 invitations, 2 accounts."
    assert wording.against_team(view.by_csm["small"], view) is None
    assert wording.against_standard(view.by_csm["nobody"]) == "Too few to say: 0 invitations, 0 accounts."
    assert view.compared == 1


def test_the_edge_says_how_often_chance_does_that() -> None:
    facts = company({"low": [(1, 4)] * 2 + [(0, 4)] * 8, "usual": [(2, 4)] * 10})
    low = compared(counted(facts), csm_ids=["low", "usual"], standard=0.5).by_csm["low"]
    edge = Comparison(**{**vars(low), "beyond": False, "q": 0.2})
    assert wording.against_team(edge, VIEW) == (
        "Worth a look. About 1 average book in 22 lands this far out by chance; with 40 CSMs expect about 2."
    )
    assert wording.against_team(low, VIEW) == (
        "More than chance would give. This does not say why: customers, segment, product and history count too."
    )


def test_the_edge_too_is_unusual_given_how_much_csms_differ_here_once_that_is_allowed_for() -> None:
    facts = company({"low": [(1, 4)] * 2 + [(0, 4)] * 8, "usual": [(2, 4)] * 10})
    low = compared(counted(facts), csm_ids=["low", "usual"], standard=0.5).by_csm["low"]
    for beyond in (False, True):
        told = wording.against_team(Comparison(**{**vars(low), "beyond": beyond, "spread_known": True}), VIEW)
        assert told is not None
        assert told.endswith("Unusual even given how much CSMs differ here.")


def test_how_many_chance_alone_puts_outside_is_a_number_a_person_can_read_at_any_size() -> None:
    """A 22nd of the CSMs: 9.1 of 200 (0.5 of the definitions), 18.2 of 400; one decimal tells 0.1 from nothing."""
    assert [wording.about(csms * 0.0455002639) for csms in (2, 22, 40, 200, 400)] == ["0.1", "1", "2", "9", "18"]


def test_books_that_differ_more_than_chance_widen_the_limits_of_the_team_only() -> None:
    facts = company({f"csm-{n:02}": [(4 if n % 2 else 0, 4)] * 10 for n in range(10)})
    view = compared(counted(facts), csm_ids=[f"csm-{n:02}" for n in range(10)], standard=0.5)
    assert view.tau2 > 0.01
    assert view.limits(25, 2, team=True)[0] < view.limits(25, 2)[0]


def test_the_correlation_is_measured_once_twenty_accounts_are_to_spare() -> None:
    alike = company({"a": [(4, 4), (0, 4)] * 6, "b": [(4, 4), (0, 4)] * 6})
    assert counted(alike).icc == pytest.approx(1.0)


def test_the_small_number_table_decides_what_is_shown() -> None:
    def shown(books: dict[str, list[tuple[int, int]]]) -> Figure:
        return figures.figure(counted(company(books)), (Scope.CSM, "a"), "response_rate")

    three = shown({"a": [(2, 3)]})
    assert (three.shown, three.state, wording.value(three)) == (Shown.COUNTS, FigureState.TOO_FEW, "2 of 3")
    assert three.reason is not None
    assert three.reason.startswith("Too few for a percentage: 3 invitations")
    assert shown({"a": [(3, 9)]}).shown == Shown.PERCENT
    assert shown({"a": [(3, 9), (1, 9)]}).shown == Shown.PERCENT  # two accounts are no comparison
    # 5 of 10 in accounts of 4, 3 and 3: deff 1 + (34/10 - 1) x .2 = 1.48, so 10 are worth 6.76.
    ten = shown({"a": [(2, 4), (1, 3), (2, 3)]})
    assert ten.shown == Shown.INTERVAL
    assert ten.interval is not None
    assert wording.interval(ten) == "20 to 80, widened because colleagues answer alike"
    assert shown({"a": [(2, 4)] * 8}).shown == Shown.TREND


def test_the_pace_example_of_the_definitions() -> None:
    """20 invitations aged 3 days (F .25), 10 aged 7 (.40), 5 aged 14 (.50), 8 answered: 11 or 12 is usual."""
    mails = [
        asked(f"{days}-{i}", days_ago=days, answered_after=1 if i < answered else None)
        for days, number, answered in ((3, 20, 3), (7, 10, 3), (14, 5, 2))
        for i in range(number)
    ]
    facts = Facts(NOW, (account(*mails),), {})
    usual = {float(day): 0.25 if day < 7 else 0.4 if day < 14 else 0.5 for day in range(3, 22)}
    found = flight.by_scope(facts, horizon=21, usual=usual)[cohorts.TOTAL]
    assert (found.invitations, found.answered) == (35, 8)
    assert found.expected == pytest.approx(11.5)
    assert found.z == pytest.approx(-1.28662558866)
    assert wording.pace(found) == "8 so far; 11 or 12 is usual by now; within chance."
    assert found.heading_for is None  # none of them has reached its due date


def test_the_curve_is_the_teams_answers_by_age() -> None:
    answered, silent = asked("a", days_ago=60, answered_after=2.5), asked("b", days_ago=60)
    bounced = asked("c", days_ago=60, bounced=True)
    late = asked("d", days_ago=60, answered_after=30)
    found = flight.curve(Facts(NOW, (account(answered, silent, bounced, late),), {}), horizon=21)
    assert [found[day] for day in (2.0, 3.0, 21.0)] == pytest.approx([0, 1 / 3, 1 / 3])


def test_a_running_wave_tells_where_it_is_heading_once_ten_have_come_due() -> None:
    """10 due: 4 answered. 10 aged 10 days: 2 answered on day 1. Bounced ones are out."""
    due = [asked(f"due-{i}", days_ago=22, answered_after=5 if i < 4 else None) for i in range(10)]
    running = [asked(f"run-{i}", days_ago=10, answered_after=1 if i < 2 else None) for i in range(10)]
    gone = [asked("gone", days_ago=22, bounced=True)]
    found = flight.by_scope(Facts(NOW, (account(*due, *running, *gone),), {}), horizon=21)[cohorts.TOTAL]
    assert (found.at_horizon, found.invitations, found.answered) == (10, 10, 2)
    assert found.heading_for == pytest.approx(1 - 18 / 20 * 14 / 18)  # S falls at day 1 (2 of 20) and day 5 (4 of 18)
    assert wording.heading_for(found) == "Heading for 30%."


def test_words_for_a_pace_outside_chance_and_without_a_curve() -> None:
    fewer = Flight(35, 2, 11.5, -3.9, None, 0)
    assert wording.pace(fewer) == "2 so far; 11 or 12 is usual by now; fewer than chance would give."
    assert wording.pace(Flight(1, 0, None, None, None, 0)) == "0 of 1 invitation answered so far."
    assert wording.pace(Flight(9, 4, 4.1, 0.1, None, 0)) == "4 so far; 4 is usual by now; within chance."


def test_every_figure_is_defined_for_a_reader() -> None:
    for one in CATALOGUE:
        assert one.label
        assert one.text.endswith(".")
        assert not {"significant", "because"} & set(one.text.lower().split())
    assert len(BY_NAME) == len(CATALOGUE)
    assert BY_NAME["silent_accounts"].direction == Direction.DOWN
    # What people say of us may never pay money.
    assert {one.name for one in CATALOGUE if one.kind == Kind.SENTIMENT} == {
        "nps_accounts",
        "nps_people",
        "nps_money",
        "identified_promoters",
        "onboarding_rating",
        "training_score",
        "meetings_valued",
        "call_quality",
        "hand_over_quality",
        "customer_stated_value",
        "recovery_of_answered",
        "recovery_of_all",
    }


def test_the_chain_of_the_definitions_in_words() -> None:
    parts = {"answered": 26, "silent": 14, "bounced": 4, "no_contact": 6}
    figure = Figure(
        name="participation",
        scope=Scope.CSM,
        scope_id="csm-1",
        value=0.52,
        numerator=26,
        denominator=50,
        interval=None,
        state=FigureState.OK,
        reason=None,
        shown=Shown.PERCENT,
        counted=50,
        accounts=12,
        window=Window(180, TODAY - timedelta(days=180), TODAY),
        as_of=TODAY,
        definition_version=1,
        parts=parts,
    )
    assert wording.chain(figure) == (
        "26 of the 50 places you should hear from answered. 6 have no contact, 4 mails bounced, 14 were silent."
    )


def test_nothing_sent_after_today_flies() -> None:
    assert flight.by_scope(Facts(NOW, (account(asked("a", days_ago=60)),), {}), horizon=21) == {}
    assert not cohorts.in_flight(asked("a", days_ago=60), moment=NOW + DAY)
