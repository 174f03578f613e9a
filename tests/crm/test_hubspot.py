"""HubSpot, read and written: the traps of its API, each met by the stand-in."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.crm import standin_hubspot
from tests.crm.company import START, standard
from tests.crm.server import Fault
from tests.crm.standin_hubspot import StandIn
from voc.accounts import clean, rules
from voc.accounts.connection import Secret
from voc.accounts.connector import FieldState, Page, Span, Write, WriteWhat, Wrote
from voc.accounts.crm.http import GIVE_UP, PAUSE, RETRY, Answer, TroubleKind
from voc.accounts.crm.hubspot import HubSpot, mapping, trouble
from voc.accounts.crm.hubspot.answers import Record
from voc.accounts.crm.hubspot.trouble import next_midnight
from voc.accounts.model import AccountStatus, Incoming, Kind, Role
from voc.accounts.rules import REFERENCES
from voc.base.errors import GiveUp, Misconfigured, TryLater


@pytest.fixture
def crm() -> Iterator[StandIn]:
    with standin_hubspot.start(standard()) as standin:
        yield standin


class Reading:
    """What we would have after reading: a syncing of a few lines."""

    def __init__(self, crm: StandIn) -> None:
        self.crm = crm
        self.rows: dict[Kind, dict[str, Incoming]] = {kind: {} for kind in Kind}
        self.winners: dict[str, str] = {}
        self.until: datetime | None = None

    def run(self, *kinds: Kind) -> "Reading":
        """Of all kinds, or of some."""
        source = self.crm.source()
        source.open()
        start = self.crm.company.now
        windows = source.windows
        until = start - windows.lag
        for kind in kinds or Kind:
            full = self.until is None or source.in_full(kind)
            since = None if full or self.until is None else self.until - windows.overlap
            if full:
                self.rows[kind].clear()
            for page in source.pages(kind, Span(since, start if full else until), after=None, known=self.known):
                self.take(kind, page)
        self.until = until
        source.close()
        return self

    def known(self, kind: Kind) -> Iterator[list[str]]:
        yield sorted(self.rows[kind])

    def take(self, kind: Kind, page: Page) -> None:
        for row in page.rows:
            if row.deleted:
                self.rows[kind].pop(row.id, None)
                if row.winner_id:
                    self.winners[row.id] = row.winner_id
            else:
                self.rows[kind][row.id] = row

    def values(self, kind: Kind) -> dict[str, dict[str, Any]]:
        return {id: values_of(self.crm, kind, row) for id, row in sorted(self.rows[kind].items())}


def values_of(crm: StandIn, kind: Kind, row: Incoming) -> dict[str, Any]:
    record = rules.record_of(kind, row, spellings=crm.spellings, aliases={}).record
    found = msgspec.structs.asdict(record)
    return {name: found[name] for name in crm.fields(kind)}


def truth(crm: StandIn, kind: Kind) -> dict[str, dict[str, Any]]:
    """The company as HubSpot shows it, with HubSpot's ids."""
    found: dict[str, dict[str, Any]] = {}
    for key, values in crm.company.truth(kind).items():
        named = REFERENCES[kind]
        shown = {name: values[name] for name in crm.fields(kind)}
        for name in named.keys() & shown.keys():
            shown[name] = shown[name] and crm.id_of(named[name], shown[name])
        if kind == Kind.RELATION:
            shown["roles"] = clean.in_order(shown["roles"])
        found[crm.id_of(kind, key)] = shown
    return dict(sorted(found.items()))


def same(reading: Reading) -> None:
    for kind in Kind:
        assert reading.values(kind) == truth(reading.crm, kind), kind


def read(crm: StandIn, kind: Kind, span: Span, *, after: str | None = None) -> list[Page]:
    source = crm.source()
    source.open()
    return list(source.pages(kind, span, after=after, known=lambda _: iter(())))


def rows_of(pages: list[Page]) -> list[Incoming]:
    return [row for page in pages for row in page.rows]


