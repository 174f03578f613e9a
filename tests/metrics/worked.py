"""Every figure of 3-metrics 8a, worked out by hand at least twice: facts in, numerator and denominator out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tests.builders import NOW
from tests.metrics.clients import BEN, DANA, ago, client, mark, renewal, sale, told, touch
from tests.metrics.facts import account, asked, holder, team
from voc.base.words import FollowUpKind, Role, Segment
from voc.metrics import figures
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import TOTAL
from voc.metrics.model import AccountFacts, Case, Facts, sample_of
from voc.metrics.money import growth
from voc.metrics.money.facts import Again, Client, ContactKind, DealKind, Held, Mark, Week
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.rows import Standards
from voc.metrics.money.rows import Terms as MoneyTerms
from voc.metrics.units import Terms

DAY = timedelta(days=1)
DM, CHAMPION = Role.DECISION_MAKER, Role.CHAMPION


@dataclass(frozen=True)
class Worked:
    """`why` is the arithmetic in words; `got` gives (numerator, denominator), or the value where it is reckoned."""

    figure: str
    why: str
    got: Callable[[], Any]
    want: Any


WORKED: list[Worked] = []


def worked(figure: str, why: str, got: Callable[[], Any], want: Any) -> None:
    WORKED.append(Worked(figure, why, got, want))


def over(
    name: str,
    *accounts: AccountFacts,
    days: int = 180,
    confirmed: Iterable[str] = (),
    entered: Iterable[str] = (),
) -> tuple[float, float]:
    """Of a figure over invitations, places and follow-ups, all accounts together."""
    numbered = tuple(replace(one, account_id=f"acc-{at}") for at, one in enumerate(accounts))
    known, new = frozenset(confirmed), frozenset(entered)
    terms = Terms(NOW, days, response_standard=0.5, fresh_cut=0.7, confirmed=known, entered=new)
    units = [unit for _, unit in figures.rows(Facts(NOW, numbered, {}), terms, key=TOTAL, name=name)]
    return sum(one.part for one in units), sum(one.whole for one in units)


def of(name: str, *clients: Client, days: int = 365, weeks: tuple[Week, ...] = (), **terms: Any) -> Any:
    """Of a figure of the CRM: the sums, or what is reckoned of the rows."""
    known = MoneyTerms(on=date(2026, 3, 3), days=days, **terms)
    numbered = tuple(replace(one, account_id=f"{one.account_id}{at}") for at, one in enumerate(clients))
    credited = growth.credit_units(clients if any(one.parent_id for one in clients) else numbered, opening_on=ago(days))
    made = BY_NAME[name].facts
    assert made is not None
    units = [one.unit for one in made(Ledger(tuple(credited), known, weeks))]
    reckon = BY_NAME[name].reckon
    return (
        reckon(sample_of(units)).value if reckon else (sum(one.part for one in units), sum(one.whole for one in units))
    )


def two_places(*holders: Any, **values: Any) -> AccountFacts:
    """An account that must have a decision maker (weight 3) and a champion (2)."""
    mails = values.pop("mails", ())
    return account(*mails, team=team({DM: 3, CHAMPION: 2}, *holders), **values)


def scored(contact_id: str, score: int, *, days_ago: float, **values: Any) -> Any:
    at = NOW - (days_ago - 1) * DAY
    return asked(contact_id, days_ago=days_ago, answered_after=1, score=score, score_at=at, **values)


def case(*, due_in: float, contacted_in: float | None = None, resolved_in: float | None = None, id: int = 1) -> Case:
    """A case opened ten days ago; days are from now, negative ones are past."""
    return Case(
        id=id,
        kind=FollowUpKind.DETRACTOR,
        account_id="acc-1",
        contact_id="a",
        owner_csm_id="csm-1",
        opened_at=NOW - 10 * DAY,
        contact_by=NOW + due_in * DAY,
        resolve_by=None,
        contacted_at=None if contacted_in is None else NOW + contacted_in * DAY,
        resolved_at=None if resolved_in is None else NOW + resolved_in * DAY,
    )


ANA, BO = holder("ana", DM), holder("bo", CHAMPION)

# --- identified promoters ---

worked(
    "identified_promoters",
    "Ana gave 9, Bo 6: one of two places",
    lambda: over(
        "identified_promoters", two_places(ANA, BO, mails=(scored("ana", 9, days_ago=50), scored("bo", 6, days_ago=50)))
    ),
    (1, 2),
)
worked(
    "identified_promoters",
    "Ana gave 10 two years ago, which is over; Bo 9 and then 8, and the latest counts; an empty account has two",
    lambda: over(
        "identified_promoters",
        two_places(
            ANA,
            BO,
            mails=(scored("ana", 10, days_ago=700), scored("bo", 9, days_ago=200), scored("bo", 8, days_ago=30)),
        ),
        two_places(),
    ),
    (0, 4),
)

# --- follow-ups in time ---

worked(
    "follow_up_attainment",
    "one called a day before its limit, one a day after; one is open past it, one within it",
    lambda: over(
        "follow_up_attainment",
        account(
            cases=(
                case(due_in=-2, contacted_in=-3, id=1),
                case(due_in=-2, contacted_in=-1, id=2),
                case(due_in=-1, id=3),
                case(due_in=1, id=4),
            )
        ),
    ),
    (1, 3),
)
worked(
    "follow_up_attainment",
    "called at the very limit is in time; one whose limit was 100 days ago is not in the 90 days",
    lambda: over(
        "follow_up_attainment",
        account(cases=(case(due_in=-5, contacted_in=-5, id=1), case(due_in=-100, id=2))),
        account(cases=(case(due_in=2, contacted_in=-1, id=3),)),
        days=90,
    ),
    (2, 2),
)

# --- silent accounts ---

SILENT = (asked("ana", days_ago=90), asked("bo", days_ago=90))
worked(
    "silent_accounts",
    "two people of one account asked 90 days ago, due 69 days ago, nobody answered; the other answered",
    lambda: over(
        "silent_accounts",
        two_places(ANA, BO, mails=SILENT),
        two_places(ANA, BO, mails=(asked("ana", days_ago=90, answered_after=2), asked("bo", days_ago=90))),
    ),
    (1, 2),
)
worked(
    "silent_accounts",
    "one person alone is quiet, and one nobody asked is in no denominator",
    lambda: over("silent_accounts", two_places(ANA, mails=SILENT[:1]), two_places(ANA)),
    (0, 1),
)
worked(
    "silent_arr",
    "the silent account pays 300 of 400",
    lambda: over(
        "silent_arr",
        two_places(ANA, BO, mails=SILENT, arr=300.0),
        two_places(ANA, mails=(asked("ana", days_ago=90, answered_after=1),), arr=100.0),
    ),
    (300, 400),
)
worked(
    "silent_arr",
    "a silent account without a rate is left out: 0 of 50",
    lambda: over(
        "silent_arr",
        two_places(ANA, BO, mails=SILENT, arr=None),
        two_places(ANA, mails=(asked("ana", days_ago=90, answered_after=1),), arr=50.0),
    ),
    (0, 50),
)

# --- guideline and target ---

BOTH_INVITED = (asked("ana", days_ago=90, roles=(DM,)), asked("bo", days_ago=90))
worked(
    "invitation_guideline",
    "a decision maker and a champion invited in one, the champion alone in the other",
    lambda: over(
        "invitation_guideline", two_places(ANA, BO, mails=BOTH_INVITED), two_places(ANA, BO, mails=BOTH_INVITED[1:])
    ),
    (1, 2),
)
worked(
    "invitation_guideline",
    "one person in both roles fills both; invitations of 200 days ago are out; no required role, no census",
    lambda: over(
        "invitation_guideline",
        two_places(ANA, mails=(asked("ana", days_ago=20, roles=(DM, CHAMPION)),)),
        two_places(ANA, BO, mails=tuple(replace(one, sent_at=NOW - 200 * DAY) for one in BOTH_INVITED)),
        account(team=None),
    ),
    (1, 2),
)
worked(
    "response_target",
    "one of two answered, a decision maker: half and heard; in the other the champion alone answered",
    lambda: over(
        "response_target",
        two_places(mails=(asked("ana", days_ago=60, roles=(DM,), answered_after=2), asked("bo", days_ago=60))),
        two_places(mails=(asked("ana", days_ago=60, roles=(DM,)), asked("bo", days_ago=60, answered_after=2))),
    ),
    (1, 2),
)
worked(
    "response_target",
    "one of three is under half though the decision maker is heard; one who bounced was not delivered to: 1 of 1",
    lambda: over(
        "response_target",
        two_places(
            mails=(
                asked("ana", days_ago=60, roles=(DM,), answered_after=2),
                asked("bo", days_ago=60),
                asked("cy", days_ago=60),
            )
        ),
        two_places(
            mails=(
                asked("ana", days_ago=60, roles=(DM,), answered_after=2),
                asked("bo", days_ago=60, bounced=True),
            )
        ),
        two_places(mails=(asked("bo", days_ago=60, bounced=True),)),
    ),
    (1, 2),
)

# --- stakeholders ---

STALE = holder("ana", DM, freshness=0.4)
worked(
    "contact_upkeep",
    "a stale decision maker whom somebody confirmed, and a fresh champion: both places",
    lambda: over("contact_upkeep", two_places(STALE, BO), confirmed=["ana"]),
    (2, 2),
)
worked(
    "contact_upkeep",
    "the same unconfirmed, and an account with nobody: one of four places",
    lambda: over("contact_upkeep", two_places(STALE, BO), two_places()),
    (1, 4),
)
worked(
    "stakeholders_known",
    "coverage 5/5 and 2/5, one account one vote: 1.4 of 2",
    lambda: over("stakeholders_known", two_places(ANA, BO), two_places(STALE, BO)),
    (1.4, 2),
)
worked(
    "stakeholders_known",
    "coverage 3/5 of one; what is no customer any more is in no denominator",
    lambda: over("stakeholders_known", two_places(ANA), two_places(ANA, BO, customer=False)),
    (0.6, 1),
)
worked(
    "stakeholders_known_arr",
    "5/5 of 100 and 2/5 of 900: 460 of 1,000",
    lambda: over("stakeholders_known_arr", two_places(ANA, BO, arr=100.0), two_places(STALE, BO, arr=900.0)),
    (460, 1000),
)
worked(
    "stakeholders_known_arr",
    "3/5 of 50; the one without a rate is left out and named",
    lambda: over("stakeholders_known_arr", two_places(ANA, arr=50.0), two_places(ANA, BO, arr=None)),
    (30, 50),
)
worked(
    "coverage_fresh",
    "weights 3 and 2: the stale decision maker's 3 are a gap",
    lambda: over("coverage_fresh", two_places(STALE, BO)),
    (2, 5),
)
worked(
    "coverage_fresh",
    "an unreachable champion leaves 3 of 5, an empty account adds 5",
    lambda: over("coverage_fresh", two_places(ANA, holder("bo", CHAMPION, reachable=False)), two_places()),
    (3, 10),
)

# --- VOC contribution ---

FULL = {"team": team({DM: 3, CHAMPION: 2}, ANA, BO)}
worked(
    "voc_contribution",
    "an answer ten days ago in one; the other has an empty chair and nothing was done",
    lambda: over(
        "voc_contribution",
        two_places(ANA, BO, mails=(asked("ana", days_ago=12, answered_after=2),)),
        two_places(),
        days=30,
    ),
    (1, 2),
)
worked(
    "voc_contribution",
    "a chair filled and nobody asked: nothing was due; a stale one confirmed; a case closed four days ago, one not",
    lambda: over(
        "voc_contribution",
        account(**FULL),
        two_places(holder("cy", DM, freshness=0.2), BO),
        account(**FULL, cases=(case(due_in=-9, contacted_in=-9, resolved_in=-4),)),
        account(**FULL, cases=(case(due_in=-9, contacted_in=-9),)),
        days=30,
        confirmed=["cy"],
    ),
    (2, 3),
)

worked(
    "voc_contribution",
    "an empty chair that the CSM filled with somebody entered in the month; the same chair left empty",
    lambda: over("voc_contribution", two_places(ANA, BO), two_places(ANA), days=30, entered=["bo"]),
    (1, 2),
)

# --- CRM upkeep ---

worked(
    "crm_upkeep",
    "one week kept, one with a problem left: 1 of 2",
    lambda: of("crm_upkeep", weeks=(Week("csm-1", ago(0)), Week("csm-1", ago(7), problems=1))),
    (1, 2),
)
worked(
    "crm_upkeep",
    "a suggestion left spoils Ben's week, Dana's two stand: 2 of 3",
    lambda: of(
        "crm_upkeep", weeks=(Week("csm-1", ago(0)), Week("csm-1", ago(7)), Week("csm-2", ago(0), suggestions=2))
    ),
    (2, 3),
)

# --- activity, valued, reviews, calls ---

QUARTER = 365.25 / 4
worked(
    "activity",
    "three in a year of 365 days: 3 x 91.3125 / 365 a quarter, of one account",
    lambda: of("activity", client("a", *(touch(ContactKind.CALL, day) for day in (5, 50, 90)))),
    (3 * QUARTER / 365, 1),
)
worked(
    "activity",
    "a training is nobody's meeting; two in 91.3125 days of 91: about two a quarter over two accounts",
    lambda: of(
        "activity",
        client("a", touch(ContactKind.MEETING, 3), touch(ContactKind.REVIEW, 9), touch(ContactKind.TRAINING, 9)),
        client("b"),
        days=91,
    ),
    (2 * QUARTER / 91, 2),
)
worked(
    "meetings_valued",
    "after a review 5 and 4, mean 4.5; after another 4 and 2, mean 3: one of two",
    lambda: of(
        "meetings_valued",
        client("a", touch(ContactKind.REVIEW, 30), told("post-review", 25, ("rating", 5), ("rating", 4))),
        client("b", touch(ContactKind.REVIEW, 30), told("post-review", 25, ("rating", 4), ("rating", 2))),
    ),
    (1, 2),
)
worked(
    "meetings_valued",
    "91 days after the meeting it is about nothing; the relationship questionnaire says nothing of meetings",
    lambda: of(
        "meetings_valued",
        client(
            "a", touch(ContactKind.CALL, 100), told("pulse", 9, ("rating", 5)), told("relationship", 9, ("rating", 5))
        ),
        client("b", touch(ContactKind.CALL, 99), told("pulse", 9, ("rating", 4))),
    ),
    (1, 1),
)
worked(
    "business_reviews_held",
    "held 180 days ago is over, 179 is not; a small account needs none",
    lambda: of(
        "business_reviews_held",
        client("a", touch(ContactKind.REVIEW, 180)),
        client("b", touch(ContactKind.REVIEW, 179)),
        client("c", segment=Segment.SMALL),
    ),
    (1, 2),
)
worked(
    "business_reviews_held",
    "a call is no review; two reviews of one account count once",
    lambda: of(
        "business_reviews_held",
        client("a", touch(ContactKind.CALL, 5)),
        client("b", touch(ContactKind.REVIEW, 20), touch(ContactKind.REVIEW, 40)),
        client("c"),
    ),
    (1, 3),
)
for quality, kind in (("call_quality", "call_reviewed"), ("hand_over_quality", "hand_over_reviewed")):
    worked(
        quality,
        "4 and 3.5 and 5: 12.5 over three",
        lambda quality=quality, kind=kind: of(  # type: ignore[misc]  # binds them now
            quality, client("a", mark(kind, 3, 4.0), mark(kind, 9, 3.5)), client("b", mark(kind, 4, 5.0, actor=BEN))
        ),
        (12.5, 3),
    )
    worked(
        quality,
        "6 is no answer, one of 400 days ago is over: 2 over one",
        lambda quality=quality, kind=kind: of(  # type: ignore[misc]  # as above
            quality, client("a", mark(kind, 3, 6.0), mark(kind, 400, 5.0), mark(kind, 5, 2.0))
        ),
        (2, 1),
    )
STANDARD = Standards(meetings_per_quarter=3 * QUARTER / 91, call_quality=4.0)


def reviewed(mean: float) -> list[Mark]:
    """Five calls, from which on they tell how good somebody's calls are."""
    return [mark("call_reviewed", day, mean) for day in range(3, 8)]


