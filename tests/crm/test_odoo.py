"""What is Odoo's own: two protocols, silence about what is gone, dates that stand still, tracebacks."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from tests.crm import promise
from tests.crm.company import START, standard
from tests.crm.odoo_tables import OTHER_TAG
from tests.crm.server import Fault
from tests.crm.standin_odoo import IN_TRACEBACK, KEY, QUICK, Failure, StandIn, start
from voc.accounts.connection import Connection, ObjectMap, Secret
from voc.accounts.connector import FieldState, Span, Write, WriteWhat, Wrote
from voc.accounts.crm.odoo import Odoo
from voc.accounts.crm.odoo.domains import both, either, negated
from voc.accounts.crm.odoo.texts import plain, split_name
from voc.accounts.model import Incoming, Kind, Reason, RecordState, Role, RunState, SyncReport
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import GiveUp, Misconfigured, TryLater, VocError

LATER = START + timedelta(days=400)
OLD, NEW = "17.0+e", "19.0"


@pytest.fixture
def odoo() -> Iterator[StandIn]:
    with start(standard()) as peer:
        yield peer


def opened(peer: StandIn, connection: Connection | None = None) -> Odoo:
    source = peer.source(connection)
    source.open()
    return source


def everything(source: Odoo, kind: Kind, *, known: tuple[str, ...] = ()) -> dict[str, Incoming]:
    return _read(source, kind, Span(None, LATER), known)


def changed(peer: StandIn, kind: Kind, *, minutes: int = 10, known: tuple[str, ...] = ()) -> dict[str, Incoming]:
    now = peer.company.now
    return _read(opened(peer), kind, Span(now - timedelta(minutes=minutes), now + timedelta(minutes=1)), known)


def _read(source: Odoo, kind: Kind, span: Span, known: tuple[str, ...]) -> dict[str, Incoming]:
    pages = source.pages(kind, span, after=None, known=lambda _: iter([known]))
    return {row.id: row for page in pages for row in page.rows}


def with_object(peer: StandIn, kind: Kind, **said: Any) -> Connection:
    connection, _ = peer.connection()
    own = msgspec.structs.replace(connection.objects.get(kind, ObjectMap()), **said)
    return msgspec.structs.replace(connection, objects={**connection.objects, kind: own})


# --- protocols ----------------------------------------------------------------------------------


def test_odoo_before_19_is_read_over_json_rpc_and_says_the_same() -> None:
    read = {}
    for version in (NEW, OLD, "saas~18.3"):
        with start(standard(), version=version) as peer:
            source = opened(peer)
            read[version] = {kind: {id: row.cells for id, row in everything(source, kind).items()} for kind in Kind}
            paths = {path.split("/")[1] for _, path in peer.http.requests}
            assert paths == {"web", "json"} if version == NEW else {"web", "jsonrpc"}
    assert read[NEW] == read[OLD] == read["saas~18.3"]
    assert all(read[NEW][kind] for kind in Kind)


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_wrong_key_says_what_to_do_and_is_in_no_sentence(version: str) -> None:
    with start(standard(), version=version) as peer:
        connection, _ = peer.connection()
        peer.sources.append(Odoo(connection, {Secret.API_KEY: "wrong-key-planted"}, peer.outside(), limits=QUICK))
        with pytest.raises(Misconfigured, match="API key") as caught:
            peer.sources[-1].open()
        assert "planted" not in str(caught.value)


def test_before_19_the_database_and_the_login_are_asked_for() -> None:
    with start(standard(), version=OLD) as peer:
        connection, _ = peer.connection()
        with pytest.raises(Misconfigured, match="database and the login"):
            opened(peer, msgspec.structs.replace(connection, user=None))


def test_a_database_that_is_not_there_is_named(odoo: StandIn) -> None:
    connection, _ = odoo.connection()
    with pytest.raises(Misconfigured, match="the database elsewhere"):
        opened(odoo, msgspec.structs.replace(connection, database="elsewhere"))


@pytest.mark.parametrize("version", [NEW, OLD])
@pytest.mark.parametrize(
    "name", ["builtins.ValueError", "odoo.exceptions.UserError", "psycopg2.errors.UndefinedColumn", "x.<script>y"]
)
def test_what_odoo_itself_got_wrong_is_asked_once_and_its_traceback_is_nowhere(version: str, name: str) -> None:
    with start(standard(), version=version) as peer:
        source = opened(peer)
        before = len(peer.http.requests)
        peer.failures.append(Failure(name, 500, "secret"))
        with pytest.raises(GiveUp) as caught:
            everything(source, Kind.ACCOUNT)
        assert len(peer.http.requests) == before + 1
        assert IN_TRACEBACK not in str(caught.value)
        assert "<script>" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_lock_or_a_restarting_database_is_asked_again(version: str) -> None:
    with start(standard(), version=version) as peer:
        source = opened(peer)
        peer.failures += [
            Failure("psycopg2.errors.SerializationFailure", 500),
            Failure("psycopg2.OperationalError", 500),
        ]
        assert len(everything(source, Kind.ACCOUNT)) == 6
        assert len(peer.waits) == 2


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.TOO_MANY, Fault.CUT_SHORT, Fault.NOT_JSON, Fault.SILENCE])
def test_json_rpc_too_outlives_a_fault_and_gives_up_for_now_on_many(fault: Fault) -> None:
    with start(standard(), version=OLD) as peer:
        source = opened(peer)
        peer.http.fail(fault, path="/jsonrpc")
        assert len(everything(source, Kind.ACCOUNT)) == 6
        peer.http.fail(fault, path="/jsonrpc", times=99)
        with pytest.raises(TryLater):
            everything(source, Kind.ACCOUNT)


def test_a_list_that_leads_in_a_circle_ends_the_run(odoo: StandIn) -> None:
    source = opened(odoo)
    odoo.http.fail(Fault.LOOP, path="res.partner", times=99)
    with pytest.raises(GiveUp, match="circle"):
        everything(source, Kind.CONTACT)


# --- what a row is ------------------------------------------------------------------------------


def test_colleagues_our_own_company_and_persons_without_one_are_nobody_s_contacts(odoo: StandIn) -> None:
    source = opened(odoo)
    accounts, contacts = everything(source, Kind.ACCOUNT), everything(source, Kind.CONTACT)
    strangers = {str(odoo.shown.partner(key)) for key in ("__us__", "lone", "colleague")}
    assert len(accounts) == 6
    assert len(contacts) == 30
    assert not strangers & {*accounts, *contacts}


def test_tags_that_are_no_roles_are_left_out_and_told_once(odoo: StandIn) -> None:
    rows = everything(opened(odoo), Kind.RELATION)
    assert len(rows) == 30
    assert not any(OTHER_TAG in text for row in rows.values() for text in row.cells)
    assert any(OTHER_TAG in warning for warning in odoo.source().probe().warnings)


def test_one_name_becomes_two() -> None:
    assert split_name("Ana Maria Berg") == ("Ana", "Maria Berg")
    assert split_name("Berg, Ana Maria") == ("Ana Maria", "Berg")
    assert split_name("Ana Berg, PhD") == ("Ana", "Berg, PhD")
    assert split_name("  Madonna ") == ("", "Madonna")
    assert split_name("") == ("", "")


def test_empty_is_false_but_a_false_flag_and_a_zero_are_no_texts(odoo: StandIn) -> None:
    odoo.company.put(Kind.CONTACT, "bare", account_id="alder")
    source = opened(odoo)
    row = everything(source, Kind.CONTACT)[odoo.id_of(Kind.CONTACT, "bare")]
    assert row.cells[1:15] == ("",) * 14  # everything but its account and its day of creation
    assert plain(False) == plain(None) == ""
    assert plain("False") == "False"


def test_a_lost_deal_is_closed_although_odoo_archives_it_and_one_put_away_is_gone(odoo: StandIn) -> None:
    company = odoo.company
    company.change(Kind.OPPORTUNITY, "alder-renewal", closed=True)
    company.change(Kind.OPPORTUNITY, "birch-renewal", closed=True, won=True, stage="Won")
    company.delete(Kind.OPPORTUNITY, "cedar-renewal")
    rows = everything(opened(odoo), Kind.OPPORTUNITY)

    def closed_and_won(key: str) -> tuple[str, str] | None:
        row = rows[odoo.id_of(Kind.OPPORTUNITY, key)]
        return None if row.deleted else (row.cells[5], row.cells[6])

    assert closed_and_won("alder-renewal") == ("1", "")
    assert closed_and_won("birch-renewal") == ("1", "1")
    assert closed_and_won("cedar-renewal") is None
    assert closed_and_won("elm-renewal") == ("", "")


def test_only_some_rows_count_by_the_words_that_people_see(odoo: StandIn) -> None:
    odoo.company.change(Kind.OPPORTUNITY, "alder-renewal", kind="Upsell")
    only = with_object(odoo, Kind.OPPORTUNITY, only={"tag_ids": ["renewal"]})
    assert len(everything(opened(odoo, only), Kind.OPPORTUNITY)) == 5
    segment = with_object(odoo, Kind.ACCOUNT, only={"x_segment": ["ENTERPRISE"]})
    assert not everything(opened(odoo, segment), Kind.ACCOUNT)
    with pytest.raises(Misconfigured, match="nothing called renewl"):
        opened(odoo, with_object(odoo, Kind.OPPORTUNITY, only={"tag_ids": ["Renewl"]}))


def test_everybody_of_a_customer_was_in_the_meeting(odoo: StandIn) -> None:
    rows = everything(opened(odoo), Kind.ACTIVITY)
    id = odoo.id_of(Kind.ACTIVITY, "alder-ebr")
    account, contact = odoo.id_of(Kind.ACCOUNT, "alder"), odoo.id_of(Kind.CONTACT, "alder-0")
    assert rows[id].cells == (account, contact, odoo.id_of(Kind.CSM, "dana"), "Business review", "EBR",
                              "2026-02-01 09:00:00")  # fmt: skip
    # Somebody else came instead.
    odoo.company.change(Kind.ACTIVITY, "alder-ebr", contact_id="alder-3")
    found = changed(odoo, Kind.ACTIVITY, known=(*rows, "1-2"))
    assert found[id].deleted
    assert not found[odoo.id_of(Kind.ACTIVITY, "alder-ebr")].deleted
    assert "1-2" not in found


# --- windows ------------------------------------------------------------------------------------


def test_rows_of_one_second_are_read_whatever_their_microseconds(odoo: StandIn) -> None:
    company = odoo.company
    company.wait(minutes=30)
    for number in range(9):
        company.wait(milliseconds=number * 11)
        company.put(Kind.CONTACT, f"twin-{number}", account_id="elm", last_name="Twin")
    at = company.rows[Kind.CONTACT]["twin-8"].modified_at
    assert at.microsecond
    source = opened(odoo)
    first = _read(source, Kind.CONTACT, Span(at - timedelta(minutes=9), at), ())
    second = _read(source, Kind.CONTACT, Span(at, at + timedelta(minutes=9)), ())
    ids = {odoo.id_of(Kind.CONTACT, f"twin-{number}") for number in range(9)}
    assert ids <= first.keys() | second.keys()


def test_a_bookmark_goes_on_where_another_process_stopped(odoo: StandIn) -> None:
    span = Span(None, odoo.company.now)
    for kind in (Kind.CONTACT, Kind.RELATION):
        pages = opened(odoo).pages(kind, span, after=None, known=lambda _: iter(()))
        first = next(pages)
        rest = opened(odoo).pages(kind, span, after=first.bookmark, known=lambda _: iter(()))
        ids = [row.id for row in first.rows] + [row.id for page in rest for row in page.rows]
        assert len(ids) == len(set(ids)) == 30


def test_what_shows_in_a_row_is_found_by_its_own_date(odoo: StandIn) -> None:
    company = odoo.company
    opened(odoo)
    company.wait(hours=1)
    assert not changed(odoo, Kind.ACCOUNT)
    assert not changed(odoo, Kind.OPPORTUNITY)
    odoo.shown.touch("res.partner.industry", "Machinery")
    assert len(changed(odoo, Kind.ACCOUNT)) == 6
    odoo.shown.touch("crm.stage", "Open")
    assert len(changed(odoo, Kind.OPPORTUNITY)) == 6


def test_a_merge_of_companies_takes_their_people_along_without_touching_them(odoo: StandIn) -> None:
    company = odoo.company
    company.wait(hours=1)
    company.rows[Kind.ACCOUNT]["fir"].merged_into = "elm"
    company.change(Kind.ACCOUNT, "elm")  # the winner is written to, the people's own dates stand still
    for kind in (Kind.CONTACT, Kind.RELATION, Kind.OPPORTUNITY):
        for row in company.rows[kind].values():
            if row.values.get("account_id") == "fir":
                row.values["account_id"] = "elm"
    elm = odoo.id_of(Kind.ACCOUNT, "elm")
    contacts = changed(odoo, Kind.CONTACT)
    assert contacts[odoo.id_of(Kind.CONTACT, "fir-2")].cells[0] == elm
    assert changed(odoo, Kind.OPPORTUNITY)[odoo.id_of(Kind.OPPORTUNITY, "fir-renewal")].cells[0] == elm
    gone = odoo.id_of(Kind.ACCOUNT, "fir")
    assert gone not in changed(odoo, Kind.ACCOUNT, known=(gone,))
    assert gone not in {id for chunk in opened(odoo).ids(Kind.ACCOUNT) or () for id in chunk}


@pytest.mark.parametrize("may_read_it", [True, False])
def test_an_address_on_the_blacklist_is_news_although_the_contact_stands_still(
    odoo: StandIn, *, may_read_it: bool
) -> None:
    opened(odoo)
    odoo.company.wait(hours=1)
    if not may_read_it:
        odoo.forbidden["mail.blacklist"] = "Role / Administrator"
    assert not changed(odoo, Kind.CONTACT)
    odoo.company.rows[Kind.CONTACT]["elm-4"].values["opted_out"] = True
    found = changed(odoo, Kind.CONTACT)
    assert [row.cells[9] for row in found.values()] == ["1"]
    odoo.company.rows[Kind.CONTACT]["elm-4"].values["opted_out"] = False
    assert everything(opened(odoo), Kind.CONTACT)[odoo.id_of(Kind.CONTACT, "elm-4")].cells[9] == ""
    assert opened(odoo).daily(Kind.CONTACT)  # and who left the blacklist is found once a day


def test_a_role_given_or_renamed_from_the_tag_s_side_is_read_every_run(odoo: StandIn) -> None:
    source = opened(odoo)
    assert source.in_full(Kind.RELATION)
    before = everything(source, Kind.RELATION)
    ana = odoo.company.rows[Kind.RELATION]["alder-0-rel"]
    ana.values["roles"] = (Role.CHAMPION, Role.END_USER)
    nobody = odoo.company.rows[Kind.RELATION]["alder-1-rel"]
    nobody.values["roles"] = ()
    after = everything(source, Kind.RELATION, known=tuple(before))
    assert after[odoo.id_of(Kind.RELATION, "alder-0-rel")].cells[2] == "Champion;End User"
    assert after[odoo.id_of(Kind.RELATION, "alder-1-rel")].deleted
    assert sum(row.deleted for row in after.values()) == 1


def test_archived_is_deleted_and_comes_back(odoo: StandIn) -> None:
    id = odoo.id_of(Kind.CONTACT, "elm-2")
    odoo.company.wait(hours=1)
    odoo.company.delete(Kind.CONTACT, "elm-2")
    assert changed(odoo, Kind.CONTACT)[id].deleted
    odoo.company.restore(Kind.CONTACT, "elm-2")
    assert changed(odoo, Kind.CONTACT)[id].cells
    odoo.company.erase(Kind.CONTACT, "elm-2")
    assert id not in changed(odoo, Kind.CONTACT, known=(id,))


def test_some_are_found_as_they_are_now(odoo: StandIn) -> None:
    source = opened(odoo)
    for kind in Kind:
        ids = list(everything(source, kind))
        found = [row.id for page in source.some(kind, [*ids[:4], "999999", "", "x"]) for row in page.rows]
        assert sorted(found) == sorted(ids[:4])


# --- looking ------------------------------------------------------------------------------------


def test_an_opt_out_that_cannot_be_read_is_refused_and_another_can_be_mapped(odoo: StandIn) -> None:
    odoo.hidden.add(("res.partner", "is_blacklisted"))
    with pytest.raises(Misconfigured, match="opted out"):
        opened(odoo)
    fields = {**odoo.connection()[0].objects[Kind.CONTACT].fields, "opted_out": "x_left"}
    opened(odoo, with_object(odoo, Kind.CONTACT, fields=fields))


def test_a_mapped_field_that_is_not_there_is_refused_before_anything_is_read(odoo: StandIn) -> None:
    wrong = with_object(odoo, Kind.ACCOUNT, fields={"segment": "x_segmnt"})
    with pytest.raises(Misconfigured, match="x_segmnt"):
        opened(odoo, wrong)
    account = next(one for one in odoo.source(wrong).probe().objects if one.kind == Kind.ACCOUNT)
    assert [one.state for one in account.fields if one.column == "x_segmnt"] == [FieldState.MISSING]
    assert account.readable
    assert account.rows == 6


def test_the_probe_names_the_missing_group_in_odoo_s_words(odoo: StandIn) -> None:
    odoo.forbidden["crm.lead"] = "Sales / User: Own Documents Only"
    probe = odoo.source().probe()
    assert "crm.lead: Sales / User: Own Documents Only" in probe.missing_grants
    assert [one.readable for one in probe.objects if one.object == "crm.lead"] == [False, False]
    with pytest.raises(Misconfigured, match="Own Documents"):
        opened(odoo)
    assert opened(odoo, _without_deals(odoo))


def _without_deals(odoo: StandIn) -> Connection:
    connection = with_object(odoo, Kind.OPPORTUNITY, off=True)
    objects = {**connection.objects, Kind.OPPORTUNITY_ROLE: ObjectMap(off=True)}
    return msgspec.structs.replace(connection, objects=objects)


def test_the_probe_says_who_sees_only_their_own_deals_what_is_computed_and_what_changed(odoo: StandIn) -> None:
    odoo.lacks.add("sales_team.group_sale_salesman_all_leads")
    odoo.company.wait(days=40)
    odoo.company.change(Kind.CONTACT, "elm-1")
    probe = odoo.source(with_object(odoo, Kind.OPPORTUNITY, fields={})).probe()
    assert any("All Documents" in grant for grant in probe.missing_grants)
    found = {one.kind: one for one in probe.objects}
    assert (found[Kind.CONTACT].rows, found[Kind.CONTACT].changed_30_days) == (30, 1)
    assert any("res.partner (account)" in warning for warning in probe.warnings)
    computed = [one.field for one in found[Kind.OPPORTUNITY].fields if one.state == FieldState.CALCULATED]
    assert computed == ["currency"]
    assert probe.signed_in_as == "Dana (dana)"
    assert probe.version == NEW


def test_examples_and_spellings_are_the_words_that_people_see(odoo: StandIn) -> None:
    source = odoo.source()
    [account] = source.sample(Kind.ACCOUNT, limit=1)
    assert (account["industry_id"], account["user_id"], account["x_segment"]) == ("Machinery", "Dana", "Small")
    assert "Mid-Market" in source.spelled(Kind.ACCOUNT, "segment")
    assert {"Champion", OTHER_TAG} <= set(source.spelled(Kind.RELATION, "roles"))
    assert source.spelled(Kind.CONTACT, "title") == ["Head of things"]


# --- writing ------------------------------------------------------------------------------------


def task(odoo: StandIn, key: str = "follow-up:7", record_id: str | None = None, **more: str) -> Write:
    values = {"subject": "Call Ana", "body": "<b>She</b> asked\nfor help", "due_on": "2026-04-01", "owner_id": "",
              "contact_id": odoo.id_of(Kind.CONTACT, "alder-0"), "account_id": "", "closed": "", **more}  # fmt: skip
    return Write(key, WriteWhat.TASK, record_id, values)


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_task_is_made_once_whatever_became_of_the_answer(version: str) -> None:
    with start(standard(), version=version) as odoo:
        for _ in range(3):
            [wrote] = odoo.source().write([task(odoo)])
            assert wrote.done
            assert wrote.record_id == "1"
        [activity] = odoo.shown.own["mail.activity"].values()
        assert activity["note"] == "&lt;b&gt;She&lt;/b&gt; asked<br/>for help"
        # Closed by its key alone, when its id was never learnt; closing twice is nothing.
        assert [one.done for one in odoo.source().write([task(odoo, closed="1"), task(odoo, closed="1")])] == [True] * 2
        assert not activity["active"]
        # What the CSM has done is not made again.
        assert odoo.source().write([task(odoo, record_id="1")])[0].done
        assert not activity["active"]
        assert odoo.source().write([task(odoo, key="never-written", closed="1")])[0].record_id is None


def test_a_task_that_is_only_followed_is_never_made(odoo: StandIn) -> None:
    [made] = odoo.source().write([task(odoo, owner_id="7")])
    here, gone = (
        msgspec.structs.replace(task(odoo, key, due_on="2026-04-09"), only_if_there=True)
        for key in ("follow-up:7", "follow-up:8")
    )
    assert odoo.source().write([gone, here]) == [Wrote("follow-up:8", done=True), made]
    [activity] = odoo.shown.own["mail.activity"].values()
    assert (activity["date_deadline"], activity["user_id"]) == ("2026-04-09", "7")


def test_one_write_that_fails_stops_no_other_and_shows_nobody_s_data(odoo: StandIn) -> None:
    alder, birch = odoo.id_of(Kind.CONTACT, "alder-0"), odoo.id_of(Kind.CONTACT, "birch-0")
    asked = {"x_voc_last_asked": "2026-03-01"}
    wrote = odoo.source().write([
        Write("a", WriteWhat.CONTACT, alder, asked),
        Write("gone", WriteWhat.CONTACT, "999999", asked),
        Write("b", WriteWhat.CONTACT, birch, {"x_voc_score": "9", **asked}),
        Write("field", WriteWhat.ACCOUNT, alder, {"x_typo": "1"}),
        Write("type", WriteWhat.CONTACT, alder, {"x_voc_score": "nine"}),
        task(odoo, key="nobody", contact_id="999999"),
        Write("emptied", WriteWhat.CONTACT, birch, {"x_voc_last_asked": ""}),
    ])  # fmt: skip
    assert [(one.key, one.done, one.again) for one in wrote] == [
        ("a", True, False), ("gone", False, False), ("b", True, False), ("field", False, False),
        ("type", False, False), ("nobody", False, False), ("emptied", True, False),
    ]  # fmt: skip
    assert all(one.why and IN_TRACEBACK not in one.why for one in wrote if not one.done)
    assert odoo.shown.written[int(alder)] == {"x_voc_last_asked": "2026-03-01"}
    assert odoo.shown.written[int(birch)] == {"x_voc_last_asked": False, "x_voc_score": 9.0}


def test_when_odoo_does_not_answer_the_rest_is_for_later(odoo: StandIn) -> None:
    source = opened(odoo)
    odoo.http.fail(Fault.ERROR_500, times=99)
    assert all(one.again and not one.done for one in source.write([task(odoo), task(odoo, key="other")]))


def test_writing_what_we_write_is_no_change_of_what_we_read(odoo: StandIn) -> None:
    company = odoo.company
    before = everything(opened(odoo), Kind.CONTACT)
    company.wait(hours=1)
    id = odoo.id_of(Kind.CONTACT, "alder-0")
    odoo.source().write([Write("a", WriteWhat.CONTACT, id, {"x_voc_last_asked": str(date(2026, 3, 1))})])
    found = changed(odoo, Kind.CONTACT)
    assert found[id].digest == before[id].digest
    assert found[id].modified > before[id].modified


# --- secrets, conditions ------------------------------------------------------------------------


def test_no_secret_of_ours_or_odoo_s_is_in_an_error_of_any_kind(odoo: StandIn) -> None:
    said = []
    for failure in (Failure("odoo.exceptions.AccessError", 403, "x"), Failure("odoo.exceptions.MissingError", 404),
                    Failure("odoo.exceptions.ValidationError", 422), Failure("KeyError", 500)):  # fmt: skip
        source = opened(odoo)
        odoo.failures.append(failure)
        with pytest.raises(VocError) as caught:
            everything(source, Kind.CONTACT)
        said.append(str(caught.value))
    assert not any(secret in text for text in said for secret in (KEY, IN_TRACEBACK))


def test_conditions_put_together_keep_their_meaning() -> None:
    a, b, c = ([[name, "=", 1]] for name in "abc")
    assert either(both(a, b), c) == ["|", "&", *a, *b, *c]
    assert either(a) == a
    assert negated(both(a, either(b, c))) == ["!", "&", *a, "|", *b, *c]


def test_a_change_of_mapping_or_meaning_changes_the_fingerprint(odoo: StandIn) -> None:
    connection, _ = odoo.connection()

    def fingerprint(connection: Connection) -> str:
        return odoo.source(connection).fingerprint

    assert fingerprint(connection) == odoo.source().fingerprint
    other = msgspec.structs.replace(connection, roles={**connection.roles, "Boss": Role.DECISION_MAKER})
    elsewhere = msgspec.structs.replace(connection, database="other")
    mapped = with_object(odoo, Kind.ACCOUNT, fields={})
    assert len({fingerprint(one) for one in (connection, other, elsewhere, mapped)}) == 4


# --- guessed merges -----------------------------------------------------------------------------


def _after_a_day(database: Database, odoo: StandIn) -> SyncReport:
    odoo.company.wait(days=1, hours=1)
    return promise.sync(database, odoo)


def test_who_is_gone_and_whose_address_one_other_of_the_account_holds_is_taken_for_merged(
    database: Database, odoo: StandIn
) -> None:
    company = odoo.company
    twins = (("twin", "elm", "p0@elm.example"), ("far", "fir", "p1@elm.example"),
             ("two", "cedar", "p2@cedar.example"), ("three", "cedar", "p2@cedar.example"))  # fmt: skip
    for key, account, email in twins:
        company.put(Kind.CONTACT, key, account_id=account, email=email, last_name=key)
    promise.sync(database, odoo)
    odoo.company.erase(Kind.CONTACT, "elm-0")  # Odoo merged it into twin
    odoo.company.erase(Kind.CONTACT, "elm-1")  # its address is only at another account
    odoo.company.erase(Kind.CONTACT, "cedar-2")  # two hold its address
    for activity in company.rows[Kind.ACTIVITY].values():
        if activity.values["contact_id"] == "elm-0":
            activity.values["contact_id"] = "twin"
    report = _after_a_day(database, odoo)
    assert report.state == RunState.COMPLETE, report.message
    counts = report.counts[Kind.CONTACT]
    assert (counts.merged, counts.merged_rows, counts.gone) == (1, 0, 2)
    assert counts.adds_up
    assert report.problems["warning"][Reason.MERGE_GUESSED] == 1
    loser, winner = odoo.id_of(Kind.CONTACT, "elm-0"), odoo.id_of(Kind.CONTACT, "twin")
    with database.read() as db:
        aliases = db.execute(select(schema.alias.c.loser_id, schema.alias.c.winner_id)).all()
        states = {row.id: row.state for row in db.execute(select(schema.contact.c.id, schema.contact.c.state))}
    assert [tuple(row) for row in aliases] == [(loser, winner)]
    assert states[loser] == RecordState.MERGED
    assert states[winner] == RecordState.LIVE
    assert not _after_a_day(database, odoo).counts[Kind.CONTACT].merged


def test_guesses_follow_each_other_to_the_last_of_a_chain(sqlite: Database, odoo: StandIn) -> None:
    company = odoo.company
    company.put(Kind.CONTACT, "second", account_id="elm", email="p0@elm.example", last_name="Second")
    promise.sync(sqlite, odoo)
    company.erase(Kind.CONTACT, "elm-0")
    _after_a_day(sqlite, odoo)
    company.put(Kind.CONTACT, "third", account_id="elm", email="p0@elm.example", last_name="Third")
    company.erase(Kind.CONTACT, "second")
    _after_a_day(sqlite, odoo)
    last = odoo.id_of(Kind.CONTACT, "third")
    with sqlite.read() as db:
        assert set(db.execute(select(schema.alias.c.winner_id)).scalars()) == {last}
        assert len(db.execute(select(schema.alias)).all()) == 2