def window(crm: StandIn, *, hours: float = 2) -> Span:
    return Span(crm.company.now - timedelta(hours=hours), crm.company.now + timedelta(milliseconds=1))


# --- what is there ------------------------------------------------------------------------------


def test_a_first_load_has_the_whole_company(crm: StandIn) -> None:
    same(Reading(crm).run())


def test_the_dated_api_says_the_same(crm: StandIn) -> None:
    crm.place_ends_in = "/2026-03"
    same(Reading(crm).run())
    paths = {path for _, path in crm.http.requests if "oauth" not in path}
    assert all("/2026-03" in path for path in paths)


def test_what_happens_in_hubspot_is_read_in_the_next_window(crm: StandIn) -> None:
    company, reading = crm.company, Reading(crm).run()
    company.wait(hours=3)
    company.change(Kind.CONTACT, "alder-1", title="Chief", opted_out=True, time_zone="Europe/Paris")
    company.put(Kind.CONTACT, "new", account_id="elm", last_name="New", left_company=True, bounced=True)
    company.change(Kind.ACCOUNT, "birch", status=AccountStatus.CHURNED, csm_id="farah")
    company.change(Kind.OPPORTUNITY, "cedar-renewal", closed=True, won=True, close_on=date(2026, 3, 29))
    company.delete(Kind.CONTACT, "cedar-2")
    company.change(Kind.CSM, "emil", active=False)
    company.wait(minutes=6)
    same(reading.run())
    company.restore(Kind.CONTACT, "cedar-2")
    company.restore(Kind.RELATION, "cedar-2-rel")
    company.wait(minutes=6)
    same(reading.run())


def test_a_role_that_changes_without_its_contact_is_read(crm: StandIn) -> None:
    reading = Reading(crm).run()
    crm.company.wait(hours=1)
    crm.company.give_roles("alder-3-rel", Role.CHAMPION, Role.BUDGET_HOLDER)
    same(reading.run())


def test_the_labels_of_one_pair_come_in_several_rows_and_pages(crm: StandIn) -> None:
    crm.pairs_per_page = 1
    crm.company.put(Kind.RELATION, "second", account_id="fir", contact_id="alder-0", roles=(Role.CHAMPION,))
    crm.company.give_roles("alder-0-rel", *list(Role)[:4])
    same(Reading(crm).run())


def test_buying_roles_are_added_at_the_primary_company(crm: StandIn) -> None:
    crm.company.put(Kind.RELATION, "second", account_id="fir", contact_id="alder-4")
    crm.shown.extra[Kind.CONTACT, "alder-4"] = {"hs_buying_role": "DECISION_MAKER;CHAMPION"}
    reading = Reading(crm).run()
    primary, second = (
        reading.values(Kind.RELATION)[crm.id_of(Kind.RELATION, key)] for key in ("alder-4-rel", "second")
    )
    assert primary["roles"] == (Role.DECISION_MAKER, Role.CHAMPION, list(Role)[4])
    assert second["roles"] == ()


def test_an_association_that_could_not_be_read_is_not_taken_for_none(crm: StandIn) -> None:
    known = iter([[crm.id_of(Kind.CONTACT, "alder-0")]])
    crm.broken_associations = True
    source = crm.source()
    source.open()
    with pytest.raises(TryLater, match="associations of 1 contacts"):
        list(source.pages(Kind.RELATION, window(crm), after=None, known=lambda _: known))


# --- search -------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [5, 15, 45, 60, 90])
def test_a_row_that_search_shows_an_hour_late_is_found_by_the_first_run_after(crm: StandIn, minutes: int) -> None:
    company, reading = crm.company, Reading(crm).run(Kind.CONTACT)
    crm.delay = timedelta(minutes=60)
    company.wait(hours=3)
    reading.run(Kind.CONTACT)
    company.wait(minutes=7)
    company.change(Kind.CONTACT, "alder-1", title="Chief")
    visible_at = company.now + crm.delay
    while company.now < visible_at:
        company.wait(minutes=minutes)
        reading.run(Kind.CONTACT)
    assert reading.values(Kind.CONTACT)[crm.id_of(Kind.CONTACT, "alder-1")]["title"] == "Chief"