worked(
    "activity_x_quality",
    "three contacts are the standard: 1; calls of 3 against 4: 0.75",
    lambda: of(
        "activity_x_quality",
        client("a", *(touch(ContactKind.CALL, day) for day in (1, 2, 3)), *reviewed(3.0)),
        days=91,
        standards=STANDARD,
    ),
    (0.75, 1),
)
worked(
    "activity_x_quality",
    "nine contacts are three standards and count 1.5, calls of 5 against 4 count 1.25: 1.875; who has no call has none",
    lambda: of(
        "activity_x_quality",
        client("a", *(touch(ContactKind.CALL, day) for day in range(1, 10)), *reviewed(5.0)),
        client("b", held=(Held("csm-2", date(2020, 1, 1)),), owner=BEN),
        days=91,
        standards=STANDARD,
    ),
    (1.875, 1),
)

# --- onboarding ---

START, LIVE, TRAINED = "onboarding_started", "went_live", "training_completed"


def onboarded(id: str, *, started: int, live: int | None = None, trained: int | None = None, **values: Any) -> Client:
    found = [mark(START, started)]
    found += [mark(LIVE, started - live)] if live is not None else []
    found += [mark(TRAINED, started - trained)] if trained is not None else []
    return client(id, *found, **values)


worked(
    "onboarding_time",
    "live after 20, 40 and 60 days, one open for 50: half are live by day 40",
    lambda: of(
        "onboarding_time",
        *(onboarded(f"a{days}", started=200, live=days) for days in (20, 40, 60)),
        onboarded("o", started=50),
    ),
    40,
)
worked(
    "onboarding_time",
    "one of three is live: more than half are open, so nobody knows the median yet",
    lambda: of(
        "onboarding_time", onboarded("a", started=100, live=30), onboarded("b", started=90), onboarded("c", started=80)
    ),
    float("inf"),
)
worked(
    "live_in_time",
    "60 days of 90 in time, 100 late, one open for 30 days still within it",
    lambda: of(
        "live_in_time",
        onboarded("a", started=200, live=60),
        onboarded("b", started=200, live=100),
        onboarded("c", started=30),
    ),
    (1, 2),
)
worked(
    "live_in_time",
    "the 90th day is in time; one open for 91 is late",
    lambda: of("live_in_time", onboarded("a", started=200, live=90), onboarded("b", started=91)),
    (1, 2),
)


