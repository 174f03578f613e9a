"""What a CSM says about people, and what accepting or declining a suggestion does, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.builders import NOW, add_account, add_contact, add_csm, add_sign
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import NotAsked, Role, Sign, StaffRole, SuggestionKind, SuggestionState
from voc.stakeholders import run, store
from voc.stakeholders.model import Holder, Team

PREFERENCES = Preferences()
DANA = Viewer(1, "Dana Whitlock", StaffRole.CSM, "csm-1")
OTHER = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def ground(database: Database) -> None:
    """Ana is champion and influencer of Dana's account, and fresh."""
    with database.begin() as db:
        add_csm(db)
        add_csm(db, "csm-2", name="Ben Carver")
        add_account(db)
        add_contact(db, "ana", roles=("champion", "influencer"), email="ana@x.example")
        add_sign(db, "ana", "answered", NOW - timedelta(days=30))
        run.install_defaults(db)


def team(db: Connection, now: datetime = LATER) -> Team:
    return store.team(db, "acc-1", now=now, preferences=PREFERENCES)


def person(db: Connection, contact_id: str) -> Holder:
    found = team(db)
    return next(one for one in (*found.people, *found.others) if one.contact_id == contact_id)


def suggested(db: Connection, kind: SuggestionKind, key: str = "s:1", **values: Any) -> int:
    run.suggest(db, key=key, kind=kind, account_id="acc-1", contact_id="ana", now=NOW, **values)
    query = select(schema.suggestion.c.id).where(schema.suggestion.c.key == key)
    return db.execute(query).scalar_one()


def decided(db: Connection, id: int, accepted: bool = True, **values: Any) -> str | None:
    return run.decide(db, suggestion_id=id, accepted=accepted, viewer=DANA, now=NOW, **values)


def test_somebody_who_left_covers_nothing_and_can_come_back(database: Database) -> None:
    with database.begin() as db:
        run.mark_left(db, contact_id="ana", viewer=DANA, now=NOW)
        assert (person(db, "ana").why_not_reachable, person(db, "ana").freshness.value) == (NotAsked.LEFT, 0.0)
        run.confirm(db, contact_id="ana", viewer=DANA, now=NOW + timedelta(hours=1))
        assert person(db, "ana").reachable
        left_at = select(schema.contact.c.left_at).where(schema.contact.c.id == "ana")
        assert db.execute(left_at).scalar() is None


def test_what_the_crm_says_of_a_leaver_is_corrected_there(database: Database) -> None:
    with database.begin() as db:
        db.execute(update(schema.contact).values(left_company=True))
        with pytest.raises(Refused, match="Correct it there"):
            run.confirm(db, contact_id="ana", viewer=DANA, now=NOW)


def test_a_role_given_is_a_sign_of_life_and_a_role_ended_is_none(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "jon")
        change: dict[str, Any] = {"account_id": "acc-1", "contact_id": "jon", "viewer": DANA, "now": NOW}
        run.change_role(db, role=Role.BUDGET_HOLDER, held=True, **change)
        assert person(db, "jon").roles == (Role.BUDGET_HOLDER,)
        assert person(db, "jon").freshness.value == pytest.approx(0.8, abs=1e-3)
        run.change_role(db, role=Role.BUDGET_HOLDER, held=False, **change)
        assert person(db, "jon").roles == ()
        assert [sign.kind for sign in store.signs(db, "jon")] == [Sign.EDITED]


def test_the_csm_overrules_a_role_of_the_crm(database: Database) -> None:
    with database.begin() as db:
        change: dict[str, Any] = {"account_id": "acc-1", "contact_id": "ana", "viewer": DANA, "now": NOW}
        run.change_role(db, role=Role.CHAMPION, held=False, **change)
        assert person(db, "ana").roles == (Role.INFLUENCER,)
        assert store.roles_of(db, "acc-1", "ana") == [Role.INFLUENCER]


def test_a_person_added_fills_the_place_and_is_worth_the_points_promised(database: Database) -> None:
    with database.begin() as db:
        steps = store.recruiting(db, DANA, now=NOW, preferences=PREFERENCES)
        promised = next(step.points for step in steps if step.roles == (Role.BUDGET_HOLDER,))
        before = team(db).coverage
        added = run.add_person(
            db,
            account_id="acc-1",
            first_name="Jon",
            last_name="Vik",
            email="jon@x.example",
            viewer=DANA,
            now=NOW,
            roles=[Role.BUDGET_HOLDER],
        )
        after = team(db).coverage
        assert person(db, added).name == "Jon Vik"
    assert before is not None
    assert after is not None
    assert round(100 * (after.fresh - before.fresh)) == promised == 20