def test_a_millisecond_shared_by_more_rows_than_search_shows_is_read_whole(crm: StandIn) -> None:
    crm.company.wait(hours=5)
    for number in range(23):
        crm.company.put(Kind.CONTACT, f"bulk-{number}", last_name=f"Bulk {number}", account_id="elm")
        if number in (2, 19):
            crm.company.wait(seconds=0.001)
    crm.cap = 8
    crm.company.wait(minutes=6)
    rows = rows_of(read(crm, Kind.CONTACT, window(crm)))
    assert [row.id for row in rows] == [crm.id_of(Kind.CONTACT, f"bulk-{number}") for number in range(23)]


def test_rows_that_change_while_we_read_do_not_hide_others(crm: StandIn) -> None:
    crm.sizes = msgspec.structs.replace(crm.sizes, rows_per_page=1)
    company = crm.company
    company.wait(hours=5)
    for number in range(20):
        company.put(Kind.CONTACT, f"late-{number}", last_name=str(number), account_id="elm")
        company.wait(seconds=1)
    span = window(crm)
    source = crm.source()
    source.open()
    seen: set[str] = set()
    company.wait(minutes=1)
    for page in source.pages(Kind.CONTACT, span, after=None, known=lambda _: iter(())):
        seen |= {row.id for row in page.rows}
        company.change(Kind.CONTACT, f"late-{len(seen) - 1}", title="moved on")
    assert {crm.id_of(Kind.CONTACT, f"late-{number}") for number in range(20)} <= seen


@pytest.mark.parametrize("since", [None, timedelta(hours=48)], ids=["all", "window"])
def test_reading_goes_on_from_every_bookmark_without_a_gap_or_a_repetition(
    crm: StandIn, since: timedelta | None
) -> None:
    crm.sizes = msgspec.structs.replace(crm.sizes, rows_per_page=1)
    company = crm.company
    for number in range(14):
        company.put(Kind.CONTACT, f"twin-{number}", last_name=str(number), account_id="elm")
    company.delete(Kind.CONTACT, "birch-1")
    company.delete(Kind.CONTACT, "birch-2")
    company.wait(hours=1)
    span = Span(company.now - since if since else None, company.now)
    whole = read(crm, Kind.CONTACT, span)
    everything = [row.id for row in rows_of(whole)]
    assert len(everything) == 44
    for number, page in enumerate(whole, 1):
        rest = rows_of(read(crm, Kind.CONTACT, span, after=page.bookmark))
        assert [row.id for row in rows_of(whole[:number])] + [row.id for row in rest] == everything


def test_the_wrong_date_of_change_finds_nothing_and_is_not_used(crm: StandIn) -> None:
    source = crm.source()
    searches = {kind: source.layouts[kind][0].changed_at for kind in (Kind.CONTACT, Kind.ACCOUNT, Kind.MILESTONE)}
    assert searches == {
        Kind.CONTACT: "lastmodifieddate",
        Kind.ACCOUNT: "hs_lastmodifieddate",
        Kind.MILESTONE: "hs_lastmodifieddate",
    }
    assert source.api.found("contacts", [("hs_lastmodifieddate", "GTE", "0")], limit=5).total == 0
    assert source.api.found("contacts", [("lastmodifieddate", "GTE", "0")], limit=5).total == 30


def test_searches_keep_to_five_a_second(crm: StandIn) -> None:
    source = crm.source()
    for _ in range(4):
        source.api.found("contacts", [], limit=1)
    assert sum(crm.waits) >= 0.2 + 0.4 + 0.6  # the clock stands still, so that each waits for all before it


