"""The Odoo connector against the real Odoo 19: after each thing that happens there our tables equal it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from tests.crm.company import standard
from tests.crm.standin_odoo import DATABASE, KEY, start
from tests.peers.real_odoo import Json2, RealOdoo, must_be_equal
from voc.accounts.connection import ObjectMap
from voc.accounts.connector import Span, Write, WriteWhat
from voc.accounts.crm.odoo.client import Client
from voc.accounts.model import Kind, Reason, RunState
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import GiveUp, Misconfigured

DATABASE_PORT = 55432
DAY = timedelta(days=1, hours=1)


@pytest.fixture
def real(odoo: RealOdoo) -> Iterator[RealOdoo]:
    odoo.ahead = timedelta(minutes=2)
    odoo.tag("Decision Maker")
    odoo.tag("Champion")
    yield odoo
    odoo.close()


@pytest.fixture
def synced(sqlite: Database, real: RealOdoo) -> Database:
    """Everything read once."""
    assert real.sync(sqlite).state == RunState.COMPLETE
    return sqlite


def test_a_first_load_equals_what_odoo_says_itself_and_a_second_changes_nothing(
    synced: Database, real: RealOdoo
) -> None:
    must_be_equal(synced, real)
    again = real.sync(synced)
    assert again.state == RunState.COMPLETE
    assert not again.changed, again.message


def test_both_protocols_and_any_size_of_page_read_the_same(real: RealOdoo) -> None:
    def read(**said: Any) -> dict[Kind, list[tuple[str, str]]]:
        source = real.source(**said)
        source.open()
        span = Span(None, real.now())
        return {
            kind: [(row.id, row.digest) for page in source.pages(kind, span, after=None, known=lambda _: iter(()))
                   for row in page.rows]
            for kind in Kind
        }  # fmt: skip

    assert read() == read(json2_from=99) == read(page=3) == read(page=1_000)


def test_edits_new_people_handovers_moves_archives_and_conversions(synced: Database, real: RealOdoo) -> None:
    account, [ana, bo, cy, di] = real.company("Ana Berg", "Bo Dahl", "Cy Ek", "Di Fox", user_id=2)
    other, [eve] = real.company("Eve Gun", user_id=5)
    real.sync(synced)
    must_be_equal(synced, real)

    real.change("res.partner", ana, name="Ana Maria Berg", function="Chief", email="ana.m@new.example")
    real.person(account, "Flo Hill", message_bounce=2)
    real.change("res.partner", account, user_id=5)
    real.change("res.partner", bo, active=False)
    real.change("res.partner", cy, parent_id=other)
    real.change("res.partner", di, is_company=True, parent_id=False)
    real.change("res.partner", eve, type="invoice")
    report = real.sync(synced)
    assert report.state == RunState.COMPLETE
    must_be_equal(synced, real)

    real.change("res.partner", bo, active=True)
    real.change("res.partner", other, parent_id=account, is_company=False)  # its people are another company's now
    real.sync(synced)
    must_be_equal(synced, real)


def test_roles_given_renamed_and_archived_from_the_tag_s_side(synced: Database, real: RealOdoo) -> None:
    _, [ana, bo] = real.company("Ana Tag", "Bo Tag")
    tag = real.tag("Champion")
    real.sync(synced)
    before = real.all("res.partner", [["id", "in", [ana, bo]]], "write_date")
    real.change("res.partner.category", tag, partner_ids=[[4, ana], [4, bo]])
    real.sync(synced)
    must_be_equal(synced, real)

    real.change("res.partner.category", tag, name="No role at all")
    real.sync(synced)
    must_be_equal(synced, real)
    real.change("res.partner.category", tag, name="Champion", active=False)
    real.sync(synced)
    must_be_equal(synced, real)
    real.change("res.partner.category", tag, active=True)
    real.sync(synced)
    must_be_equal(synced, real)
    assert real.all("res.partner", [["id", "in", [ana, bo]]], "write_date") == before  # the trap this test is for


def test_an_address_put_on_the_blacklist_and_taken_off(synced: Database, real: RealOdoo) -> None:
    _, [ana] = real.company("Ana Black")
    real.sync(synced)
    [person] = real.all("res.partner", [["id", "=", ana]], "email", "write_date")
    real.make("mail.blacklist", email=person["email"].upper())
    real.sync(synced)
    must_be_equal(synced, real)
    assert real.all("res.partner", [["id", "=", ana]], "write_date")[0]["write_date"] == person["write_date"]
    real.do(
        "mail.blacklist",
        "action_archive",
        [one["id"] for one in real.all("mail.blacklist", [["email", "=", person["email"]]], "email")],
    )
    real.sync(synced)
    must_be_equal(synced, real)


def test_deals_won_lost_put_away_and_stages_renamed(synced: Database, real: RealOdoo) -> None:
    _, [ana] = real.company("Ana Deal")
    leads = [real.make("crm.lead", name=f"Deal {n}", type="opportunity", partner_id=ana, expected_revenue=10 * n)
             for n in range(4)]  # fmt: skip
    real.sync(synced)
    must_be_equal(synced, real)
    real.do("crm.lead", "action_set_won", [leads[0]])
    real.do("crm.lead", "action_set_lost", [leads[1]])
    real.change("crm.lead", leads[2], active=False, probability=40)
    stage = real.all("crm.stage", [], "name")[0]
    real.change("crm.stage", stage["id"], name="Renamed")
    real.sync(synced)
    must_be_equal(synced, real)
    real.change("crm.stage", stage["id"], name=stage["name"])
    real.change("crm.lead", leads[3], type="lead")
    real.sync(synced)
    must_be_equal(synced, real)


def test_what_is_unlinked_is_set_aside_by_the_day_s_sweep_and_closed_by_the_next(
    synced: Database, real: RealOdoo
) -> None:
    _, [ana, _] = real.company("Ana Gone", "Bo Stays")
    real.sync(synced)
    real.do("res.partner", "unlink", [ana])
    assert not real.sync(synced).counts[Kind.CONTACT].gone
    real.ahead += DAY
    assert real.sync(synced).counts[Kind.CONTACT].gone == 1
    must_be_equal(synced, real)
    real.ahead += DAY
    assert real.sync(synced).counts[Kind.CONTACT].closed == 1
    must_be_equal(synced, real)


def test_people_and_companies_merged_by_odoo_s_own_wizard(synced: Database, real: RealOdoo) -> None:
    winner, [ana] = real.company("Ana Wins", category_id=[[4, real.tag("Champion")]])
    loser, [_, twin] = real.company("Bo Moves", "Ana Twin")
    real.change("res.partner", twin, category_id=[[4, real.tag("Decision Maker")]])
    deal = real.make("crm.lead", name="Moves", type="opportunity", partner_id=twin)
    again = real.person(winner, "Ana Wins", function="Entered twice")
    real.sync(synced)
    must_be_equal(synced, real)
    _merge(real, ana, twin)
    _merge(real, ana, again)
    _merge(real, winner, loser)
    real.sync(synced)
    # What the merge left without a date of change is found by the winners' dates; who is gone, by the sweep.
    with synced.read() as db:
        row = db.execute(select(schema.opportunity).where(schema.opportunity.c.id == f"crm.lead,{deal}")).one()
    assert row.account_id == str(winner)
    real.ahead += DAY
    report = real.sync(synced)
    must_be_equal(synced, real)
    # Only where the address is the same can it be guessed that it was a merge.
    assert report.problems["warning"][Reason.MERGE_GUESSED] == 1
    with synced.read() as db:
        assert [tuple(row) for row in db.execute(select(schema.alias.c.loser_id, schema.alias.c.winner_id))] == [
            (str(again), str(ana))
        ]


def _merge(real: RealOdoo, into: int, loser: int) -> None:
    wizard = real.make(
        "base.partner.merge.automatic.wizard", dst_partner_id=into, partner_ids=[[6, 0, [into, loser]]],
        state="selection",
    )  # fmt: skip
    real.do("base.partner.merge.automatic.wizard", "action_merge", [wizard])


def test_hundreds_of_rows_in_one_second_and_a_transaction_that_commits_late(synced: Database, real: RealOdoo) -> None:
    account, [ana] = real.company("Ana Late")
    real.sync(synced)
    with psycopg.connect(host="127.0.0.1", port=DATABASE_PORT, user="postgres", dbname=real.database) as late:
        late.execute(
            "UPDATE res_partner SET function = 'Late', write_date = now() AT TIME ZONE 'UTC' WHERE id = %s", [ana]
        )
        real.do("res.partner", "create", [
            {"name": f"Twin {n}", "parent_id": account, "email": f"twin{n}@c{account}.example"} for n in range(300)
        ])  # fmt: skip
        real.ahead += timedelta(minutes=5)
        real.sync(synced, page=7)
        must_be_equal(synced, real)
        late.commit()
    must_differ = real.truth(Kind.CONTACT)[str(ana)]["title"]
    assert must_differ == "Late"
    real.ahead += timedelta(minutes=5)
    real.sync(synced, page=7)
    must_be_equal(synced, real)


def test_a_task_is_written_once_closed_once_and_fields_come_back_unchanged(synced: Database, real: RealOdoo) -> None:
    account, [ana] = real.company("Ana Task")
    real.sync(synced)
    key = real.name("follow-up")
    values = {"subject": "Call <Ana>", "body": "She asked\nfor help", "due_on": "2027-01-15", "owner_id": "5",
              "contact_id": str(ana), "account_id": str(account), "closed": ""}  # fmt: skip
    wrote = [
        real.source(json2_from=version).write([Write(key, WriteWhat.TASK, None, values)])[0] for version in (19, 99)
    ]
    assert wrote[0].done
    assert wrote[0] == wrote[1]

    def activities() -> list[dict[str, Any]]:
        return real.all("mail.activity", [["res_model", "=", "res.partner"], ["res_id", "=", ana]],
                        "summary", "user_id", "active", "date_deadline")  # fmt: skip

    [task] = activities()
    assert (task["summary"], task["user_id"][0], task["date_deadline"]) == ("Call <Ana>", 5, "2027-01-15")
    closed = real.source().write([Write(key, WriteWhat.TASK, None, {**values, "closed": "1"})])
    again = real.source().write([Write(key, WriteWhat.TASK, wrote[0].record_id, {**values, "closed": "1"})])
    assert closed[0].done
    assert again[0].done
    assert [one["active"] for one in activities()] == [False]

    fields = Write("field", WriteWhat.CONTACT, str(ana), {"comment": "Last asked 2027-01-15"})
    assert real.source().write([fields])[0].done
    report = real.sync(synced)
    assert not report.counts[Kind.CONTACT].updated, report.message


def test_the_probe_says_who_we_are_what_is_there_and_which_right_is_missing(real: RealOdoo) -> None:
    probe = real.source().probe()
    assert probe.signed_in_as == "Mitchell Admin (admin)"
    assert probe.version
    assert probe.version.startswith("19")
    assert not probe.missing_grants
    assert all(one.readable and one.rows is not None for one in probe.objects if one.kind != Kind.MILESTONE)
    # A salesperson: its own deals only, and no blacklist to read. JSON-RPC takes its password too.
    modest = real.source(json2_from=99, user="demo", key="demo")
    assert any("All Documents" in grant for grant in modest.probe().missing_grants)
    modest.open()
    assert list(modest.pages(Kind.CONTACT, Span(real.now() - DAY, real.now()), after=None, known=lambda _: iter(())))
    # Somebody without Sales: Odoo's own words for the group.
    login = real.name("plain").replace(" ", "-")
    real.make("res.users", name=login, login=login, password=login,
              group_ids=[[6, 0, [real.all("ir.model.data", [["module", "=", "base"], ["name", "=", "group_user"]],
                                          "res_id")[0]["res_id"]]]])  # fmt: skip
    nobody = real.source(json2_from=99, user=login, key=login)
    assert any(grant.startswith("crm.lead: ") for grant in nobody.probe().missing_grants)
    with pytest.raises(Misconfigured, match=r"crm\.lead"):
        nobody.open()


def test_a_wrong_key_a_wrong_database_and_a_wrong_field_say_what_to_do(real: RealOdoo) -> None:
    with pytest.raises(Misconfigured, match="API key"):
        real.source(key="0" * 40).open()
    with pytest.raises(Misconfigured, match="API key"):
        real.source(key="0" * 40, json2_from=99).open()
    with pytest.raises(Misconfigured, match="the database nowhere"):
        real.source(database="nowhere").open()
    with pytest.raises(Misconfigured, match="x_nothing"):
        real.source(objects={Kind.ACCOUNT: ObjectMap(fields={"segment": "x_nothing"})}).open()


# --- the stand-in beside the real one -----------------------------------------------------------

CONTACT = 17  # one of Odoo's own demo data, under a company

_ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("res.users", "context_get", {}),
    ("res.partner", "search", {"domain": [["id", ">", 0]], "order": "id", "limit": 2}),
    ("res.partner", "search", {"domain": [["nothing", "=", 1]]}),
    ("res.partner", "search", {"domain": ["!", "&", ["is_company", "=", True], ["active", "=", True]], "limit": 1}),
    ("res.partner", "read", {"ids": [CONTACT, 999_999], "fields": ["name", "parent_id", "email", "message_bounce",
                                                             "write_date", "is_blacklisted"], "load": None}),
    ("res.partner", "read", {"ids": [CONTACT], "fields": ["nothing"], "load": None}),
    ("res.partner", "search_count", {"domain": []}),
    ("res.partner", "search_read", {"domain": [], "fields": ["name"], "limit": 1, "load": None}),
    ("res.partner", "has_access", {"operation": "read"}),
    ("res.partner", "write", {"ids": [999_999], "vals": {"function": "x"}}),
    ("res.users", "has_group", {"ids": [2], "group_ext_id": "sales_team.group_sale_salesman_all_leads"}),
    ("ir.model.data", "check_object_reference", {"module": "__voc__", "xml_id": "nothing"}),
    ("mail.activity", "load", {"fields": ["id", "res_model_id/id", "res_id"],
                               "data": [["__voc__.x", "base.model_res_partner", "999999"]]}),
    ("no.such.model", "search", {"domain": []}),
    ("res.partner", "no_such_method", {}),
)  # fmt: skip


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items() if name not in ("arguments", "context", "debug")}
    if isinstance(value, list):
        return ["list", *sorted({str(_shape(one)) for one in value})]
    return type(value).__name__


@pytest.mark.parametrize(("model", "method", "body"), _ASKED)
def test_the_stand_in_answers_in_the_shape_of_the_real_one(
    real: RealOdoo, model: str, method: str, body: dict[str, Any]
) -> None:
    context = {"context": {"active_test": False}}
    status, answer = real.ask(model, method, **body, **context)
    with start(standard()) as standin:
        known = standin.shown.partner("alder-0")
        asked = {**body, "ids": [known if id == CONTACT else id for id in body["ids"]]} if "ids" in body else body
        other = Json2(standin.http.url, DATABASE, KEY)
        standin_status, standin_answer = other.ask(model, method, **asked, **context)
    if model != "ir.model.data":  # whose exception has a message of its own
        assert standin_status == status, answer
    if isinstance(answer, dict) and "debug" in answer:
        assert answer["name"] == standin_answer["name"]
        assert set(answer) == set(standin_answer)
    else:
        assert _shape(standin_answer) == _shape(answer)


def test_fields_are_described_alike(real: RealOdoo) -> None:
    attributes = ["type", "store", "relation", "selection", "string"]
    with start(standard()) as standin:
        for model in ("res.partner", "res.users", "crm.lead", "calendar.event", "mail.blacklist"):
            _, there = real.ask(model, "fields_get", attributes=attributes)
            _, here = Json2(standin.http.url, DATABASE, KEY).ask(model, "fields_get", attributes=attributes)
            for name, described in here.items():
                if not name.startswith("x_"):
                    found = {key: there[name].get(key) for key in ("type", "store", "relation")}
                    assert found == {key: described.get(key) for key in found}, (model, name)


def test_the_client_says_the_same_of_both(real: RealOdoo) -> None:
    with start(standard()) as standin:
        for client in (real.source().client, standin.source().client):
            _the_same(client)


def _the_same(client: Client) -> None:
    client.sign_in()
    assert client.major == 19
    assert client.context["lang"] == "en_US"
    assert client.may("res.partner", "read")
    with pytest.raises(GiveUp) as caught:
        client.search("res.partner", [["nothing", "=", 1]])
    assert "Traceback" not in str(caught.value)
