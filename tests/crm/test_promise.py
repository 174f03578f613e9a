"""Every connector keeps the promise: after a complete run our tables hold what the CRM shows."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from tests.crm import memory, promise
from tests.crm.company import Company, standard
from tests.crm.peer import Peer, Start
from tests.crm.peers import PEERS
from tests.crm.server import Fault
from voc.accounts.model import Kind, Role, RunState
from voc.base.db import Database
from voc.base.errors import Misconfigured, Upstream

ALL: dict[str, Start] = {"memory": memory.memory, **PEERS}

Happening = Callable[[Company], None]


def _nothing(company: Company) -> None: ...


def _things_change(company: Company) -> None:
    """A person, an account, who owns one, an opt-out, and a role whose contact stays as it is."""
    company.change(Kind.CONTACT, "alder-1", title="Chief of things", email="new@alder.example")
    company.change(Kind.ACCOUNT, "birch", name="Birch & Søn")
    company.put(Kind.CONTACT, "gus", account_id="cedar", last_name="Gus", email="gus@cedar.example")
    company.hand_over("cedar", "farah")
    company.change(Kind.CONTACT, "douglas-0", opted_out=True)
    company.give_roles("douglas-1-rel", Role.CHAMPION, Role.END_USER)


def _a_contact_is_deleted(company: Company) -> None:
    company.delete(Kind.CONTACT, "birch-2")


def _one_vanishes(company: Company) -> None:
    company.erase(Kind.CONTACT, "cedar-3")
    company.erase(Kind.RELATION, "cedar-3-rel")


def _two_are_merged(company: Company) -> None:
    company.merge(Kind.CONTACT, "alder-0", into="alder-1")


def _the_winner_is_merged_and_an_account(company: Company) -> None:
    company.merge(Kind.CONTACT, "alder-1", into="alder-2")
    company.merge(Kind.ACCOUNT, "fir", into="elm")


def _many_at_one_moment(company: Company) -> None:
    for number in range(8):
        company.put(Kind.CONTACT, f"twin-{number}", account_id="elm", last_name=f"Twin {number}")


def _some_commit_late(company: Company) -> None:
    # Stamped before the end of the last window, seen only now.
    stamped_at = company.now - timedelta(minutes=36)
    company.put(Kind.CONTACT, "late", account_id="elm", last_name="Late", stamped_at=stamped_at)
    company.change(Kind.CONTACT, "elm-1", title="Late too", stamped_at=stamped_at)


def _the_deleted_and_the_vanished_come_back(company: Company) -> None:
    for contact in ("birch-2", "cedar-3"):
        company.restore(Kind.CONTACT, contact)
        company.restore(Kind.RELATION, f"{contact}-rel")


STORY: tuple[Happening, ...] = (
    _nothing,
    _things_change,
    _a_contact_is_deleted,
    _one_vanishes,
    _two_are_merged,
    _the_winner_is_merged_and_an_account,
    _many_at_one_moment,
    _some_commit_late,
    _the_deleted_and_the_vanished_come_back,
)
# Nothing but a look at all ids tells of the first; in some CRMs a merge or a deletion leaves no trace either.
UNSEEN = (_one_vanishes,)
WITHOUT_FLAGS = (_a_contact_is_deleted, _two_are_merged, _the_winner_is_merged_and_an_account)
FLAGGING = ("memory", "salesforce", "warehouse")


# What differs between the CRMs is how they are read; two of them show that PostgreSQL takes what was read.
ON_POSTGRESQL = ("memory", "salesforce")
ON_BOTH = [("sqlite", name) for name in ALL] + [("postgresql", name) for name in ON_POSTGRESQL]


@pytest.mark.parametrize(("database", "name"), ON_BOTH, indirect=["database"])
def test_after_each_thing_that_happens_in_a_crm_our_tables_equal_it(database: Database, name: str) -> None:
    company = standard()
    with ALL[name](company) as peer:
        for happening in STORY:
            company.wait(minutes=30)
            happening(company)
            if happening in UNSEEN or (happening in WITHOUT_FLAGS and name not in FLAGGING):
                _until_the_next_sweep(peer)
            company.wait(minutes=10)
            report = promise.sync(database, peer)
            assert report.state == RunState.COMPLETE, (happening, report.message)
            assert all(counts.adds_up for counts in report.counts.values()), happening
            promise.must_be_equal(database, peer, happening)
            company.wait(minutes=10)
            again = promise.sync(database, peer)
            assert not again.changed, (happening, again.message, again.counts)
            promise.must_be_equal(database, peer, happening)


def _until_the_next_sweep(peer: Peer) -> None:
    windows = peer.source().windows
    peer.company.wait(seconds=windows.sweep_every.total_seconds() if windows else 86_400)


# --- stopped ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_first_load_killed_twelve_times_goes_on_each_time_and_ends_equal(sqlite: Database, name: str) -> None:
    company, points = standard(), Random(12)
    with ALL[name](company) as peer:
        company.wait(minutes=30)
        deaths = 0
        while deaths < 12:
            # Later and later: a source without windows begins anew each time.
            deaths += promise.killed(sqlite, peer, at=points.randint(1, 3) + deaths // 4)
            company.wait(minutes=1)
        report = promise.sync(sqlite, peer)
        assert report.state == RunState.COMPLETE
        assert all(counts.adds_up for counts in report.counts.values())
        promise.must_be_equal(sqlite, peer)
        if peer.source().windows is not None:
            assert promise.states(sqlite) == [RunState.COMPLETE]
            assert report.rows == sum(len(company.rows[kind]) for kind in Kind if peer.fields(kind))


@pytest.mark.parametrize("name", ALL)
def test_changes_read_by_killed_runs_are_there_in_the_end(sqlite: Database, name: str) -> None:
    company, points = standard(), Random(5)
    with ALL[name](company) as peer:
        company.wait(minutes=30)
        promise.sync(sqlite, peer)
        deaths = 0
        for number in range(40):
            company.wait(minutes=20)
            company.change(Kind.CONTACT, f"alder-{number % 5}", title=f"Title {number}")
            company.put(Kind.CONTACT, f"new-{number}", account_id="elm", last_name=f"New {number}")
            company.put(Kind.RELATION, f"new-{number}-rel", account_id="elm", contact_id=f"new-{number}",
                        roles=(Role.CHAMPION,))  # fmt: skip
            company.wait(minutes=20)
            deaths += promise.killed(sqlite, peer, at=points.randint(1, 14), rows_per_batch=2)
            if deaths == 12:
                break
        company.wait(minutes=20)
        while promise.sync(sqlite, peer).changed:
            company.wait(minutes=20)
        promise.must_be_equal(sqlite, peer)


# --- F12 ----------------------------------------------------------------------------------------


# The other peers speak no HTTP: their own tests break them in their own ways.
SPEAKING = sorted({"memory", "salesforce", "hubspot", "odoo"} & set(ALL))


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("name", SPEAKING)
def test_a_crm_that_fails_costs_nothing_that_we_have(sqlite: Database, name: str, fault: Fault) -> None:
    company = standard()
    with ALL[name](company) as peer:
        company.wait(minutes=30)
        promise.sync(sqlite, peer)
        company.change(Kind.CONTACT, "alder-1", title="Chief of things")
        _until_the_next_sweep(peer)
        company.wait(minutes=30)
        before = promise.everything(sqlite)
        _break(peer, fault)
        with suppress(Upstream, Misconfigured):
            promise.sync(sqlite, peer)
        assert promise.states(sqlite)[-1] in ENDS[fault]
        assert promise.everything(sqlite) == before
        _mend(peer)
        company.wait(minutes=30)
        assert promise.sync(sqlite, peer).state == RunState.COMPLETE
        promise.must_be_equal(sqlite, peer, fault)


STOPPED = (RunState.PAUSED, RunState.FAILED)
ENDS: dict[Fault, tuple[RunState, ...]] = {
    Fault.ERROR_500: STOPPED,
    Fault.TOO_MANY: (RunState.PAUSED,),
    Fault.UNAUTHORISED: (RunState.FAILED,),
    Fault.SILENCE: STOPPED,
    Fault.SLOW_BODY: STOPPED,
    Fault.CUT_SHORT: STOPPED,
    Fault.NOT_JSON: STOPPED,
    Fault.EMPTY: (RunState.HELD, RunState.FAILED),
    Fault.FEWER: (RunState.HELD, RunState.FAILED),
    Fault.LOOP: (RunState.FAILED,),
}


def _break(peer: Peer, fault: Fault) -> None:
    if isinstance(peer, memory.Memory):
        peer.fault = fault
    elif peer.server is not None:
        peer.server.fail(fault, times=100_000)


def _mend(peer: Peer) -> None:
    if isinstance(peer, memory.Memory):
        peer.fault = None
    elif peer.server is not None:
        peer.server.calm()