def launched(id: str, *, won: int, live: int | None = None) -> Client:
    marks = [mark(LIVE, won - live)] if live is not None else []
    return client(id, sale(DealKind.NEW, 50, days_ago=won), *marks)


worked(
    "time_to_launch",
    "won and live 30, 50 and 70 days later: half by day 50",
    lambda: of("time_to_launch", *(launched(f"a{days}", won=200, live=days) for days in (30, 50, 70))),
    50,
)
worked(
    "time_to_launch",
    "one live after 60, one won 30 days ago is censored: of the one at risk on day 60 all are live",
    lambda: of("time_to_launch", launched("a", won=120, live=60), launched("b", won=30)),
    60,
)
USUAL = {(Segment.MID_MARKET, "to_live"): 60.0}
worked(
    "stuck_accounts",
    "four in five take 60 days: open for 61 is stuck, for 60 is not",
    lambda: of("stuck_accounts", _started("a", 61), _started("b", 60), usual_days=USUAL),
    (1, 2),
)
worked(
    "stuck_accounts",
    "where fewer than 20 are completed nobody knows what is usual; what is live is no open stage",
    lambda: of(
        "stuck_accounts",
        _started("a", 400, segment=Segment.SMALL),
        client("b", mark(START, 90), mark(LIVE, 10), mark(TRAINED, 5)),
        _started("c", 100),
        usual_days=USUAL,
    ),
    (1, 1),
)


