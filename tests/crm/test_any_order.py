"""Whatever happens in a CRM, in any order, and wherever runs are killed: in the end our tables equal it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crm import promise
from tests.crm.company import Company, Row, standard
from tests.crm.memory import WINDOWS, Memory
from voc.accounts import run
from voc.accounts.model import Kind, Role, RunState
from voc.base.db import Database

Do = Callable[[Company, Row, int], None]


def _edit(company: Company, row: Row, number: int) -> None:
    if row.kind in (Kind.ACCOUNT, Kind.OPPORTUNITY, Kind.CSM):
        company.change(row.kind, row.key, name=f"Name {number}")
    elif row.kind == Kind.CONTACT:
        company.change(row.kind, row.key, title=f"Title {number}", opted_out=number % 3 == 0)
    elif row.kind == Kind.RELATION:
        company.give_roles(row.key, list(Role)[number % len(Role)])


def _move(company: Company, row: Row, number: int) -> None:
    """To another account, another CSM."""
    accounts = company.live(Kind.ACCOUNT)
    if row.kind == Kind.ACCOUNT:
        company.hand_over(row.key, ("dana", "emil", "farah")[number % 3])
    elif row.kind in (Kind.CONTACT, Kind.OPPORTUNITY) and accounts:
        company.change(row.kind, row.key, account_id=accounts[number % len(accounts)].key)


def _add(company: Company, row: Row, number: int) -> None:
    key = f"{row.kind[:2]}-{sum(len(rows) for rows in company.rows.values())}"
    accounts = company.live(Kind.ACCOUNT)
    if accounts:
        account = accounts[number % len(accounts)].key
        late = company.now - (WINDOWS.lag + WINDOWS.overlap) / 2 if number % 2 else None
        company.put(Kind.CONTACT, key, account_id=account, last_name=key, stamped_at=late)
        company.put(Kind.RELATION, f"{key}-rel", account_id=account, contact_id=key, roles=(Role.CHAMPION,))


def _delete(company: Company, row: Row, _: int) -> None:
    if row.kind != Kind.CSM:
        company.delete(row.kind, row.key)


def _erase(company: Company, row: Row, _: int) -> None:
    if row.kind != Kind.CSM:
        company.erase(row.kind, row.key)


def _merge(company: Company, row: Row, number: int) -> None:
    others = [other for other in company.live(row.kind) if other is not row]
    if row.kind in (Kind.ACCOUNT, Kind.CONTACT) and others:
        company.merge(row.kind, row.key, into=others[number % len(others)].key)


def _restore(company: Company, _: Row, number: int) -> None:
    gone = [row for kind in Kind for row in company.rows[kind].values() if row.erased or row.deleted]
    gone = [row for row in gone if row.merged_into is None and _what_it_names_stands(company, row)]
    if gone:
        row = gone[number % len(gone)]
        company.restore(row.kind, row.key)


def _what_it_names_stands(company: Company, row: Row) -> bool:
    names = {"account_id": Kind.ACCOUNT, "contact_id": Kind.CONTACT, "opportunity_id": Kind.OPPORTUNITY}
    return all(company.rows[kind][row.values[name]].live for name, kind in names.items() if row.values.get(name))


DOING: tuple[Do, ...] = (_edit, _move, _add, _delete, _erase, _merge, _restore)

happenings = st.tuples(st.sampled_from(DOING), st.sampled_from(Kind), st.integers(0, 60))
pauses = st.tuples(st.just("wait"), st.sampled_from([1, 4, 11, 30, 24 * 60, 8 * 24 * 60]))
syncs = st.tuples(st.just("sync"), st.one_of(st.none(), st.integers(1, 25)))
events = st.one_of(happenings, happenings, pauses, syncs)


@settings(max_examples=12, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, min_size=5, max_size=30))
def test_any_sequence_of_events_and_stopped_runs_ends_equal_to_the_crm(
    sqlite_template: Path, sequence: list[tuple[object, ...]]
) -> None:
    with TemporaryDirectory() as place:
        shutil.copy(sqlite_template, f"{place}/voc.db")
        database = Database(f"sqlite:///{place}/voc.db", durable=False)
        peer = Memory(standard())
        _run(database, peer)
        for what, *how in sequence:
            _play(database, peer, what, how)
        # Twice the time of a sweep: what was set aside is settled too.
        for _ in range(2):
            peer.company.wait(days=8)
            _run(database, peer)
        promise.must_be_equal(database, peer, sequence)
        database.close()


def _play(database: Database, peer: Memory, what: object, how: list[object]) -> None:
    company = peer.company
    if what == "wait":
        company.wait(minutes=float(str(how[0])))
    elif what == "sync" and how[0] is None:
        _run(database, peer)
    elif what == "sync":
        promise.killed(database, peer, at=int(str(how[0])), rows_per_batch=7)
    elif callable(what):
        kind, number = Kind(str(how[0])), int(str(how[1]))
        if rows := company.live(kind):
            what(company, rows[number % len(rows)], number)


def _run(database: Database, peer: Memory) -> None:
    """One sync, released if too much has gone for its taste."""
    report = promise.sync(database, peer)
    if report.state == RunState.HELD:
        run.release(database, report.run_id, by="Clara", now=peer.company.now)