@pytest.mark.parametrize("place", ["search", "contacts", "associations"])
def test_a_cursor_that_leads_in_a_circle_ends_the_run(crm: StandIn, place: str) -> None:
    crm.company.wait(hours=3)
    crm.company.change(Kind.CONTACT, "alder-1", title="Chief")
    crm.http.fail(Fault.LOOP, path=place, times=1_000)
    kind = Kind.OPPORTUNITY if place == "associations" else Kind.CONTACT
    span = window(crm) if place == "search" else Span(None, crm.company.now)
    with pytest.raises(GiveUp, match=r"circle|get on"):
        read(crm, kind, span)


@pytest.mark.parametrize("fault", [Fault.EMPTY, Fault.FEWER])
def test_a_search_that_shows_less_than_it_found_ends_the_run(crm: StandIn, fault: Fault) -> None:
    crm.http.fail(fault, path="search", times=1_000)
    with pytest.raises(GiveUp, match=r"of the \d+ contacts it found"):
        read(crm, Kind.CONTACT, window(crm))


# --- deleted, merged ----------------------------------------------------------------------------


def test_a_merge_makes_a_new_record_and_both_old_ids_lead_to_it(crm: StandIn) -> None:
    company, reading = crm.company, Reading(crm).run()
    old = {key: crm.id_of(Kind.CONTACT, key) for key in ("alder-0", "alder-1", "alder-2")}
    company.wait(hours=2)
    company.merge(Kind.CONTACT, "alder-0", into="alder-1")
    company.wait(minutes=6)
    reading.run()
    new = crm.id_of(Kind.CONTACT, "alder-1")
    assert new not in old.values()
    assert reading.winners == {old["alder-0"]: new, old["alder-1"]: new}


def test_a_chain_of_merges_between_two_runs_leads_to_the_last_record(crm: StandIn) -> None:
    company, reading = crm.company, Reading(crm).run()
    keys = ("alder-0", "alder-1", "alder-2")
    contacts = [crm.id_of(Kind.CONTACT, key) for key in keys]
    accounts = [crm.id_of(Kind.ACCOUNT, key) for key in ("elm", "fir", "cedar")]
    company.wait(hours=2)
    company.merge(Kind.CONTACT, "alder-0", into="alder-1")
    company.wait(seconds=1)
    company.merge(Kind.CONTACT, "alder-1", into="alder-2")
    company.merge(Kind.ACCOUNT, "fir", into="elm")
    company.wait(seconds=1)
    company.merge(Kind.ACCOUNT, "elm", into="cedar")
    company.wait(minutes=6)
    reading.run()
    new, account = crm.id_of(Kind.CONTACT, "alder-2"), crm.id_of(Kind.ACCOUNT, "cedar")
    assert {reading.winners[id] for id in contacts} == {new}
    assert {reading.winners[id] for id in accounts} == {account}


def test_some_by_an_id_that_was_merged_away_brings_its_winner(crm: StandIn) -> None:
    old = crm.id_of(Kind.CONTACT, "alder-0")
    crm.company.merge(Kind.CONTACT, "alder-0", into="alder-1")
    crm.company.delete(Kind.CONTACT, "birch-0")
    asked = [old, crm.id_of(Kind.CONTACT, "birch-0"), crm.id_of(Kind.CONTACT, "birch-1"), "ours:1"]
    rows = rows_of(list(crm.source().some(Kind.CONTACT, asked)))
    assert {row.id for row in rows if not row.deleted} == {
        crm.id_of(Kind.CONTACT, "alder-1"),
        crm.id_of(Kind.CONTACT, "birch-1"),
    }
    assert {row.id: row.winner_id for row in rows if row.deleted}[old] == crm.id_of(Kind.CONTACT, "alder-1")


@pytest.mark.parametrize("kind", [Kind.CONTACT, Kind.RELATION, Kind.OPPORTUNITY_ROLE, Kind.CSM, Kind.ACTIVITY])
def test_some_are_as_the_list_has_them(crm: StandIn, kind: Kind) -> None:
    crm.shown.meetings |= {"elm-ebr", "fir-ebr"}
    rows = {row.id: row for row in rows_of(list(crm.source().some(kind, truth(crm, kind))))}
    assert {id: values_of(crm, kind, row) for id, row in sorted(rows.items())} == truth(crm, kind)