def _started(id: str, days: int, **values: Any) -> Client:
    """Trained on the first day, so that going live is all that is open."""
    return client(id, mark(START, days), mark(TRAINED, days), **values)


for window in (30, 90):
    worked(
        f"revenue_trained_{window}",
        f"trained on day {window}: its 100 count; on day {window + 1} not: 100 of 300",
        lambda window=window: of(  # type: ignore[misc]  # binds it now
            f"revenue_trained_{window}",
            onboarded("a", started=200, trained=window),
            onboarded("b", started=200, trained=window + 1, revenue=200.0),
        ),
        (100, 300),
    )
    worked(
        f"revenue_trained_{window}",
        f"day {window} is today and nobody is trained: 0 of 100; one that began a day later is not due",
        lambda window=window: of(  # type: ignore[misc]  # as above
            f"revenue_trained_{window}", onboarded("a", started=window), onboarded("b", started=window - 1, trained=2)
        ),
        (0, 100),
    )
worked(
    "onboarding_rating",
    "5 and 4 and 3 on the CSM: 4; another person 2: 6 over two",
    lambda: of(
        "onboarding_rating",
        client("a", told("onboarding", 9, ("csm", 5), ("csm", 4), ("csm", 3), ("training", 1))),
        client("b", told("onboarding", 9, ("csm", 2))),
    ),
    (6, 2),
)
worked(
    "onboarding_rating",
    "one question does not apply and is in no mean; what another questionnaire says of the CSM is no onboarding",
    lambda: of(
        "onboarding_rating",
        client("a", told("onboarding", 9, ("csm", 5), ("csm", 4)), told("relationship", 3, ("csm", 1))),
    ),
    (4.5, 1),
)
worked(
    "training_score",
    "ready to work alone: 4 and 2; the training's own test gave 3.5: 9.5 over three",
    lambda: of(
        "training_score",
        client("a", told("onboarding", 9, ("training", 4)), mark(TRAINED, 20, 3.5)),
        client("b", told("onboarding", 9, ("csm", 5), ("training", 2))),
    ),
    (9.5, 3),
)
worked(
    "training_score",
    "a test without a mark, or one of 90 of 100, is no number from 1 to 5: 5 over one",
    lambda: of("training_score", client("a", mark(TRAINED, 20), mark(TRAINED, 30, 90.0), mark(TRAINED, 40, 5.0))),
    (5, 1),
)

