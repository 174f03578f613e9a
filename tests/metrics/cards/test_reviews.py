"""What colleagues say of each other's work: on a template, seen by few, counted as call and hand-over quality."""

from datetime import timedelta

import pytest

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.world import World, hand_over
from voc.base import audit
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import ReviewKind, Scope, StaffRole
from voc.metrics import run as metrics
from voc.metrics.cards import templates
from voc.metrics.cards.files import CardMistakes
from voc.metrics.run import reviews as run
from voc.metrics.run.cards import by_scope
from voc.metrics.store import reviews as store

ANSWERS = {"goal": "4", "listening": "5", "value": "3", "difficult": "4", "next": "4"}
HANDED = {"people": "5", "history": "2", "open": "3", "customer": "2"}


@pytest.fixture
def company(database: Database) -> Database:
    with database.begin() as db:
        World(db)
        builders.add_csm(db, "csm-3", name="Mei Tanaka", manager_id="lead-2")
        builders.add_account(db, "acc-1", name="Calder & Moss Foods", csm_id="csm-1")
        builders.add_account(db, "acc-2", name="Norrland", csm_id="csm-2")
        builders.add_account(db, "acc-3", name="Sato", csm_id="csm-3")
        for number, (name, role, csm) in enumerate(
            [("Dana", "csm", "csm-1"), ("Ben", "csm", "csm-2"), ("Mei", "csm", "csm-3"), ("Marcus", "lead", "lead-1")]
        ):
            builders.add_staff(db, f"p{number}@vendor.example", name=name, role=role, csm_id=csm)
    return database


DANA = Viewer(1, "Dana", StaffRole.CSM, "csm-1")
BEN = Viewer(2, "Ben", StaffRole.CSM, "csm-2")
MEI = Viewer(3, "Mei", StaffRole.CSM, "csm-3")
LEAD = Viewer(4, "Marcus", StaffRole.LEAD, "lead-1")
LEADER = Viewer(9, "Vera", StaffRole.LEADER)


def of_call(db: object, viewer: Viewer = MEI, **values: object) -> int:
    row = {"csm_id": "csm-1", "account_name": "calder & moss foods ", "on": TODAY, "typed": ANSWERS, "comment": "Good"}
    return run.write_call(db, **{**row, **values}, viewer=viewer, now=NOW)  # type: ignore[arg-type]  # one builder


def test_a_review_is_seen_by_whom_it_is_about_their_lead_the_leader_and_who_wrote_it(company: Database) -> None:
    with company.begin() as db:
        number = of_call(db)
        for viewer in (DANA, MEI, LEAD, LEADER):
            (found,) = store.listing(db, viewer)
            assert (found.csm_name, found.account_name, found.mean) == ("Dana Whitlock", "Calder & Moss Foods", 4.0)
        assert store.listing(db, BEN) == []
        with pytest.raises(NotFound):
            run.review(db, number, BEN)
        assert [one.key for one in run.review(db, number, DANA)[1].questions] == list(ANSWERS)


def test_nobody_reviews_the_own_calls_or_an_account_that_is_not_the_colleagues(company: Database) -> None:
    with company.begin() as db:
        for viewer, values, field in (
            (DANA, {}, "csm_id"),
            (MEI, {"account_name": "Norrland"}, "account"),
            (MEI, {"account_name": ""}, "account"),
            (MEI, {"csm_id": "nobody"}, "csm_id"),
            (MEI, {"on": TODAY + timedelta(days=1)}, "on"),
            (MEI, {"on": TODAY - timedelta(days=91)}, "on"),
            (MEI, {"typed": {**ANSWERS, "value": "6"}}, "value"),
            (MEI, {"typed": {"goal": "3"}}, "listening"),
            (MEI, {"comment": "x" * 2001}, "comment"),
        ):
            with pytest.raises(Refused) as refused:
                of_call(db, viewer, **values)
            assert refused.value.field == field