def test_nobody_acts_on_what_is_not_theirs(database: Database) -> None:
    about: dict[str, Any] = {"viewer": OTHER, "now": NOW}
    with database.begin() as db:
        id = suggested(db, SuggestionKind.LEFT)
        acts: list[Callable[[], object]] = [
            lambda: run.mark_left(db, contact_id="ana", **about),
            lambda: run.change_role(db, account_id="acc-1", contact_id="ana", role=Role.CHAMPION, held=False, **about),
            lambda: run.add_person(db, account_id="acc-1", first_name="J", last_name="V", email=None, **about),
            lambda: run.decide(db, suggestion_id=id, accepted=True, **about),
        ]
        for act in acts:
            with pytest.raises(NotFound):
                act()
        assert person(db, "ana").reachable


def test_accepting_that_somebody_left_with_the_successor_settles_both(database: Database) -> None:
    with database.begin() as db:
        left = suggested(db, SuggestionKind.LEFT)
        suggested(db, SuggestionKind.SUCCESSOR, "s:2", name="Simon Achebe", address="simon@x.example")
        added = decided(db, left)
        assert added is not None
        assert person(db, "ana").why_not_reachable == NotAsked.LEFT
        assert (person(db, added).name, person(db, added).roles) == (
            "Simon Achebe",
            (Role.CHAMPION, Role.INFLUENCER),
        )
        assert store.suggestions(db, DANA) == []
        assert {one.state for one in store.suggestions(db, DANA, state=None)} == {SuggestionState.ACCEPTED}


def test_accepting_a_bounce_adds_nobody_at_the_dead_address(database: Database) -> None:
    with database.begin() as db:
        bounced = suggested(db, SuggestionKind.BOUNCED, address="ana@x.example")
        assert decided(db, bounced) is None
        assert person(db, "ana").why_not_reachable == NotAsked.LEFT


def test_the_successor_can_be_left_for_later(database: Database) -> None:
    with database.begin() as db:
        left = suggested(db, SuggestionKind.LEFT)
        suggested(db, SuggestionKind.SUCCESSOR, "s:2", name="Simon Achebe")
        assert decided(db, left, successor_too=False) is None
        assert [one.name for one in store.suggestions(db, DANA)] == ["Simon Achebe"]


def test_marking_somebody_as_left_settles_the_reply_that_said_so(database: Database) -> None:
    with database.begin() as db:
        suggested(db, SuggestionKind.LEFT)
        suggested(db, SuggestionKind.SUCCESSOR, "s:2", name="Simon Achebe")
        run.mark_left(db, contact_id="ana", viewer=DANA, now=NOW)
        assert [one.kind for one in store.suggestions(db, DANA)] == [SuggestionKind.SUCCESSOR]


def test_declining_that_somebody_left_confirms_them(database: Database) -> None:
    with database.begin() as db:
        add_sign(db, "ana", "left", NOW - timedelta(days=1))
        assert person(db, "ana").why_not_reachable == NotAsked.LEFT
        assert decided(db, suggested(db, SuggestionKind.LEFT), accepted=False) is None
        assert person(db, "ana").reachable
        assert person(db, "ana").freshness.value > 0.89


def test_a_referral_adds_the_colleague_or_finds_who_is_there(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "jon", email="jon@x.example")
        first = suggested(db, SuggestionKind.REFERRAL, name="Jon Vik", address="jon@x.example")
        assert decided(db, first, roles=[Role.BUDGET_HOLDER]) == "jon"
        assert person(db, "jon").roles == (Role.BUDGET_HOLDER,)
        second = suggested(db, SuggestionKind.REFERRAL, "s:2", name="Eva", address="eva@x.example")
        added = decided(db, second)
        assert added is not None
        assert person(db, added).name == "Eva"


def test_declining_a_referral_says_nothing_about_who_named_them(database: Database) -> None:
    with database.begin() as db:
        before = store.signs(db, "ana")
        decided(db, suggested(db, SuggestionKind.REFERRAL, name="Jon Vik"), accepted=False)
        assert store.signs(db, "ana") == before


def test_a_change_of_role_leaves_exactly_the_new_ones(database: Database) -> None:
    with database.begin() as db:
        decided(db, suggested(db, SuggestionKind.CHANGED_ROLE), roles=[Role.INFLUENCER, Role.END_USER])
        assert person(db, "ana").roles == (Role.INFLUENCER, Role.END_USER)


def test_a_suggestion_is_decided_once(database: Database) -> None:
    with database.begin() as db:
        id = suggested(db, SuggestionKind.CHANGED_ROLE)
        decided(db, id, accepted=False)
        with pytest.raises(Refused, match="Dana Whitlock has declined this already"):
            decided(db, id)
        assert store.suggestion(db, id, TERMINAL).decided_by == "Dana Whitlock"
