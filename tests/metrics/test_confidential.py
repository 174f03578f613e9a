"""Groups that are never taken apart: large enough, disjoint, frozen; and everything else leaves the people out."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import Connection, delete, update

from tests import builders
from tests.builders import NOW
from tests.metrics.world import World
from voc.base import preferences, schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.words import Disposition, FigureState, Scope, StaffRole
from voc.metrics import run
from voc.metrics.confidential import LEAST_ACCOUNTS, LEAST_PEOPLE, Told, divide

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(account: int, *, answered: bool = True, score: int | None = 9, csm: str = "csm-1", **values: object) -> Told:
    return Told(
        **{
            "account_id": f"acc-{account}",
            "csm_id": csm,
            "lead_id": "lead-1",
            "segment": "small",
            "disposition": Disposition.COMPLETE if answered else Disposition.SILENT,
            "answered": answered,
            "score": score if answered else None,
            **values,
        }  # type: ignore[arg-type]  # a table of values
    )


SILENT = told(1, answered=False)
FIVE = [told(1, score=3), *(told(account) for account in (1, 2, 2, 2)), SILENT]


def test_five_people_of_two_accounts_are_a_group() -> None:
    (group,), withheld = divide(FIVE)
    assert (group.csm_id, group.segment, group.answered, withheld) == ("csm-1", "small", 5, 0)
    assert group.scores == {"detractor": 1, "promoter": 4}


@pytest.mark.parametrize(
    "people",
    [
        pytest.param(FIVE[1:], id="four answered"),
        pytest.param([told(1, score=3), *[told(1)] * 4, SILENT], id="one account"),
        pytest.param(FIVE[:-1], id="everybody answered: the count says so of each"),
        pytest.param([*FIVE[:-2], told(1, waived=True), SILENT], id="one of the five has said who they are"),
        pytest.param([*FIVE[:-1], told(1, answered=False, openly=True)], id="all know of the one who did not"),
    ],
)
def test_what_is_too_few_is_in_no_figure(people: list[Told]) -> None:
    assert divide(people) == ([], len(people))


def test_scores_that_all_agree_are_not_told_the_counts_are() -> None:
    (group,), withheld = divide([*[told(1)] * 3, *[told(2)] * 3, SILENT])
    assert (group.scores, group.answered, withheld) == (None, 6, 0)


def test_who_is_too_few_under_a_csm_is_counted_with_the_team() -> None:
    few = [told(1, csm="csm-2"), told(2, csm="csm-2", score=2), told(3, csm="csm-3"), told(4, csm="csm-3")]
    groups, withheld = divide([*FIVE, *few, told(5, csm="csm-3"), told(5, csm="csm-3", answered=False)])
    assert [(one.csm_id, one.lead_id, one.answered) for one in groups] == [
        ("csm-1", "lead-1", 5),
        (None, "lead-1", 5),
    ]
    assert withheld == 0


def test_what_is_left_over_is_in_no_total_so_that_no_difference_shows_it() -> None:
    groups, withheld = divide([*FIVE, told(7, csm="csm-2"), told(8, csm="csm-2")])
    assert ([one.csm_id for one in groups], withheld) == (["csm-1"], 2)


people = some.lists(
    some.builds(
        told,
        some.integers(1, 6),
        answered=some.booleans(),
        score=some.sampled_from([None, 0, 8, 10]),
        csm=some.sampled_from(["csm-1", "csm-2", "csm-3"]),
        lead_id=some.sampled_from([None, "lead-1", "lead-2"]),
        segment=some.sampled_from([None, "small", "enterprise"]),
        waived=some.booleans(),
    ),
    max_size=60,
)


@given(people)
def test_every_group_holds_five_answers_and_somebody_silent_and_nobody_is_in_two(asked: list[Told]) -> None:
    groups, withheld = divide(asked)
    assert sum(one.people for one in groups) + withheld == len(asked)
    for group in groups:
        assert group.answered >= LEAST_PEOPLE
        assert group.accounts >= LEAST_ACCOUNTS
        assert group.people > group.answered
        assert not group.scores or sum(group.scores.values()) >= LEAST_PEOPLE
        assert not group.scores or len(group.scores) > 1


# --- through the tables ---


class Confidential(World):
    """A wave asked in confidence: three accounts of Dana's, one of Ben's with two people."""

    def __init__(self, db: Connection) -> None:
        super().__init__(db)
        scores = {"a1": 10, "a2": 3, "b1": 9, "b2": 7, "c1": 10, "c2": None, "z1": 0, "z2": 10}
        for number, (name, score) in enumerate(scores.items()):
            account_id, csm = f"acc-{name[0]}", "csm-2" if name[0] == "z" else "csm-1"
            if name[1] == "1":
                builders.add_account(db, account_id, name=f"Account {name[0]}", csm_id=csm)
            builders.add_contact(db, name, account_id=account_id, roles=("champion",))
            self.ask(name, account_id=account_id, answer=score, days_ago=30 + number, csm_id=csm, confidential=True)
        db.execute(update(schema.wave).values(confidential=True))

    def close(self, *, days_ago: float = 5) -> None:
        self.db.execute(update(schema.wave).values(state="closed", closed_at=NOW - days_ago * DAY))


@pytest.fixture
def world(database: Database) -> Confidential:
    with database.begin() as db:
        return Confidential(db)


DANA = Viewer(1, "Dana Whitlock", StaffRole.CSM, "csm-1")
BEN = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")


def response(db: Connection, scope: Scope, id: str, viewer: Viewer = TERMINAL) -> tuple[float | None, float | None]:
    (found,) = run.figures(db, scope=scope, ids=[id], now=NOW, viewer=viewer)
    rate = found.figures["response_rate"]
    return rate.numerator, rate.denominator


def test_nothing_is_counted_before_the_wave_is_over(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        assert run.release(db, NOW) == 0
        assert response(db, Scope.TOTAL, "") == (0, 0)
        assert run.rows(db, TERMINAL, figure="response_rate", scope=Scope.TOTAL, now=NOW) == []


def test_a_csm_sees_the_group_that_is_theirs_as_a_whole(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        Confidential.close(_on(world, db))
        assert run.release(db, NOW) == 1
        assert response(db, Scope.CSM, "csm-1", DANA) == (5, 6)
        # Ben's two are too few, and so they are in no total either: the difference would be theirs.
        assert response(db, Scope.TOTAL, "") == (5, 6)
        assert response(db, Scope.TEAM, "lead-1") == (5, 6)
        assert response(db, Scope.ACCOUNT, "acc-a") == (0, 0)


def _on(world: Confidential, db: Connection) -> Confidential:
    world.db = db
    return world


def test_the_rows_behind_it_name_nobody(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        Confidential.close(_on(world, db))
        run.release(db, NOW)
        rows = run.rows(db, DANA, figure="nps_people", scope=Scope.CSM, id="csm-1", now=NOW)
    assert Counter(row.label for row in rows) == {"promoter": 3, "passive": 1, "detractor": 1, "silent": 1}
    assert {(row.account_id, row.contact_id, row.contact_name, row.role) for row in rows} == {("", None, None, None)}


def test_what_comes_later_changes_nothing_that_was_told(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        Confidential.close(_on(world, db))
        run.release(db, NOW)
        late = {"answered_at": NOW, "disposition": "complete"}
        db.execute(update(schema.invitation).where(schema.invitation.c.contact_id == "c2").values(late))
        db.execute(delete(schema.answer))
        db.execute(delete(schema.response))
        db.execute(update(schema.invitation).values(csm_id="csm-2"))
        assert run.release(db, NOW + DAY) == 0
        assert response(db, Scope.CSM, "csm-1") == (5, 6)


def test_as_of_a_day_before_the_release_there_is_nothing(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        Confidential.close(_on(world, db), days_ago=5)
        run.release(db, NOW - 4 * DAY)
        before, after = (
            run.figures(db, scope=Scope.TOTAL, now=NOW, as_of=(NOW - days * DAY).date())[0] for days in (6, 3)
        )
    assert (before.figures["response_rate"].denominator, after.figures["response_rate"].denominator) == (0, 6)


def test_a_segment_is_shown_only_what_lies_in_it_as_a_whole(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        other = schema.invitation.c.contact_id == "a1"
        db.execute(update(schema.invitation).where(other).values(segment="enterprise"))
        Confidential.close(_on(world, db))
        run.release(db, NOW)
        whole = run.engagement(db, TERMINAL, now=NOW).whole.figures["response_rate"]
        parts = [run.engagement(db, TERMINAL, now=NOW, segment=one).whole for one in ("mid-market", "enterprise")]
    assert whole.denominator == 6
    assert [one.figures["response_rate"].denominator for one in parts] == [0, 0]
    assert parts[0].figures["response_rate"].state == FigureState.SUPPRESSED


def test_an_account_asked_in_confidence_is_neither_heard_nor_silent(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        states = run.account_states(db, TERMINAL, now=NOW + 100 * DAY, preferences=preferences.load(db))
        assert {one.state for one in states.values()} == {"in_confidence"}
        assert {one.last_answered_at for one in states.values()} == {None}
        assert run.catch_up(db, NOW + 100 * DAY) == 0


def test_a_night_keeps_the_groups_with_the_rest(database: Database, world: Confidential) -> None:
    with database.begin() as db:
        Confidential.close(_on(world, db))
        run.release(db, NOW)
    run.snapshot(database, NOW + DAY)
    with database.read() as db:
        row = db.execute(
            schema.figure_snapshot.select().where(
                schema.figure_snapshot.c.scope == "total",
                schema.figure_snapshot.c.name == "response_rate",
                schema.figure_snapshot.c.window_days == 180,
            )
        ).one()
    assert (row.numerator, row.denominator) == (5, 6)