def test_the_sweep_lists_every_id_that_is_read_by_windows(crm: StandIn) -> None:
    crm.shown.meetings.add("elm-ebr")
    source = crm.source()
    for kind in Kind:
        chunks = source.ids(kind)
        assert (chunks is None) == source.in_full(kind)
        if chunks is not None:
            assert {id for chunk in chunks for id in chunk} == truth(crm, kind).keys()


def test_there_is_no_list_of_deleted_meetings_so_the_sweep_finds_them(crm: StandIn) -> None:
    crm.shown.meetings |= {"elm-ebr", "fir-ebr"}
    reading = Reading(crm).run()
    same(reading)
    gone = crm.id_of(Kind.ACTIVITY, "elm-ebr")
    crm.company.delete(Kind.ACTIVITY, "elm-ebr")
    crm.company.wait(hours=1)
    assert gone in reading.run().rows[Kind.ACTIVITY]
    chunks = crm.source().ids(Kind.ACTIVITY)
    assert gone not in {id for chunk in chunks or () for id in chunk}


def test_a_long_list_of_deleted_records_is_read_whole_once_a_day(crm: StandIn) -> None:
    company = crm.company
    for number in range(40):
        company.put(Kind.CONTACT, f"gone-{number}", last_name=str(number), account_id="elm")
        company.delete(Kind.CONTACT, f"gone-{number}")
    reading = Reading(crm).run(Kind.CONTACT)
    company.put(Kind.CONTACT, "last", last_name="Last", account_id="elm")
    company.wait(hours=2)
    reading.run(Kind.CONTACT)
    company.delete(Kind.CONTACT, "last")
    company.wait(hours=2)
    assert crm.id_of(Kind.CONTACT, "last") in reading.run(Kind.CONTACT).rows[Kind.CONTACT]
    while company.now.date() == START.date():
        company.wait(hours=4)
        reading.run(Kind.CONTACT)
    company.wait(hours=1)
    assert reading.run(Kind.CONTACT).values(Kind.CONTACT) == truth(crm, Kind.CONTACT)


def test_what_the_mapping_no_longer_wants_is_told_as_deleted(crm: StandIn) -> None:
    crm.only = {Kind.ACTIVITY: {"hs_activity_type": ["EBR", "Training"]}}
    company, reading = crm.company, Reading(crm).run()
    assert len(reading.rows[Kind.ACTIVITY]) == 6
    company.wait(hours=2)
    company.change(Kind.ACTIVITY, "elm-ebr", kind="Chat")
    company.put(Kind.ACTIVITY, "sales", about_id="elm", kind="Demo", on=date(2026, 3, 1))
    company.wait(minutes=6)
    assert crm.id_of(Kind.ACTIVITY, "elm-ebr") not in reading.run().rows[Kind.ACTIVITY]
    assert len(reading.rows[Kind.ACTIVITY]) == 5


# --- limits and rights --------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "seconds"), [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10)])
def test_a_short_limit_is_waited_for_although_no_header_says_how_long(
    crm: StandIn, policy: str, seconds: float
) -> None:
    crm.policies = [policy]
    assert crm.source().account.portal_id == 4711
    assert any(seconds <= waited <= 2 * seconds for waited in crm.waits)


def test_the_day_s_limit_pauses_until_midnight_where_the_account_is(crm: StandIn) -> None:
    source = crm.source()
    source.open()
    crm.policies = ["DAILY"]
    with pytest.raises(TryLater) as later:
        list(source.pages(Kind.CONTACT, window(crm), after=None, known=lambda _: iter(())))
    assert later.value.at == datetime(2026, 3, 2, 23, tzinfo=UTC)