# --- renewals ---

FIVE = [(100.0, 120.0), (50.0, 50.0), (80.0, 0.0), (20.0, 15.0), (60.0, 60.0)]
LOSS = [(200.0, 0.0), (100.0, 150.0), (100.0, 50.0)]


def decided(pairs: list[tuple[float, float]]) -> list[Client]:
    return [client(f"a{at}", renewal(before, after)) for at, (before, after) in enumerate(pairs)]


for name, five, loss in (
    ("customer_churn", (1, 5), (1, 3)),
    ("logo_retention", (4, 5), (2, 3)),
    ("nrr", 245 / 310, 200 / 400),
    ("grr", 225 / 310, 150 / 400),
    ("revenue_churn", 85 / 310, 250 / 400),
):
    worked(name, "100 to 120, 50, 80 to 0, 20 to 15, 60", lambda name=name: of(name, *decided(FIVE)), five)  # type: ignore[misc]  # mypy infers no lambda with a default
    worked(name, "200 to 0, 100 to 150, 100 to 50", lambda name=name: of(name, *decided(LOSS)), loss)  # type: ignore[misc]  # mypy infers no lambda with a default
worked(
    "on_time_renewal",
    "won on its day; won ten days after; open past its day; lost: 1 of 4",
    lambda: of(
        "on_time_renewal",
        client("a", renewal(100, 100, days_ago=30)),
        client("b", renewal(100, 100, days_ago=20, due_on=ago(30))),
        client("c", renewal(100, None, closed=False, days_ago=30)),
        client("d", renewal(100, 0, days_ago=30)),
    ),
    (1, 4),
)
worked(
    "on_time_renewal",
    "won a month before its day is in time; one that is due tomorrow is not due",
    lambda: of(
        "on_time_renewal",
        client("a", renewal(100, 100, days_ago=60, due_on=ago(30))),
        client("b", renewal(100, None, closed=False, days_ago=-1)),
    ),
    (1, 1),
)
worked(
    "renewal_confirmed_90",
    "confirmed exactly 90 days before, and 89: 1 of 2",
    lambda: of(
        "renewal_confirmed_90",
        client("a", renewal(100, 100, days_ago=30, confirmed_on=ago(120))),
        client("b", renewal(100, 100, days_ago=30, confirmed_on=ago(119))),
    ),
    (1, 2),
)
worked(
    "renewal_confirmed_90",
    "never confirmed, though won; confirmed a year ahead, though lost: 1 of 2",
    lambda: of(
        "renewal_confirmed_90",
        client("a", renewal(100, 100, days_ago=30)),
        client("b", renewal(100, 0, days_ago=30, confirmed_on=ago(395))),
    ),
    (1, 2),
)

