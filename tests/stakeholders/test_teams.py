"""Teams out of the tables, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, insert

from tests.builders import (
    NOW,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_message,
    add_sign,
    add_suppression,
    add_wave,
)
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import NotAsked, Role, Segment
from voc.stakeholders import run, store
from voc.stakeholders.model import Holder, Team

PREFERENCES = Preferences()


def look(db: Connection, account_id: str = "acc-1") -> Team:
    return store.team(db, account_id, now=NOW, preferences=PREFERENCES)


def person(team: Team, contact_id: str) -> Holder:
    return next(one for one in (*team.people, *team.others) if one.contact_id == contact_id)


@pytest.fixture(autouse=True)
def ground(database: Database) -> None:
    with database.begin() as db:
        add_csm(db)
        add_account(db)
        run.install_defaults(db)


def test_the_default_matrix_is_put_in_once(database: Database) -> None:
    with database.begin() as db:
        run.install_defaults(db)
        matrix = store.role_matrix(db)
    assert [sum(one.weight for one in matrix[segment]) for segment in Segment] == [12, 10, 5]
    assert [one.role for one in matrix[Segment.SMALL]] == [Role.DECISION_MAKER, Role.CHAMPION, Role.END_USER]


def test_a_team_knows_who_fills_which_place_and_how_sure_that_is(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana", roles=("champion", "influencer"))
        add_contact(db, "jon", roles=("decision_maker",))
        add_contact(db, "eva")
        add_sign(db, "ana", "answered", NOW - timedelta(days=180))
        team = look(db)
    assert team.coverage is not None
    assert team.coverage.fresh == pytest.approx(0.3)
    assert team.coverage.named == pytest.approx(0.6)
    assert person(team, "ana").freshness.value == pytest.approx(0.867818, abs=1e-6)
    assert person(team, "jon").freshness.value == 0
    assert [one.contact_id for one in team.others] == ["eva"]
    assert (team.threads.people, team.threads.single_threaded) == (2, True)


def test_decision_makers_fade_faster_than_champions(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana", roles=("champion",))
        add_contact(db, "jon", roles=("decision_maker",))
        for who in ("ana", "jon"):
            add_sign(db, who, "answered", NOW - timedelta(days=365.25))
        team = look(db)
    assert person(team, "ana").freshness.value == pytest.approx(0.75)
    assert person(team, "jon").freshness.value == pytest.approx(0.70)


def test_an_opt_out_belongs_to_the_address_whatever_row_carries_it(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", name="Globex")
        add_contact(db, "ana", roles=("champion",), email="ana@x.example")
        add_contact(db, "ana-2", account_id="acc-2", email="ana@x.example", opted_out=True)
        add_contact(db, "jon", roles=("end_user",), email="jon@x.example")
        add_suppression(db, "jon@x.example", "bounced")
        add_contact(db, "eva", roles=("influencer",), email="eva@x.example")
        add_suppression(db, "eva@x.example", "bounced", lifted_at=NOW)
        team = look(db)
    assert person(team, "ana").why_not_reachable == NotAsked.OPTED_OUT
    assert person(team, "jon").why_not_reachable == NotAsked.BOUNCED
    assert person(team, "eva").reachable


def test_who_was_deleted_or_merged_is_nobody_and_who_was_set_aside_covers_nothing(database: Database) -> None:
    with database.begin() as db:
        for id, state in (("del", "deleted"), ("old", "merged"), ("lost", "set_aside")):
            add_contact(db, id, roles=("champion",), state=state)
        team = look(db)
    assert [(one.contact_id, one.why_not_reachable) for one in team.people] == [("lost", NotAsked.SET_ASIDE)]


def test_the_winner_of_a_merge_inherits_the_signs_of_both(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana", roles=("champion",))
        add_contact(db, "old", state="merged")
        db.execute(insert(schema.alias).values(kind="contact", loser_id="old", winner_id="ana"))
        add_sign(db, "old", "answered", NOW - timedelta(days=10))
        add_sign(db, "ana", "edited", NOW - timedelta(days=5))
        assert look(db).people[0].freshness.value > 0.99
        assert [one.kind for one in store.signs(db, "ana")] == ["edited", "answered"]


def test_a_holder_from_elsewhere_counts_here_too(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", name="Globex")
        add_contact(db, "jon", account_id="acc-2", roles=("end_user",))
        row = {"account_id": "acc-1", "contact_id": "jon", "role": "champion", "direct": False}
        db.execute(insert(schema.contact_role).values(**row))
        here = look(db)
    assert [(one.contact_id, one.direct, one.roles) for one in here.people] == [("jon", False, (Role.CHAMPION,))]


def test_only_mail_that_went_to_the_person_is_evidence(database: Database) -> None:
    with database.begin() as db:
        for who, recipient in (("ana", "ana@x.example"), ("jon", "everything@test.example")):
            add_contact(db, who, roles=("champion",), email=f"{who}@x.example")
            add_sign(db, who, "answered", NOW - timedelta(days=650))
            db.execute(
                insert(schema.message).values(
                    key=who,
                    kind="chase",
                    contact_id=who,
                    address=f"{who}@x.example",
                    recipient=recipient,
                    return_path=f"{who}@bounce.example",
                    subject="",
                    message_id=who,
                    created_at=NOW,
                    due_at=NOW,
                    state="sent",
                    sent_at=NOW,
                )
            )
        team = look(db)
    assert person(team, "ana").freshness.value == pytest.approx(0.83, abs=0.01)
    assert person(team, "ana").freshness.delivered_at == NOW
    assert person(team, "jon").freshness.value == pytest.approx(0.60, abs=0.01)


def test_a_reminder_of_a_confidential_wave_is_no_evidence_of_delivery(database: Database) -> None:
    """It goes only to those who have not answered, and the contact's page names its day."""
    with database.begin() as db:
        add_contact(db, "ana", roles=("champion",), email="ana@x.example")
        add_sign(db, "ana", "answered", NOW - timedelta(days=650))
        version = {"name": "relationship", "hash": "v1", "files": {}, "created_at": NOW}
        table = schema.questionnaire_version
        version_id = db.execute(insert(table).values(**version).returning(table.c.id)).scalar_one()
        of = {"campaign_id": add_campaign(db), "questionnaire_version_id": version_id}
        wave_id = add_wave(db, confidential=True, **of)
        for step, at in (("invite", NOW - timedelta(days=9)), ("reminder_1", NOW)):
            mail = {"contact_id": "ana", "address": "ana@x.example", "wave_id": wave_id, "step": step, "sent_at": at}
            add_message(db, step, **mail)
        team = look(db)
    assert person(team, "ana").freshness.delivered_at == NOW - timedelta(days=9)