def test_midnight_is_the_account_s_on_the_night_the_clocks_change() -> None:
    night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # half past midnight in Berlin, the day of 23 hours
    assert next_midnight(night, ZoneInfo("Europe/Berlin")) == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [(477, {"retry-after": "7200"}, PAUSE), (423, {}, RETRY), (502, {}, RETRY), (414, {}, GIVE_UP), (400, {}, GIVE_UP)],
)
def test_other_statuses_are_read_as_hubspot_means_them(
    crm: StandIn, status: int, headers: dict[str, str], kind: TroubleKind
) -> None:
    read_trouble = trouble.reader(lambda: START, lambda: ZoneInfo("UTC"))
    found = read_trouble(Answer(status, headers, b"<html>"))
    assert found is not None
    assert found.kind == kind
    assert status != 477 or found.at == START + timedelta(hours=2)


def test_a_missing_scope_is_named_in_hubspot_s_words(crm: StandIn) -> None:
    crm.scopes.discard("crm.objects.deals.read")
    with pytest.raises(Misconfigured, match=r"crm\.objects\.deals\.read") as wrong:
        crm.source().open()
    assert standin_hubspot.TOKEN not in str(wrong.value)


@pytest.mark.parametrize(
    ("field", "column"), [("opted_out", "wants_no_mail"), ("title", "job"), ("account_id", "company_of")]
)
def test_a_mapped_property_that_is_not_there_is_refused(crm: StandIn, field: str, column: str) -> None:
    crm.mapped = {Kind.CONTACT: {field: column}}
    with pytest.raises(Misconfigured, match=column):
        crm.source().open()


def test_a_property_of_hubspot_s_own_that_an_account_lacks_is_no_trouble(crm: StandIn) -> None:
    crm.hidden = {"hs_parent_company_id", "hs_buying_role"}
    crm.mapped = {Kind.ACCOUNT: {}, Kind.RELATION: {}}
    source = crm.source()
    assert source.open() == []
    assert source.column(Kind.ACCOUNT, "parent_id") == "parent_id"
    crm.hidden = {"hs_email_optout"}
    crm.mapped = {Kind.CONTACT: {}}
    with pytest.raises(Misconfigured, match="hs_email_optout"):
        crm.source().open()


def test_what_moves_no_date_of_change_is_read_once_a_day(crm: StandIn) -> None:
    source = crm.source()
    source.open()
    assert [kind for kind in Kind if source.in_full(kind)] == [Kind.CSM, Kind.RELATION, Kind.OPPORTUNITY_ROLE]
    assert [kind for kind in Kind if source.daily(kind)] == [Kind.OPPORTUNITY, Kind.MILESTONE]


def test_the_fingerprint_tells_accounts_and_mappings_apart_without_a_request(crm: StandIn) -> None:
    connection, _ = crm.connection()
    outside = crm.source().outside
    first = crm.source().fingerprint
    assert crm.source().fingerprint == first
    with closing(HubSpot(connection, {Secret.TOKEN: "pat-of-another-account"}, outside)) as other:
        assert other.fingerprint != first
    crm.mapped = {Kind.CONTACT: {"title": "department"}}
    assert crm.source().fingerprint != first
    assert crm.http.requests == []


# --- check --------------------------------------------------------------------------------------


def test_check_shows_objects_fields_and_what_changed(crm: StandIn) -> None:
    crm.mapped = {Kind.CONTACT: {"opted_out": "wants_no_mail", "department": "health"}}
    probe = crm.source().probe()
    assert (probe.signed_in_as, probe.version) == ("account 4711, Europe/Berlin", "v3")
    assert (probe.usage.used, probe.usage.allowance) == (1234, 250_000)
    contacts = next(found for found in probe.objects if found.kind == Kind.CONTACT)
    states = {field.field: field.state for field in contacts.fields}
    assert states["email"] == FieldState.FOUND
    assert states["opted_out"] == FieldState.MISSING
    assert states["department"] == FieldState.UNREADABLE
    assert (contacts.rows, contacts.changed_30_days) == (30, 30)
    deals = next(found for found in probe.objects if found.kind == Kind.OPPORTUNITY)
    assert {field.field for field in deals.fields if field.state == FieldState.CALCULATED} == {"closed", "won"}
    assert probe.missing_grants == []