# --- growth ---


def buys(id: str, *deals: Any, **values: Any) -> Client:
    return client(id, *deals, **values)


worked(
    "expansion",
    "pays 100 now, bought for 20 and 10: paid 70 when the year began",
    lambda: of(
        "expansion", buys("a", sale(DealKind.UPSELL, 20, days_ago=30), sale(DealKind.CROSS_SELL, 10, days_ago=60))
    ),
    (30, 70),
)
worked(
    "expansion",
    "a renewal from 80 to 100 adds 20 to an account that paid 80; another bought nothing and paid 50",
    lambda: of("expansion", buys("a", renewal(80, 100)), buys("b", revenue=50.0)),
    (20, 130),
)
worked(
    "upsell",
    "20 of the 30 are more of the same",
    lambda: of("upsell", buys("a", sale(DealKind.UPSELL, 20, days_ago=30), sale(DealKind.CROSS_SELL, 10, days_ago=60))),
    (20, 70),
)
worked(
    "upsell",
    "one that was lost is none; one of 400 days ago is over",
    lambda: of(
        "upsell", buys("a", sale(DealKind.UPSELL, 20, days_ago=30, won=False), sale(DealKind.UPSELL, 9, days_ago=400))
    ),
    (0, 100),
)
worked(
    "cross_sell",
    "10 of the 30 are something else",
    lambda: of(
        "cross_sell", buys("a", sale(DealKind.UPSELL, 20, days_ago=30), sale(DealKind.CROSS_SELL, 10, days_ago=60))
    ),
    (10, 70),
)
worked(
    "cross_sell",
    "two in one account, none in the other: 25 of 75 and 60",
    lambda: of(
        "cross_sell",
        buys("a", sale(DealKind.CROSS_SELL, 15, days_ago=30), sale(DealKind.CROSS_SELL, 10, days_ago=60)),
        buys("b", revenue=60.0),
    ),
    (25, 135),
)
worked(
    "whitespace",
    "a new unit's first 40 are credited to the account above it that paid 100",
    lambda: of(
        "whitespace",
        buys("top"),
        buys("unit", sale(DealKind.NEW, 40, days_ago=50), parent_id="top", revenue=40.0, since_on=ago(50)),
    ),
    (40, 100),
)
worked(
    "whitespace",
    "a unit that paid when the year began is no new unit, and pays itself",
    lambda: of(
        "whitespace", buys("top"), buys("unit", sale(DealKind.NEW, 40, days_ago=400), parent_id="top", revenue=40.0)
    ),
    (0, 140),
)
MARGIN: dict[str, Any] = {"standards": Standards(gross_margin=0.8), "costs_known": True}
worked(
    "net_profitability",
    "365 at 80% are 292, less 20 for service",
    lambda: of("net_profitability", client("a", mark("cost_service", 30, 20.0), revenue=365.25), **MARGIN),
    (272, 365),
)
worked(
    "net_profitability",
    "292 less 400 for winning it is a loss of 108; a second one at 292 costs nothing: 184",
    lambda: of(
        "net_profitability",
        client("a", mark("cost_acquisition", 5, 400.0), revenue=365.25),
        client("b", revenue=365.25),
        **MARGIN,
    ),
    (184, 730),
)

