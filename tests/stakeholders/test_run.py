"""What a CSM and a sync change, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from tests.builders import NOW, TODAY, add_account, add_contact, add_csm, add_sign, add_suppression
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import (
    NotAsked,
    Role,
    Segment,
    Sign,
    StaffRole,
    SuggestionKind,
    SuggestionState,
    SuppressionReason,
)
from voc.stakeholders import run, store
from voc.stakeholders.model import CaughtUp, Holder, Requirement

PREFERENCES = Preferences()
DANA = Viewer(1, "Dana Whitlock", StaffRole.CSM, "csm-1")
OTHER = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")
LEAD = Viewer(3, "Ingrid Solheim", StaffRole.LEAD, "lead-1")


@pytest.fixture(autouse=True)
def ground(database: Database) -> None:
    with database.begin() as db:
        add_csm(db, manager_id="lead-1")
        add_csm(db, "csm-2", name="Ben Carver")
        add_account(db)
        add_contact(db, "ana", roles=("champion",), email="ana@x.example")
        run.install_defaults(db)


def ana(db: Connection, now: datetime = NOW) -> Holder:
    team = store.team(db, "acc-1", now=now, preferences=PREFERENCES)
    return next(one for one in (*team.people, *team.others) if one.contact_id == "ana")


def audited(db: Connection) -> list[str]:
    return [row.action for row in db.execute(select(schema.audit.c.action).order_by(schema.audit.c.id))]


def add_activity(db: Connection, id: str, on: date, **values: object) -> None:
    row = {"account_id": "acc-1", "contact_id": "ana", "csm_id": "csm-1", "kind": "EBR", "state": "live", "hash": ""}
    db.execute(insert(schema.activity).values(**{"id": id, "on": on, **row, **values}))


def test_a_confirmation_makes_fresh_and_carries_the_name_of_who_said_so(database: Database) -> None:
    with database.begin() as db:
        run.confirm(db, contact_id="ana", viewer=DANA, now=NOW)
        found = ana(db).freshness
    assert (found.value, found.without_own_word) == (0.9, 0.0)
    assert found.sign is not None
    assert (found.sign.kind, found.sign.source) == (Sign.CONFIRMED, "Dana Whitlock")


def test_somebody_elses_contact_is_not_found_and_the_lead_sees_the_teams(database: Database) -> None:
    with pytest.raises(NotFound), database.begin() as db:
        run.confirm(db, contact_id="ana", viewer=OTHER, now=NOW)
    with database.begin() as db:
        run.confirm(db, contact_id="ana", viewer=LEAD, now=NOW)


def test_who_has_the_account_where_a_contact_holds_a_role_may_confirm_them(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", csm_id="csm-2")
        db.execute(insert(schema.contact_role).values(account_id="acc-2", contact_id="ana", role="influencer"))
        run.confirm(db, contact_id="ana", viewer=OTHER, now=NOW)
        assert ana(db).freshness.value == 0.9


def test_past_meetings_of_a_sync_become_signs_once(database: Database) -> None:
    with database.begin() as db:
        add_activity(db, "past", TODAY - timedelta(days=90))
        add_activity(db, "today", TODAY)
        add_activity(db, "future", TODAY + timedelta(days=9))
        add_activity(db, "nobody", TODAY - timedelta(days=9), contact_id=None)
        add_activity(db, "unknown", TODAY - timedelta(days=9), contact_id="lead-7")
        add_activity(db, "deleted", TODAY - timedelta(days=9), state="deleted")
        assert run.catch_up(db, NOW) == CaughtUp(meetings=1)
        assert run.catch_up(db, NOW) == CaughtUp()
        (sign,) = store.signs(db, "ana")
        assert (sign.kind, sign.source, sign.quote) == (Sign.MEETING, "Dana Whitlock", "EBR")
        assert run.catch_up(db, NOW + timedelta(days=1)).meetings == 1


def test_an_opt_out_in_the_crm_stands_after_the_crm_forgot_it(database: Database) -> None:
    with database.begin() as db:
        db.execute(update(schema.contact).values(opted_out=True))
        assert run.catch_up(db, NOW).opt_outs == 1
        db.execute(update(schema.contact).values(opted_out=False))
        assert run.catch_up(db, NOW) == CaughtUp()
        assert ana(db).why_not_reachable == NotAsked.OPTED_OUT


def test_the_winner_of_a_merge_inherits_the_opt_out_of_the_loser(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "old", email="old@x.example", state="merged")
        db.execute(insert(schema.alias).values(kind="contact", loser_id="old", winner_id="ana"))
        add_suppression(db, "old@x.example", "opt_out")
        assert run.catch_up(db, NOW).opt_outs == 1
        assert [one.reason for one in store.suppressions(db, "Ana@X.example")] == [SuppressionReason.OPT_OUT]
        assert run.catch_up(db, NOW) == CaughtUp()


def test_a_bounce_in_the_crm_cancels_earlier_signs_and_is_lifted_when_taken_back(database: Database) -> None:
    with database.begin() as db:
        add_sign(db, "ana", "answered", NOW - timedelta(days=60))
        db.execute(update(schema.contact).values(bounced=True, bounced_on=TODAY - timedelta(days=30)))
        assert run.catch_up(db, NOW).bounces == 1
        assert run.catch_up(db, NOW) == CaughtUp()
        assert (ana(db).why_not_reachable, ana(db).freshness.value) == (NotAsked.BOUNCED, 0.0)
        db.execute(update(schema.contact).values(bounced=False))
        assert run.catch_up(db, NOW).bounces_taken_back == 1
        assert ana(db).reachable


def test_a_bounce_that_our_own_mail_saw_is_not_lifted_by_the_crm(database: Database) -> None:
    with database.begin() as db:
        run.suppress(db, address="Ana@x.example", reason=SuppressionReason.BOUNCED, at=NOW, source="mail")
        assert run.catch_up(db, NOW) == CaughtUp()
        assert ana(db).why_not_reachable == NotAsked.BOUNCED


def test_left_in_the_crm_is_a_sign_once(database: Database) -> None:
    with database.begin() as db:
        add_sign(db, "ana", "answered", NOW - timedelta(days=1))
        db.execute(update(schema.contact).values(left_company=True))
        assert run.catch_up(db, NOW).left == 1
        assert run.catch_up(db, NOW + timedelta(days=1)) == CaughtUp()
        assert (ana(db).why_not_reachable, ana(db).freshness.value) == (NotAsked.LEFT, 0.0)


def test_an_exclusion_needs_a_reason_and_an_end_within_a_year(database: Database) -> None:
    wrong = [("", TODAY + timedelta(days=9)), ("in court", TODAY), ("in court", TODAY + timedelta(days=400))]
    for reason, until in wrong:
        with pytest.raises(Refused), database.begin() as db:
            run.exclude(db, account_id="acc-1", reason=reason, expires_on=until, viewer=DANA, now=NOW)
    with database.begin() as db:
        until = TODAY + timedelta(days=30)
        id = run.exclude(
            db, account_id="acc-1", contact_id="ana", reason=" ill ", expires_on=until, viewer=DANA, now=NOW
        )
        (found,) = store.exclusions(db, TERMINAL, today=TODAY)
        assert (found.contact_name, found.reason, found.by) == ("Ana Ruiz", "ill", "Dana Whitlock")
        assert store.exclusions(db, OTHER, today=TODAY) == []
        assert store.exclusions(db, TERMINAL, today=until) == []
        run.end_exclusion(db, exclusion_id=id, viewer=DANA, now=NOW)
        run.end_exclusion(db, exclusion_id=id, viewer=DANA, now=NOW)
        assert store.exclusions(db, TERMINAL, today=TODAY) == []
        assert audited(db) == ["excluded", "exclusion ended"]


def test_the_role_matrix_is_changed_whole_and_audited_with_what_changed(database: Database) -> None:
    clara = Viewer(9, "Clara", StaffRole.ADMIN)
    wanted = [Requirement(Segment.SMALL, Role.CHAMPION, 2), Requirement(Segment.SMALL, Role.END_USER, 1)]
    with database.begin() as db:
        run.set_role_matrix(db, wanted, viewer=clara, now=NOW)
        run.set_role_matrix(db, wanted, viewer=clara, now=NOW)
        assert store.role_matrix(db)[Segment.SMALL] == tuple(wanted)
        assert store.role_matrix(db)[Segment.ENTERPRISE] == ()
        detail = db.execute(select(schema.audit.c.detail)).scalar_one()["changed"]
    assert detail["small:champion"] == [[1, 1], [2, 1]]
    assert detail["enterprise:champion"] == [[2, 1], None]
    assert "small:end_user" not in detail


@pytest.mark.parametrize("cell", [(0, 1), (11, 1), (1, 0)])
def test_a_cell_that_cannot_be_is_refused_with_its_place(cell: tuple[int, int], database: Database) -> None:
    wrong = [Requirement(Segment.SMALL, Role.CHAMPION, *cell)]
    with database.begin() as db:
        with pytest.raises(Refused) as refused:
            run.set_role_matrix(db, wrong, viewer=TERMINAL, now=NOW)
        with pytest.raises(Refused, match="Only an admin"):
            run.set_role_matrix(db, [], viewer=DANA, now=NOW)
    assert refused.value.field == "small:champion"


def test_a_bounce_is_lifted_by_whoever_may_see_the_contact_and_an_opt_out_by_nobody(database: Database) -> None:
    with database.begin() as db:
        add_suppression(db, "ana@x.example", "bounced")
        with pytest.raises(NotFound):
            run.lift_bounce(db, contact_id="ana", viewer=OTHER, now=NOW)
        assert ana(db).why_not_reachable == NotAsked.BOUNCED
        assert run.lift_bounce(db, contact_id="ana", viewer=DANA, now=NOW) == "Ana Ruiz"
        assert ana(db).reachable
        assert audited(db) == ["bounce lifted"]
        add_suppression(db, "ana@x.example", "opt_out")
        for viewer in (DANA, TERMINAL):
            with pytest.raises(Refused, match="No bounce"):
                run.lift_bounce(db, contact_id="ana", viewer=viewer, now=NOW)
        assert ana(db).why_not_reachable == NotAsked.OPTED_OUT
        assert audited(db) == ["bounce lifted"]


def test_a_bounce_that_the_crm_tells_of_any_row_with_the_address_is_corrected_there(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana-2", email="ana@x.example", bounced=True)
        add_suppression(db, "ana@x.example", "bounced")
        with pytest.raises(Refused, match="The CRM says that mail to Ana Ruiz bounced"):
            run.lift_bounce(db, contact_id="ana", viewer=DANA, now=NOW)
        assert ana(db).why_not_reachable == NotAsked.BOUNCED


def test_a_lifted_bounce_settles_what_it_suggested_and_the_next_one_counts_again(database: Database) -> None:
    with database.begin() as db:
        run.suppress(db, address="ana@x.example", reason=SuppressionReason.BOUNCED, source="mail", at=NOW)
        run.suggest(
            db,
            key="bounced:ana",
            kind=SuggestionKind.BOUNCED,
            account_id="acc-1",
            contact_id="ana",
            now=NOW,
            address="ana@x.example",
        )
        run.lift_bounce(db, contact_id="ana", viewer=DANA, now=NOW)
        assert store.suggestions(db, DANA) == []
        assert run.suppress(
            db, address="ana@x.example", reason=SuppressionReason.BOUNCED, source="mail", at=NOW + timedelta(days=1)
        )
        assert ana(db).why_not_reachable == NotAsked.BOUNCED


def test_a_suggestion_is_told_once_to_whom_it_concerns(database: Database) -> None:
    with database.begin() as db:
        for _ in range(2):
            run.suggest(
                db,
                key="refer:1",
                kind=SuggestionKind.REFERRAL,
                account_id="acc-1",
                contact_id="ana",
                now=NOW,
                name="Jon Vik",
                address=" Jon@X.example ",
                role=Role.BUDGET_HOLDER,
            )
        (found,) = store.suggestions(db, DANA)
        assert (found.contact_name, found.name, found.address) == ("Ana Ruiz", "Jon Vik", "jon@x.example")
        assert found.state == SuggestionState.OPEN
        assert store.suggestions(db, OTHER) == []


def test_what_was_said_of_a_merged_account_stands_for_the_winner(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", name="Globex", csm_id="csm-2")
        until = TODAY + timedelta(days=9)
        run.exclude(db, account_id="acc-1", reason="in court", expires_on=until, viewer=DANA, now=NOW)
        kind = SuggestionKind.LEFT
        run.suggest(db, key="left:1", kind=kind, account_id="acc-1", contact_id="ana", now=NOW)
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(state="merged"))
        db.execute(insert(schema.alias).values(kind="account", loser_id="acc-1", winner_id="acc-2"))
        assert [one.account_id for one in store.exclusions(db, OTHER, today=TODAY)] == ["acc-2"]
        assert [one.account_id for one in store.suggestions(db, OTHER, account_id="acc-2")] == ["acc-2"]


def test_the_recruiting_list_is_of_the_viewers_own_customers_most_valuable_first(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", csm_id="csm-2", name="Globex")
        add_account(db, "acc-3", name="A prospect", status="prospect")
        run.confirm(db, contact_id="ana", viewer=DANA, now=NOW)
        mine = store.recruiting(db, DANA, now=NOW, preferences=PREFERENCES)
        everything = store.recruiting(db, TERMINAL, now=NOW, preferences=PREFERENCES)
        one = store.recruiting(db, TERMINAL, now=NOW, preferences=PREFERENCES, account_id="acc-2")
    assert [step.points for step in mine] == [30, 20, 10, 10, 10]
    assert mine[0].sentence == "Calder & Moss Foods has no decision maker: +30 points of coverage"
    assert len(everything) == 11
    assert {step.account.name for step in one} == {"Globex"}


def test_a_first_sync_shows_both_coverages_until_three_in_ten_have_a_sign(database: Database) -> None:
    with database.begin() as db:
        for number in range(9):
            add_contact(db, f"con-{number}")
        add_sign(db, "con-0", "bounced")
        add_sign(db, "ana")
        add_sign(db, "ana", "meeting")
        add_sign(db, "con-1")
        few = store.signs_known(db, DANA, now=NOW)
        add_sign(db, "con-2")
        enough = store.signs_known(db, DANA, now=NOW)
    assert (few.contacts, few.with_sign, few.both_coverages) == (10, 2, True)
    assert not enough.both_coverages


def test_a_sign_under_a_merged_id_is_the_winners_for_whoever_sees_the_account(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "old", state="merged")
        db.execute(insert(schema.alias).values(kind="contact", loser_id="old", winner_id="ana"))
        add_sign(db, "old")
        add_csm(db, "csm-9")
        add_account(db, "acc-9", csm_id="csm-9", name="Of somebody else")
        add_contact(db, "eva", account_id="acc-9")
        add_sign(db, "eva")
        mine = store.signs_known(db, DANA, now=NOW)
        everybodys = store.signs_known(db, TERMINAL, now=NOW)
    assert (mine.contacts, mine.with_sign) == (1, 1)
    assert (everybodys.contacts, everybodys.with_sign) == (2, 2)


def test_a_day_of_the_crm_is_noon_in_utc(database: Database) -> None:
    with database.begin() as db:
        add_activity(db, "past", date(2026, 2, 1))
        run.catch_up(db, NOW)
        assert store.signs(db, "ana")[0].at == datetime(2026, 2, 1, 12, tzinfo=UTC)