def test_check_says_what_is_missing_and_never_fails(crm: StandIn) -> None:
    crm.scopes -= {"crm.objects.deals.read", "crm.objects.owners.read"}
    crm.company.wait(days=40)
    probe = crm.source().probe()
    assert {"crm.objects.deals.read", "crm.objects.owners.read"} <= set(probe.missing_grants)
    assert {found.kind for found in probe.objects if not found.readable} >= {Kind.OPPORTUNITY, Kind.CSM}
    assert any("None of the 30 contacts changed" in warning for warning in probe.warnings)
    crm.http.fail(Fault.ERROR_500, times=1_000)
    assert crm.source().probe().warnings


def test_examples_are_from_the_account_s_own_rows(crm: StandIn) -> None:
    source = crm.source()
    assert source.sample(Kind.CONTACT, limit=2)[0]["email"] == "p0@alder.example"
    assert source.sample(Kind.CSM, limit=1)[0]["email"] == "dana@vendor.example"
    assert source.sample(Kind.RELATION, limit=1)[0]["association labels"]
    assert source.sample(Kind.OPPORTUNITY, limit=1)[0]["associations.companies"] == crm.id_of(Kind.ACCOUNT, "alder")


def test_spellings_on_offer_are_labels_and_options(crm: StandIn) -> None:
    source = crm.source()
    assert source.spelled(Kind.ACCOUNT, "status") == ["lead", "customer", "Churned"]
    assert "Billing contact" in source.spelled(Kind.RELATION, "roles")
    assert "Primary" not in source.spelled(Kind.RELATION, "roles")
    assert source.spelled(Kind.MILESTONE, "kind") == []


# --- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T00:00:00Z", "2026-03-01"),  # a day that somebody wrote as UTC
        ("2026-03-01T23:30:00.000Z", "2026-03-02"),
        ("1772407800000", "2026-03-02"),
        ("1 March", "1 March"),
        ("", ""),
    ],
)
def test_a_moment_is_a_day_where_the_account_is(value: str, expected: str) -> None:
    assert mapping.day(value, ZoneInfo("Europe/Berlin")) == expected


@pytest.mark.parametrize(
    ("merged", "vids", "expected"),
    [
        ("2;3", None, ["2", "3"]),
        (None, "1:1700000000000;4:1700000000001", ["4"]),
        ("2", "2:1;5:2", ["2", "5"]),
        ("", "", []),
        (" 7 ; junk;", "x:y", ["7"]),
    ],
)
def test_merged_ids_are_all_that_either_list_has(merged: str | None, vids: str | None, expected: list[str]) -> None:
    record = Record("1", {"hs_merged_object_ids": merged, "hs_calculated_merged_vids": vids})
    assert mapping.merged_ids(record) == expected


# --- writing ------------------------------------------------------------------------------------


def task(key: str, **values: str) -> Write:
    usual = {"subject": "Call <b>Ana</b>", "body": "a\nb", "due_on": "2026-03-05", "closed": ""}
    return Write(key, WriteWhat.TASK, values.pop("record_id", None), {**usual, **values})


def test_a_task_written_twice_is_one_task(crm: StandIn) -> None:
    ana, alder = crm.id_of(Kind.CONTACT, "alder-0"), crm.id_of(Kind.ACCOUNT, "alder")
    one = task("followup-1", owner_id=crm.id_of(Kind.CSM, "dana"), contact_id=ana, account_id=alder)
    first = crm.source().write([one])
    assert crm.source().write([one]) == first
    [(id, written)] = crm.tasks.items()
    assert first == [Wrote("followup-1", done=True, record_id=id)]
    assert (written["voc_key"], written["hs_task_status"]) == ("followup-1", "NOT_STARTED")
    assert (written["hs_timestamp"], written["hs_task_body"]) == ("2026-03-05T08:00:00Z", "a<br>b")
    assert crm.linked == {(id, "contacts", ana), (id, "companies", alder)}