# --- proofs, numbers, what they say ---

worked(
    "success_stories",
    "two in the year, one of 366 days ago is over",
    lambda: of("success_stories", client("a", *(mark("success_story_confirmed", day) for day in (3, 9, 366)))),
    2,
)
worked(
    "success_stories",
    "one each of two accounts, and none of the third",
    lambda: of("success_stories", *(client(one, mark("success_story_confirmed", 5)) for one in "ab"), client("c")),
    2,
)
worked(
    "documents",
    "one of three is a document",
    lambda: of("documents", client("a", mark("documentation_contributed", 3), mark("success_story_confirmed", 4))),
    1,
)
worked(
    "documents",
    "three by two people; in 90 days two of them",
    lambda: of(
        "documents",
        client("a", mark("documentation_contributed", 3), mark("documentation_contributed", 100)),
        client("b", mark("documentation_contributed", 89, actor=BEN)),
        days=90,
    ),
    2,
)
STORY, REFERENCE = mark("success_story_confirmed", 50, evidence="Saves 12%"), mark("reference_validated", 20)
worked(
    "validated_references",
    "one holds; one whose latest answer is a detractor's does not",
    lambda: of("validated_references", client("a", STORY, REFERENCE), client("b", STORY, REFERENCE, latest_score=6)),
    1,
)
worked(
    "validated_references",
    "a customer of 364 days, a story without a number, a follow-up overdue: none of three; a passive holds",
    lambda: of(
        "validated_references",
        client("a", STORY, REFERENCE, since_on=ago(364)),
        client("b", mark("success_story_confirmed", 50, evidence="We love it"), REFERENCE),
        client("c", STORY, REFERENCE, overdue_follow_ups=1),
        client("d", STORY, REFERENCE, latest_score=7),
    ),
    1,
)
for number in ("product_usage", "number_seats"):
    worked(
        number,
        "the latest of each: 60 and 80",
        lambda number=number: of(  # type: ignore[misc]  # binds it now
            number, client("a", mark(number, 90, 40.0), mark(number, 5, 60.0)), client("b", mark(number, 700, 80.0))
        ),
        (140, 2),
    )
    worked(
        number,
        "one without a number is none, one that is no customer any more is out, another kind is another figure",
        lambda number=number: of(  # type: ignore[misc]  # as above
            number,
            client("a", mark(number, 1), mark(number, 9, 7.0), mark("number_other", 2, 99.0)),
            client("b", mark(number, 3, 5.0), customer=False),
        ),
        (7, 1),
    )
