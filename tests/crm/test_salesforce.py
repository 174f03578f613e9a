"""Salesforce: what the stand-in's traps must not do to a run."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crm import salesforce_soql
from tests.crm.company import Company, standard
from tests.crm.salesforce_soql import SoqlError
from tests.crm.server import Fault
from tests.crm.standin_salesforce import CLIENT_SECRET, USER, StandIn, salesforce
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn, Switch
from voc.accounts.connector import FieldState, Known, Page, Span, Write, WriteWhat, Wrote
from voc.accounts.crm.salesforce import Salesforce, permission_set, signin, soql
from voc.accounts.crm.salesforce.described import Described
from voc.accounts.model import Incoming, Kind, Role
from voc.base.errors import GiveUp, Misconfigured, TryLater


@pytest.fixture
def peer() -> Iterator[StandIn]:
    company = standard()
    company.wait(hours=1)
    with salesforce(company) as found:
        yield found


@contextmanager
def opened(peer: StandIn, **objects: ObjectMap) -> Iterator[Salesforce]:
    connection, secrets = peer.connection()
    mapped = {Kind(kind): own for kind, own in objects.items()}
    source = peer.open(msgspec.structs.replace(connection, objects=mapped), secrets)
    try:
        yield source
    finally:
        source.close()


def nobody(_kind: Kind) -> Iterator[Sequence[str]]:
    yield from ()


def all_known(peer: StandIn) -> Known:
    return lambda kind: iter([[peer.id_of(kind, key) for key in peer.company.rows[kind]]])


def _one(peer: StandIn, key: str, kind: Kind) -> Iterator[list[str]]:
    return iter([[peer.id_of(kind, key)]])


def pages(
    source: Salesforce, kind: Kind, *, since: datetime | None = None, after: str | None = None, known: Known = nobody
) -> list[Page]:
    source.open()
    now = source._outside.now()
    return list(source.pages(kind, Span(since, now - timedelta(minutes=5)), after=after, known=known))


def rows(source: Salesforce, kind: Kind, *, since: datetime | None = None, known: Known = nobody) -> list[Incoming]:
    return [row for page in pages(source, kind, since=since, known=known) for row in page.rows]


def a_while_ago(company: Company) -> datetime:
    return company.now - timedelta(minutes=30)


def crowd(company: Company, number: int) -> None:
    for place in range(number):
        company.put(Kind.CONTACT, f"many-{place}", account_id="alder", last_name=f'Line\none, "{place}"')


# --- signing in ---------------------------------------------------------------------------------


def test_a_jwt_is_signed_with_the_private_key_and_verified_with_the_public_one(peer: StandIn) -> None:
    key = rsa.generate_private_key(65537, 2048)
    peer.key = key.public_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    connection = msgspec.structs.replace(peer.connection()[0], sign_in=SignIn.JWT, acting_as=USER)
    source = peer.open(connection, {Secret.PRIVATE_KEY: pem})
    assert source.probe().signed_in_as == USER
    source.close()
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    source = peer.open(connection, {Secret.PRIVATE_KEY: pem})
    with pytest.raises(Misconfigured, match="External Client App"):
        source.open()
    source.close()


@pytest.mark.parametrize(
    ("place", "audience"),
    [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_a_sandbox_has_an_audience_of_its_own(place: str, audience: str) -> None:
    assert signin.audience(place) == audience


@pytest.mark.parametrize(
    "place",
    ["https://login.salesforce.com", "https://salesforce.com.example.com", "https://evil.com/.my.salesforce.com", ""],
)
def test_only_a_my_domain_url_is_taken(place: str) -> None:
    with pytest.raises(Misconfigured, match="My Domain"):
        signin.place(Connection(Crm.SALESFORCE, place=place), ())


@pytest.mark.parametrize("url", ["https://evil.example.com", "http://acme.my.salesforce.com.evil.com", "file:///etc"])
def test_a_token_that_names_a_foreign_place_for_the_data_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="not Salesforce's"):
        signin.instance(url, "https://acme.my.salesforce.com", ())


def test_the_place_of_the_data_may_be_another_host_of_salesforce() -> None:
    there = signin.instance("https://eu45.salesforce.com/x", "https://acme.my.salesforce.com", ())
    assert there == "https://eu45.salesforce.com"


def test_wrong_credentials_say_what_to_mend_and_never_what_they_are(peer: StandIn) -> None:
    connection, _ = peer.connection()
    source = peer.open(connection, {Secret.CLIENT_SECRET: "planted-wrong"})
    with pytest.raises(Misconfigured, match="External Client App") as raised:
        source.open()
    source.close()
    assert "planted" not in str(raised.value)


def test_a_session_that_ends_in_the_middle_is_renewed(peer: StandIn) -> None:
    with opened(peer) as source:
        source.open()
        peer.end_sessions()
        assert len(rows(source, Kind.CONTACT)) == 30


def test_the_newest_version_that_is_known_is_spoken(peer: StandIn) -> None:
    with opened(peer) as source:
        assert source.probe().version == "66.0"


# --- windows ------------------------------------------------------------------------------------


def test_rows_of_one_second_are_paged_by_id_and_none_is_lost(peer: StandIn) -> None:
    crowd(peer.company, 450)
    peer.batch = 200  # as Salesforce does for wide rows: fewer than LIMIT, and not done
    at = peer.company.now
    peer.company.wait(minutes=10)
    with opened(peer) as source:
        found = rows(source, Kind.CONTACT, since=at)
    assert {row.id for row in found} == {peer.id_of(Kind.CONTACT, f"many-{place}") for place in range(450)}
    assert not [path for _, path in peer.server.requests if "/query/" in path]  # no locator is ever followed


def test_a_bookmark_goes_on_after_the_last_id(peer: StandIn) -> None:
    crowd(peer.company, 450)
    peer.batch = 200
    at = peer.company.now
    peer.company.wait(minutes=10)
    with opened(peer) as source:
        whole = pages(source, Kind.CONTACT, since=at)
    with opened(peer) as source:
        rest = pages(source, Kind.CONTACT, since=at, after=whole[0].bookmark)
    assert [row.id for page in [whole[0], *rest] for row in page.rows] == [row.id for p in whole for row in p.rows]


def test_deleted_merged_and_restored_records_are_told_apart(peer: StandIn) -> None:
    company, at = peer.company, peer.company.now
    company.delete(Kind.CONTACT, "alder-1")
    company.merge(Kind.CONTACT, "alder-2", into="alder-3")
    company.merge(Kind.CONTACT, "alder-3", into="alder-4")
    company.delete(Kind.CONTACT, "alder-0")
    company.wait(minutes=1)
    company.restore(Kind.CONTACT, "alder-0")
    company.wait(minutes=10)
    with opened(peer) as source:
        found = {row.id: row for row in rows(source, Kind.CONTACT, since=at)}
    by_key = {key: found[peer.id_of(Kind.CONTACT, key)] for key in (f"alder-{place}" for place in range(5))}
    assert by_key["alder-1"].deleted
    assert by_key["alder-1"].winner_id is None
    assert by_key["alder-2"].winner_id == peer.id_of(Kind.CONTACT, "alder-3")
    assert by_key["alder-3"].winner_id == peer.id_of(Kind.CONTACT, "alder-4")
    assert by_key["alder-0"].cells


def test_a_record_says_the_same_by_rest_and_in_bulk(peer: StandIn) -> None:
    with opened(peer) as source:
        for kind in Kind:
            in_bulk = {row.id: row.digest for row in rows(source, kind)}
            by_id = {row.id: row.digest for row in rows(source, kind, since=peer.company.now - timedelta(days=1))}
            assert in_bulk == by_id, kind


def test_a_renewal_that_becomes_something_else_is_no_renewal_any_more(peer: StandIn) -> None:
    only = ObjectMap(only={"Type": ["renewal", "O'Neil \\ Sons"]})
    at = peer.company.now
    peer.company.change(Kind.OPPORTUNITY, "alder-renewal", kind="New Business")
    peer.company.put(Kind.OPPORTUNITY, "never-ours", account_id="alder", name="n", kind="New Business")
    peer.company.wait(minutes=10)
    with opened(peer, opportunity=only) as source:
        assert len(rows(source, Kind.OPPORTUNITY)) == 5
        changed = rows(source, Kind.OPPORTUNITY, since=at, known=partial(_one, peer, "alder-renewal"))
    assert [(row.id, row.deleted) for row in changed] == [(peer.id_of(Kind.OPPORTUNITY, "alder-renewal"), True)]


def test_a_field_of_another_record_is_read_and_counts_as_calculated(peer: StandIn) -> None:
    with opened(peer, opportunity=ObjectMap(fields={"stage": "Owner.Name"})) as source:
        by_id = rows(source, Kind.OPPORTUNITY, since=peer.company.now - timedelta(days=1))
        assert {row.cells[4] for row in by_id} == {row.cells[4] for row in rows(source, Kind.OPPORTUNITY)} == {"Emil"}
        assert source.daily(Kind.OPPORTUNITY)


def test_our_own_tasks_are_no_activity(peer: StandIn) -> None:
    with opened(peer, activity=ObjectMap(object="Event, Task")) as source:
        source.write([task("voc-1")])
        found = rows(source, Kind.ACTIVITY)
    assert len(found) == 6
    assert any("FROM Task" in statement and "VOC_Key__c = null" in statement for statement in peer.statements)


def test_some_records_are_found_in_lists_that_fit_into_an_address(peer: StandIn) -> None:
    crowd(peer.company, 1_000)
    peer.batch = 200
    ids = [peer.id_of(Kind.CONTACT, f"many-{place}") for place in range(1_000)]
    with opened(peer) as source:
        found = [
            row.id for page in source.some(Kind.CONTACT, [*ids, "0035f00000zzzzz", "nonsense'"]) for row in page.rows
        ]
    assert sorted(found) == sorted(ids)
    assert all(len(statement) < 16_000 for statement in peer.statements)


# --- bulk ---------------------------------------------------------------------------------------


def test_a_first_load_is_a_bulk_job_and_leaves_nothing_behind(peer: StandIn) -> None:
    crowd(peer.company, 100)
    peer.result_rows = 30
    with opened(peer) as source:
        found = rows(source, Kind.CONTACT)
    assert len(found) == 130
    assert any('Line\none, "7"' in row.cells for row in found)
    assert not peer.jobs
    assert peer.sleeps == sorted(peer.sleeps)  # waits grow


def test_many_changes_are_a_bulk_job_too(peer: StandIn) -> None:
    peer.bulk_above = 20
    with opened(peer) as source:
        assert len(rows(source, Kind.CONTACT, since=peer.company.now - timedelta(days=1))) == 30
        assert len([id for chunk in source.ids(Kind.CONTACT) or () for id in chunk]) == 30
    assert ("POST", "/services/data/v66.0/jobs/query") in peer.server.requests


def test_a_run_that_was_killed_goes_on_in_the_same_job(peer: StandIn) -> None:
    crowd(peer.company, 100)
    peer.result_rows = 30
    with opened(peer) as source:
        source.open()
        begun = source.pages(Kind.CONTACT, Span(None, a_while_ago(peer.company)), after=None, known=nobody)
        seen = [next(begun) for _ in range(5)]
        del begun  # as when the process is killed
    assert len(peer.jobs) == 1
    with opened(peer) as source:
        rest = pages(source, Kind.CONTACT, after=seen[-1].bookmark)
    found = [row.id for page in [*seen, *rest] for row in page.rows]
    assert len(found) == len(set(found)) == 130
    assert not peer.jobs


def test_a_run_whose_job_is_gone_begins_anew(peer: StandIn) -> None:
    with opened(peer) as source:
        source.open()
        begun = source.pages(Kind.CONTACT, Span(None, a_while_ago(peer.company)), after=None, known=nobody)
        first = next(begun)
        del begun  # as when the process is killed
    peer.jobs.clear()
    with opened(peer) as source:
        assert len([row for page in pages(source, Kind.CONTACT, after=first.bookmark) for row in page.rows]) == 30


def test_an_object_that_is_not_read_in_bulk_is_read_by_id(peer: StandIn) -> None:
    peer.not_in_bulk.add("Contact")
    with opened(peer) as source:
        assert len(rows(source, Kind.CONTACT)) == 30


def test_rows_that_cannot_be_counted_in_time_are_many(peer: StandIn) -> None:
    peer.times_out.add("Contact")
    with opened(peer) as source:
        assert len(rows(source, Kind.CONTACT, since=peer.company.now - timedelta(days=1))) == 30
    assert ("POST", "/services/data/v66.0/jobs/query") in peer.server.requests


def test_a_job_that_gives_fewer_rows_than_it_says_is_given_up_and_dropped(peer: StandIn) -> None:
    with opened(peer) as source:
        source.open()
        begun = source.pages(Kind.CONTACT, Span(None, a_while_ago(peer.company)), after=None, known=nobody)
        next(begun)
        next(iter(peer.jobs.values())).processed = 31
        with pytest.raises(GiveUp, match="31 rows of Contact, and gave 30"):
            list(begun)
    assert not peer.jobs


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.CUT_SHORT, Fault.NOT_JSON, Fault.UNAUTHORISED, Fault.SILENCE])
@pytest.mark.parametrize("path", ["/queryAll", "/results", "/jobs/query", "/describe"])
def test_a_passing_fault_costs_nothing(peer: StandIn, fault: Fault, path: str) -> None:
    peer.server.fail(fault, path=path)
    with opened(peer) as source:
        assert len(rows(source, Kind.CONTACT)) == 30


@pytest.mark.parametrize("fault", [Fault.EMPTY, Fault.FEWER])
@pytest.mark.parametrize(("path", "since"), [("/results", None), ("/queryAll", timedelta(days=1))])
def test_an_answer_with_fewer_rows_than_are_counted_is_given_up(
    peer: StandIn, fault: Fault, path: str, since: timedelta | None
) -> None:
    peer.server.fail(fault, path=path)
    with opened(peer) as source, pytest.raises(GiveUp, match="gave"):
        rows(source, Kind.CONTACT, since=None if since is None else peer.company.now - since)


def test_ids_that_are_fewer_than_are_counted_are_given_up(peer: StandIn) -> None:
    peer.server.fail(Fault.FEWER, path="/queryAll")
    with opened(peer) as source, pytest.raises(GiveUp, match="listed"):
        list(source.ids(Kind.CONTACT) or ())


def test_a_user_who_sees_no_records_any_more_is_no_quiet_hour(peer: StandIn) -> None:
    at = peer.company.now
    peer.company.wait(minutes=10)
    with opened(peer) as source:
        assert rows(source, Kind.CONTACT, since=at, known=all_known(peer)) == []
        peer.org.blind = True
        with pytest.raises(GiveUp, match="shows no Contact"):
            rows(source, Kind.CONTACT, since=at, known=all_known(peer))


def test_a_list_that_leads_in_a_circle_ends(peer: StandIn) -> None:
    peer.server.fail(Fault.LOOP, path="/queryAll", times=50)
    with opened(peer) as source, pytest.raises(GiveUp, match="circle"):
        rows(source, Kind.CONTACT, since=peer.company.now - timedelta(days=1))


def test_a_result_whose_locator_repeats_ends(peer: StandIn) -> None:
    peer.result_rows = 10
    peer.server.fail(Fault.LOOP, path="/results", times=50)
    with opened(peer) as source, pytest.raises(GiveUp, match="circle"):
        rows(source, Kind.CONTACT)


def test_used_up_requests_pause_until_midnight(peer: StandIn) -> None:
    with opened(peer) as source:
        source.open()
        peer.allowance = peer.used
        with pytest.raises(TryLater, match="no requests left") as raised:
            rows(source, Kind.CONTACT)
    assert raised.value.at == datetime(2026, 3, 3, tzinfo=UTC)


def test_the_use_of_the_day_is_read_from_each_answer(peer: StandIn) -> None:
    with opened(peer) as source:
        source.open()
        usage = source.usage()
    assert (usage.used, usage.allowance) == (peer.used, 100_000)
    assert usage.requests == len(peer.server.requests)


# --- what an org has ----------------------------------------------------------------------------


def test_an_org_without_our_custom_fields_and_objects_is_read_without_them(peer: StandIn) -> None:
    peer.org.hidden |= {"Account.ARR__c", "Contact.Left_Company__c"}
    peer.org.lacks.add("Milestone__c")
    with opened(peer) as source:
        assert [problem.object for problem in source.open()] == [Kind.MILESTONE]
        assert len(rows(source, Kind.ACCOUNT)) == 6
        assert rows(source, Kind.MILESTONE) == []
        assert not source.file(Kind.MILESTONE).exported


def test_an_org_without_relations_has_those_of_its_contacts(peer: StandIn) -> None:
    peer.org.lacks.add("AccountContactRelation")
    with opened(peer) as source:
        found = rows(source, Kind.RELATION)
        assert len(found) == 30
        assert found[0].cells[:3] == (peer.id_of(Kind.ACCOUNT, "alder"), peer.id_of(Kind.CONTACT, "alder-0"), "")
        assert len(rows(source, Kind.OPPORTUNITY_ROLE)) == 6


def test_an_opt_out_that_cannot_be_read_refuses_the_mapping(peer: StandIn) -> None:
    peer.org.hidden.add("Contact.HasOptedOutOfEmail")
    with opened(peer) as source, pytest.raises(Misconfigured, match="asked not to be written to") as raised:
        source.open()
    assert "Contact.HasOptedOutOfEmail" in raised.value.mend


def test_an_opt_out_that_is_not_mapped_refuses_the_mapping(peer: StandIn) -> None:
    with opened(peer, contact=ObjectMap(fields={"opted_out": ""})) as source, pytest.raises(Misconfigured):
        source.open()


@pytest.mark.parametrize(
    ("kind", "own", "said"),
    [
        ("account", ObjectMap(fields={"arr": "Revenue__c"}), "Account.Revenue__c is not there"),
        ("account", ObjectMap(fields={"arr": "ARR__c FROM User"}), "name of a field"),
        ("account", ObjectMap(fields={"revenue": "ARR__c"}), "no field revenue"),
        ("account", ObjectMap(object="Account WHERE"), "names no object"),
        ("opportunity", ObjectMap(only={"Typo__c": ["Renewal"]}), "no field Typo__c"),
        ("milestone", ObjectMap(object="Moment__c"), "Moment__c is not there"),
    ],
)
def test_what_a_person_mapped_must_be_there(peer: StandIn, kind: str, own: ObjectMap, said: str) -> None:
    with opened(peer, **{kind: own}) as source, pytest.raises(Misconfigured, match=re.escape(said)) as raised:
        source.open()
    assert raised.value.mend


def test_a_formula_is_read_in_full_once_a_day(peer: StandIn) -> None:
    peer.org.formulas.add("Account.ARR__c")
    with opened(peer) as source:
        source.open()
        assert [kind for kind in Kind if source.daily(kind)] == [Kind.ACCOUNT]


def test_a_field_that_appears_is_read_for_all_rows(peer: StandIn) -> None:
    prints = []
    for hidden in ({"Account.ARR__c"}, {"Account.ARR__c"}, set[str]()):
        peer.org.hidden = hidden
        with opened(peer) as source:
            prints.append(source.fingerprint)
    with opened(peer, account=ObjectMap(fields={"arr": ""})) as source:
        prints.append(source.fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


# --- the check ----------------------------------------------------------------------------------


def test_the_check_says_what_a_person_should_know(peer: StandIn) -> None:
    peer.org.hidden |= {"Account.Segment__c", "Contact.Title"}
    peer.org.formulas.add("Account.ARR__c")
    peer.view_all.discard("Contact")
    with opened(peer) as source:
        probe = source.probe()
    assert probe.signed_in_as == USER
    account = next(one for one in probe.objects if one.kind == Kind.ACCOUNT)
    states = {one.field: one.state for one in account.fields}
    assert (states["name"], states["arr"], states["segment"]) == (
        FieldState.FOUND,
        FieldState.CALCULATED,
        FieldState.MISSING,
    )
    assert (account.rows, account.changed_30_days) == (6, 6)
    assert probe.missing_grants == ["Read Access on the field Contact.Title", "View All on Contact"]
    assert probe.usage.allowance == 100_000
    assert not probe.warnings


def test_the_check_does_not_raise_for_what_is_missing(peer: StandIn) -> None:
    peer.org.lacks |= {"Contact", "AccountContactRelation", "Milestone__c"}
    peer.org.hidden.add("Account.Name")
    peer.company.wait(days=60)
    with opened(peer) as source:
        probe = source.probe()
    unreadable = {one.kind: one.why for one in probe.objects if not one.readable}
    assert list(unreadable) == [Kind.ACCOUNT, Kind.CONTACT, Kind.RELATION, Kind.MILESTONE]
    assert "Read on Contact" in probe.missing_grants
    assert any("No Opportunity has changed in 30 days" in warning for warning in probe.warnings)


def test_examples_and_spellings_are_their_own(peer: StandIn) -> None:
    peer.company.give_roles("alder-0-rel", Role.CHAMPION)
    with opened(peer) as source:
        sample = source.sample(Kind.ACCOUNT, limit=2)
        assert len(sample) == 2
        assert sample[0]["BillingCountry"] == "DE"
        assert "Champion" in source.spelled(Kind.RELATION, "roles")
        assert source.spelled(Kind.ACCOUNT, "industry") == ["Machinery"]
        assert source.spelled(Kind.ACCOUNT, "no such") == []


def test_the_permission_set_holds_what_is_mapped_and_no_more() -> None:
    own = {Kind.ACCOUNT: ObjectMap(fields={"segment": "Tier__c", "industry": ""}), Kind.MILESTONE: ObjectMap(off=True)}
    writes = frozenset({Switch.TASKS, Switch.SCORE})
    made = Connection(Crm.SALESFORCE, objects=own, writes=writes, write_columns={Switch.SCORE: "VOC_Score__c"})
    text = permission_set(made)
    fields = re.findall(r"<field>(.*?)</field>", text)
    assert "Account.Tier__c" in fields
    assert "Contact.MailingAddress" in fields
    assert "Task.VOC_Key__c" in fields
    assert not {"Account.Name", "Account.Industry", "Contact.LastName", "Account.Segment__c"} & set(fields)
    assert "Milestone__c" not in text
    assert re.findall(r"<editable>true</editable>\s*<field>Contact\.(.*?)</field>", text) == ["VOC_Score__c"]
    assert re.findall(r"<object>(.*?)</object>", text) == ["Account", "Contact", "Opportunity"]
    assert "<allowDelete>true" not in text
    assert "<modifyAllRecords>true" not in text


# --- writing ------------------------------------------------------------------------------------


def task(key: str, **values: str) -> Write:
    said = {"subject": "Call Ana", "body": "She wrote 4", "due_on": "2026-03-04", "owner_id": "", "closed": ""}
    return Write(key, WriteWhat.TASK, None, {**said, "contact_id": "", "account_id": "", **values})


def score(peer: StandIn, key: str, **values: str) -> Write:
    return Write(f"contact:{key}", WriteWhat.CONTACT, peer.id_of(Kind.CONTACT, key), values)


def test_a_task_written_twice_is_one_and_closing_it_completes_it(peer: StandIn) -> None:
    with opened(peer) as source:
        first = source.write([task("f1")])[0]
        again = source.write([task("f1", closed="1")])[0]
    assert first.done
    assert first.record_id == again.record_id
    assert [(one["Subject"], one["Status"]) for one in peer.org.tasks.values()] == [("Call Ana", "Completed")]


def test_a_task_that_is_only_followed_is_never_made(peer: StandIn) -> None:
    with opened(peer) as source:
        made = source.write([task("f1", owner_id=peer.id_of(Kind.CSM, "dana"))])[0]
        here, gone = (
            msgspec.structs.replace(task(key, due_on="2026-03-09"), only_if_there=True) for key in ("f1", "f2")
        )
        assert source.write([gone, here]) == [Wrote("f2", done=True), made]
    [found] = peer.org.tasks.values()
    assert (found["ActivityDate"], found["OwnerId"]) == ("2026-03-09", peer.id_of(Kind.CSM, "dana"))


def test_each_result_of_an_answer_200_is_read(peer: StandIn) -> None:
    writes = [
        score(peer, "alder-0", VOC_Score__c="9", VOC_Last_Asked__c="2026-03-01"),
        score(peer, "alder-1", Nope__c="9"),
        Write("gone", WriteWhat.CONTACT, "0035f00000zzzzzAAA", {"VOC_Score__c": "1"}),
        task("f1"),
        score(peer, "alder-2", VOC_Score__c="many"),
        score(peer, "alder-3", VOC_Score__c=""),
    ]
    with opened(peer) as source:
        wrote = source.write(writes)
    assert [one.key for one in wrote] == [one.key for one in writes]
    assert [one.done for one in wrote] == [True, False, False, True, False, True]
    assert not any(one.again for one in wrote)
    assert "Nope__c" in (wrote[1].why or "")
    assert "deleted" in (wrote[2].why or "")
    assert peer.org.written[peer.id_of(Kind.CONTACT, "alder-0")] == {
        "VOC_Score__c": 9,
        "VOC_Last_Asked__c": "2026-03-01",
    }


def test_a_locked_record_is_written_again_and_later_if_it_stays_locked(peer: StandIn) -> None:
    with opened(peer) as source:
        peer.locked = 2
        assert all(one.done for one in source.write([task("f1"), task("f2"), task("f3")]))
        peer.locked = 99
        wrote = source.write([task("f4")])[0]
    assert (wrote.done, wrote.again) == (False, True)


def test_many_writes_go_in_requests_of_two_hundred(peer: StandIn) -> None:
    with opened(peer) as source:
        wrote = source.write([task(f"f{number}") for number in range(450)])
    assert all(one.done for one in wrote)
    assert len([path for method, path in peer.server.requests if method == "PATCH"]) == 3


def test_without_the_key_field_no_task_is_written(peer: StandIn) -> None:
    peer.org.hidden.add("Task.VOC_Key__c")
    with opened(peer) as source, pytest.raises(Misconfigured, match="VOC_Key__c") as raised:
        source.write([task("f1")])
    assert "Object Manager" in raised.value.mend


def test_what_was_written_here_is_no_change_of_the_record(peer: StandIn) -> None:
    with opened(peer) as source:
        before = {row.id: row.digest for row in rows(source, Kind.CONTACT)}
        source.write([score(peer, "alder-0", VOC_Score__c="9")])
        assert {row.id: row.digest for row in rows(source, Kind.CONTACT)} == before


# --- SOQL ---------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_one_literal_that_means_itself(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    record = {"Id": "1", "Name": text}
    query = salesforce_soql.parse(f"SELECT Id FROM Account WHERE {soql.compare('Name', '=', text)} LIMIT 1")
    assert query.run([record]) == [record]
    assert query.limit == 1
    assert query.named == {"Id", "Name"}


@settings(max_examples=50)
@given(st.text())
def test_only_names_are_names(text: str) -> None:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*", text, re.ASCII) and "\n" not in text:
        return
    with pytest.raises(ValueError, match="not a name"):
        soql.compare(text, "=", 1)


def test_an_instant_is_cut_to_milliseconds_of_utc() -> None:
    there = datetime(2026, 3, 2, 9, 30, 1, 999_999, tzinfo=UTC)
    assert soql.literal(there.astimezone()) == "2026-03-02T09:30:01.999Z"


@pytest.mark.parametrize("text", ["SELECT Id", "SELECT Id FROM Account WHERE", "SELECT Id FROM A WHERE Name = 'a' 'b'"])
def test_the_stand_in_refuses_what_is_no_soql(text: str) -> None:
    with pytest.raises(SoqlError):
        salesforce_soql.parse(text)


def test_no_secret_is_in_an_error_or_a_name(peer: StandIn) -> None:
    peer.server.fail(Fault.ERROR_500, times=99)
    with opened(peer) as source, pytest.raises(TryLater) as raised:
        source.open()
    assert CLIENT_SECRET not in f"{raised.value} {source.name}"


def test_a_field_whose_name_is_no_name_is_not_there() -> None:
    found = msgspec.json.decode(
        b'{"name": "Contact", "fields": [{"name": "Email", "type": "email"},'
        b' {"name": "a\'><img src=x>", "type": "string"}, {"name": "\'); DROP TABLE x;--", "type": "string"}]}',
        type=Described,
    )
    assert [field.name for field in found.fields] == ["Email"]