def test_call_quality_is_the_mean_of_the_reviews_and_opens_to_them(company: Database) -> None:
    """4.0, 4.0, 5.0, 3.0 and 2.0: 18 / 5; a withdrawn one counts no more, one after the day not yet."""
    with company.begin() as db:
        for answer in ("5", "3", "2"):
            of_call(db, typed=dict.fromkeys(ANSWERS, answer))
        of_call(db)
        last = of_call(db)
        of_call(db, BEN, typed=dict.fromkeys(ANSWERS, "1"))
        gone = store.listing(db, BEN)[0].id
        run.withdraw(db, gone, BEN, now=NOW)
        figure = by_scope(db, names=["call_quality"], now=NOW)[Scope.CSM, "csm-1"]["call_quality"]
        assert (figure.numerator, figure.denominator) == (18.0, 5.0)
        assert figure.value == pytest.approx(3.6)
        rows = metrics.rows(db, LEADER, figure="call_quality", scope=Scope.CSM, id="csm-1", now=NOW)
        assert {row.id for row in rows} >= {f"review:{last}"}
        assert len(rows) == 5
        before = by_scope(db, names=["call_quality"], now=NOW, as_of=TODAY - timedelta(days=1))
        assert before[Scope.TOTAL, ""]["call_quality"].value is None


def test_a_hand_over_is_reviewed_once_by_whoever_took_over_and_counts_for_whoever_gave(company: Database) -> None:
    with company.begin() as db:
        hand_over(db, "acc-1", "csm-2", at=NOW - timedelta(days=10))
        assert [(one.account_name, one.from_name) for one in run.waiting(db, BEN, now=NOW)] == [
            ("Calder & Moss Foods", "Dana Whitlock")
        ]
        assert run.waiting(db, MEI, now=NOW) == []
        assert run.waiting(db, BEN, now=NOW + timedelta(days=81)) == []
        with pytest.raises(NotFound):
            run.write_hand_over(db, account_id="acc-1", typed=HANDED, comment=None, viewer=MEI, now=NOW)
        run.write_hand_over(db, account_id="acc-1", typed=HANDED, comment=None, viewer=BEN, now=NOW)
        assert run.waiting(db, BEN, now=NOW) == []
        (found,) = store.listing(db, DANA)
        assert (found.kind, found.csm_id, found.mean, found.on) == (
            ReviewKind.HAND_OVER,
            "csm-1",
            3.0,
            TODAY - timedelta(days=10),
        )
        every = by_scope(db, names=["hand_over_quality", "call_quality"], now=NOW)
        dana = every[Scope.CSM, "csm-1"]
        assert (dana["hand_over_quality"].numerator, dana["call_quality"].numerator) == (3.0, 0.0)


def test_only_whoever_wrote_it_withdraws_it_once(company: Database) -> None:
    with company.begin() as db:
        number = of_call(db)
        for viewer in (DANA, LEADER):
            with pytest.raises(Refused, match="Only whoever wrote it"):
                run.withdraw(db, number, viewer, now=NOW)
        run.withdraw(db, number, MEI, now=NOW)
        with pytest.raises(Refused, match="withdrawn already"):
            run.withdraw(db, number, MEI, now=NOW)
        (line,) = audit.listing(db, object_kind="review")[:1]
        assert (line.action, line.actor, line.detail["about"]) == ("review withdrawn", "Mei", "csm-1")


def test_a_review_keeps_the_template_it_was_written_on(company: Database) -> None:
    text = run.shipped(ReviewKind.CALL)
    with company.begin() as db:
        number = of_call(db)
        run.save_template(
            db,
            ReviewKind.CALL,
            text.replace("Are the next steps clear", "Is the next day set"),
            by="Marcus",
            now=NOW,
            note=None,
        )
        assert run.review(db, number, DANA)[1].questions[-1].text.startswith("Are the next steps clear")
        assert run.template(db, ReviewKind.CALL).questions[-1].text.startswith("Is the next day set")
        with pytest.raises(CardMistakes, match="'goal' is taken by an earlier question"):
            run.save_template(
                db, ReviewKind.CALL, text.replace('"listening"', '"goal"'), by="Marcus", now=NOW, note=None
            )
        assert [line.actor for line in audit.listing(db, object_kind="review")] == ["Marcus", "the service"]


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_the_templates_that_ship_are_right(kind: ReviewKind) -> None:
    assert len(templates.load("x", run.shipped(kind)).questions) >= 4