AGAIN = (
    Again("1", ago(10), DANA, first=3, then=8),
    Again("2", ago(20), DANA, first=6, then=6),
    Again("3", ago(30), DANA, first=5, then=None),
    Again("4", ago(400), DANA, first=2, then=10),
)
worked(
    "recovery_of_all",
    "one of three came back, one stayed low, one was silent; the fourth wave lies before the year",
    lambda: of("recovery_of_all", client("a", again=AGAIN)),
    (1, 3),
)
worked(
    "recovery_of_all",
    "two of two silent: nobody came back, and that is a nought",
    lambda: of("recovery_of_all", client("a", again=AGAIN[2:3]), client("b", again=AGAIN[2:3])),
    (0, 2),
)
worked(
    "recovery_of_answered",
    "of the two who answered one came back; the silent one stands beside",
    lambda: of("recovery_of_answered", client("a", again=AGAIN)),
    (1, 2),
)
worked(
    "recovery_of_answered",
    "over two years the fourth counts too: two of three",
    lambda: of("recovery_of_answered", client("a", again=AGAIN), days=730),
    (2, 3),
)
worked(
    "referrals_named",
    "two answers named three people, two of whom became contacts",
    lambda: of(
        "referrals_named",
        client("a", told("relationship", 3, named=2, taken_up=1), told("relationship", 9, named=1, taken_up=1)),
    ),
    (2, 2),
)
worked(
    "referrals_named",
    "named and not taken up is none; an answer that named nobody counts as an answer",
    lambda: of("referrals_named", client("a", told("relationship", 3, named=2)), client("b", told("pulse", 5))),
    (0, 2),
)
worked(
    "customer_stated_value",
    "4 and 5 of three who answered it, one gave 3",
    lambda: of(
        "customer_stated_value", *(client(f"a{at}", told("relationship", 5, ("outcome", at))) for at in (3, 4, 5))
    ),
    (2, 3),
)
worked(
    "customer_stated_value",
    "who was not asked is in no denominator, nor who answered 400 days ago",
    lambda: of(
        "customer_stated_value",
        client("a", told("relationship", 5, ("csm", 5)), told("relationship", 400, ("outcome", 5))),
        client("b", told("relationship", 5, ("outcome", 2))),
    ),
    (0, 1),
)
worked(
    "concessions",
    "30 and 70 given away",
    lambda: of("concessions", client("a", mark("discount_given", 3, 30.0), mark("discount_given", 30, 70.0))),
    100,
)
worked(
    "concessions",
    "one in a currency without a rate is named and not counted: 30",
    lambda: of(
        "concessions",
        client("a", mark("discount_given", 3, 30.0)),
        client("b", mark("discount_given", 3, 9.0, money=None)),
    ),
    30,
)

# --- what the shipped scorecards use besides ---

worked(
    "participation",
    "of two places the decision maker's answered",
    lambda: over(
        "participation",
        two_places(ANA, BO, mails=(asked("ana", days_ago=60, roles=(DM,), answered_after=2), asked("bo", days_ago=60))),
    ),
    (1, 2),
)
worked(
    "participation",
    "who answers late did not answer in time, and an empty chair is a place: 0 of 4",
    lambda: over(
        "participation",
        two_places(ANA, mails=(asked("ana", days_ago=60, roles=(DM,), answered_after=25),)),
        two_places(),
    ),
    (0, 4),
)
worked(
    "nps_accounts",
    "two promoters in one are +100, a promoter and a detractor in the other are 0: +50 of two accounts",
    lambda: over(
        "nps_accounts",
        account(scored("a", 9, days_ago=60), scored("b", 10, days_ago=60)),
        account(scored("a", 9, days_ago=60), scored("b", 3, days_ago=60)),
    ),
    (1, 2),
)
worked(
    "nps_accounts",
    "one passive is 0, one detractor is -100; who gave no score has no vote: -1 of 2",
    lambda: over(
        "nps_accounts",
        account(scored("a", 8, days_ago=60)),
        account(scored("a", 0, days_ago=60), asked("b", days_ago=60, answered_after=1)),
        account(asked("a", days_ago=60)),
    ),
    (-1, 2),
)