def test_a_known_task_keeps_the_state_somebody_gave_it_until_it_is_closed(crm: StandIn) -> None:
    [wrote] = crm.source().write([task("followup-1")])
    assert wrote.record_id is not None
    crm.tasks[wrote.record_id]["hs_task_status"] = "IN_PROGRESS"
    crm.source().write([task("followup-1", record_id=wrote.record_id, subject="Other")])
    assert crm.tasks[wrote.record_id]["hs_task_status"] == "IN_PROGRESS"
    assert crm.tasks[wrote.record_id]["hs_task_subject"] == "Other"
    crm.source().write([task("followup-1", record_id=wrote.record_id, closed="1")])
    assert crm.tasks[wrote.record_id]["hs_task_status"] == "COMPLETED"


def test_a_task_that_is_only_followed_is_never_made(crm: StandIn) -> None:
    [made] = crm.source().write([task("f1", owner_id="7")])
    crm.tasks[made.record_id or ""]["hs_task_status"] = "IN_PROGRESS"
    here, gone = (msgspec.structs.replace(task(key, due_on="2026-03-09"), only_if_there=True) for key in ("f1", "f2"))
    assert crm.source().write([gone, here]) == [Wrote("f2", done=True), made]
    [found] = crm.tasks.values()
    assert (found["hs_timestamp"], found["hubspot_owner_id"]) == ("2026-03-09T08:00:00Z", "7")
    assert found["hs_task_status"] == "IN_PROGRESS"


def test_without_the_right_to_make_our_property_a_person_is_told_how(crm: StandIn) -> None:
    crm.scopes.discard("crm.schemas.contacts.write")
    [wrote] = crm.source().write([task("followup-1")])
    assert not wrote.done
    assert not wrote.again
    assert "voc_key" in str(wrote.why)
    crm.task_properties["voc_key"] = {"name": "voc_key", "hasUniqueValue": False}
    assert not crm.source().write([task("followup-1")])[0].done
    assert crm.tasks == {}


def test_one_bad_value_or_missing_record_does_not_stop_the_others(crm: StandIn) -> None:
    ids = [crm.id_of(Kind.CONTACT, f"alder-{number}") for number in range(5)]
    writes = [Write(f"w{n}", WriteWhat.CONTACT, id, {"score": f"{n}"}) for n, id in enumerate(ids)]
    writes[1] = Write("w1", WriteWhat.CONTACT, ids[1], {"score": "INVALID"})
    writes[3] = Write("w3", WriteWhat.CONTACT, "999", {"score": "3"})
    writes.append(Write("again", WriteWhat.CONTACT, ids[0], {"last_asked": "2026-03-01"}))
    writes.append(Write("coverage", WriteWhat.ACCOUNT, crm.id_of(Kind.ACCOUNT, "alder"), {"coverage": "80"}))
    wrote = crm.source().write(writes)
    assert [one.key for one in wrote] == [one.key for one in writes]
    assert [one.done for one in wrote] == [True, False, True, False, True, True, True]
    assert not any(one.again for one in wrote)
    assert "no such record" in str(wrote[3].why)
    assert crm.shown.extra[Kind.CONTACT, "alder-0"] == {"score": "0", "last_asked": "2026-03-01"}


def test_our_own_writes_come_back_unchanged(crm: StandIn) -> None:
    reading = Reading(crm).run()
    before = dict(reading.rows[Kind.CONTACT])
    crm.company.wait(hours=2)
    crm.source().write([Write("w", WriteWhat.CONTACT, crm.id_of(Kind.CONTACT, "alder-0"), {"score": "9"})])
    crm.company.wait(minutes=6)
    rows = rows_of(read(crm, Kind.CONTACT, window(crm)))
    assert [row.id for row in rows] == [crm.id_of(Kind.CONTACT, "alder-0")]
    assert rows[0].digest == before[rows[0].id].digest