def test_an_account_without_a_segment_has_people_but_no_coverage(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", segment=None)
        add_contact(db, "ana", account_id="acc-2", roles=("champion",))
        team = look(db, "acc-2")
    assert team.coverage is None
    assert [one.contact_id for one in team.others] == ["ana"]


def test_an_unknown_account_has_no_team(database: Database) -> None:
    with database.read() as db, pytest.raises(NotFound):
        look(db, "nobody")


def test_teams_of_all_are_those_of_valid_customers_in_a_constant_number_of_queries(database: Database) -> None:
    counted: list[str] = []
    with database.begin() as db:
        add_account(db, "prospect", status="prospect")
        add_account(db, "gone", state="deleted")
        for number in range(20):
            add_account(db, f"more-{number}")
            add_contact(db, f"con-{number}", account_id=f"more-{number}", roles=("champion",))
        event.listen(db, "before_cursor_execute", lambda *args: counted.append(args[2]))
        found = store.teams(db, None, now=NOW, preferences=PREFERENCES)
        for_all = len(counted)
        few = store.teams(db, ["acc-1", "more-1", "nobody"], now=NOW, preferences=PREFERENCES)
    assert for_all == len(counted) - for_all == 10
    assert len(found) == 21
    assert few == {id: found[id] for id in ("acc-1", "more-1")}


def test_a_fact_is_recorded_once_and_only_of_somebody_known(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana")
        fact = {"key": "answer:1", "kind": "answered", "at": NOW, "source": "page"}
        assert run.record(db, contact_id="ana", **fact)  # type: ignore[arg-type]  # a plain dict holds the words
        assert not run.record(db, contact_id="ana", **fact)  # type: ignore[arg-type]  # as above
        assert not run.record(db, contact_id="nobody", **{**fact, "key": "x"})  # type: ignore[arg-type]  # as above
        assert len(store.signs(db, "ana")) == 1


def test_what_a_claim_freezes_of_people_is_what_their_teams_say(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2")
        add_contact(db, "ana", roles=("influencer", "champion"))
        add_contact(db, "jon", roles=("decision_maker",))
        add_contact(db, "eva")
        add_contact(db, "guest", account_id="acc-2")
        add_sign(db, "ana", "answered", NOW - timedelta(days=180))
        add_sign(db, "jon", "meeting", NOW - timedelta(days=90))
        add_sign(db, "jon", "bounced", NOW - timedelta(days=30))
        add_sign(db, "eva", "clicked", NOW + timedelta(days=1))
        add_message(db, "inv:1:invite", contact_id="ana", sent_at=NOW - timedelta(days=1), state="sent")
        people = {("acc-1", id): id != "guest" for id in ("ana", "jon", "eva", "guest")}
        said = store.standings(db, people, now=NOW, preferences=PREFERENCES)
        held = store.holders(db, people, now=NOW, preferences=PREFERENCES)
    assert {pair: (one.roles, one.freshness) for pair, one in said.items()} == {
        pair: (one.roles, one.freshness.value) for pair, one in held.items()
    }
    assert len(said) == 3
