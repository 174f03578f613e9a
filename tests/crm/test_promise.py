"""Every connector keeps the promise: after a complete run our tables hold what the CRM shows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.crm import memory, promise
from tests.crm.company import Company, standard
from tests.crm.peer import Start
from tests.crm.peers import PEERS
from voc.accounts.model import Kind, Role, RunState
from voc.base.db import Database

ALL: dict[str, Start] = {"memory": memory.memory, **PEERS}

Happening = Callable[[Company], None]


def _nothing(company: Company) -> None: ...


def _something_changes(company: Company) -> None:
    company.change(Kind.CONTACT, "alder-1", title="Chief of things", email="new@alder.example")
    company.change(Kind.ACCOUNT, "birch", name="Birch & Søn")
    company.put(Kind.CONTACT, "gus", account_id="cedar", last_name="Gus", email="gus@cedar.example")


def _a_contact_is_deleted(company: Company) -> None:
    company.delete(Kind.CONTACT, "birch-2")


def _one_vanishes(company: Company) -> None:
    company.erase(Kind.CONTACT, "cedar-3")


def _two_are_merged(company: Company) -> None:
    company.merge(Kind.CONTACT, "alder-0", into="alder-1")


def _and_the_winner_again(company: Company) -> None:
    company.merge(Kind.CONTACT, "alder-1", into="alder-2")


def _an_account_is_merged(company: Company) -> None:
    company.merge(Kind.ACCOUNT, "fir", into="elm")


def _an_account_changes_hands(company: Company) -> None:
    company.hand_over("cedar", "farah")


def _somebody_opts_out(company: Company) -> None:
    company.change(Kind.CONTACT, "douglas-0", opted_out=True)


def _a_role_changes_alone(company: Company) -> None:
    company.give_roles("douglas-1-rel", Role.CHAMPION, Role.END_USER)


def _many_at_one_moment(company: Company) -> None:
    for number in range(8):
        company.put(Kind.CONTACT, f"twin-{number}", account_id="elm", last_name=f"Twin {number}")


def _some_commit_late(company: Company) -> None:
    # Stamped before the end of the last window, seen only now.
    stamped_at = company.now - timedelta(minutes=36)
    company.put(Kind.CONTACT, "late", account_id="elm", last_name="Late", stamped_at=stamped_at)
    company.change(Kind.CONTACT, "elm-1", title="Late too", stamped_at=stamped_at)


def _the_deleted_comes_back(company: Company) -> None:
    company.restore(Kind.CONTACT, "birch-2")
    company.restore(Kind.RELATION, "birch-2-rel")


def _the_vanished_comes_back(company: Company) -> None:
    company.restore(Kind.CONTACT, "cedar-3")


STORY: tuple[Happening, ...] = (
    _nothing,
    _something_changes,
    _a_contact_is_deleted,
    _one_vanishes,
    _two_are_merged,
    _and_the_winner_again,
    _an_account_is_merged,
    _an_account_changes_hands,
    _somebody_opts_out,
    _a_role_changes_alone,
    _many_at_one_moment,
    _some_commit_late,
    _the_deleted_comes_back,
    _the_vanished_comes_back,
)
# Nothing but a look at all ids tells of these.
UNSEEN = (_one_vanishes,)


@pytest.mark.parametrize("name", ALL)
def test_after_each_thing_that_happens_in_a_crm_our_tables_equal_it(database: Database, name: str) -> None:
    company = standard()
    with ALL[name](company) as peer:
        for happening in STORY:
            company.wait(minutes=30)
            happening(company)
            windows = peer.source().windows
            if happening in UNSEEN and windows is not None:
                company.wait(seconds=windows.sweep_every.total_seconds())
            company.wait(minutes=10)
            report = promise.sync(database, peer)
            assert report.state == RunState.COMPLETE, (happening, report.message)
            assert all(counts.adds_up for counts in report.counts.values()), happening
            promise.must_be_equal(database, peer, happening)
            company.wait(minutes=10)
            again = promise.sync(database, peer)
            assert not again.changed, (happening, again.message, again.counts)
            promise.must_be_equal(database, peer, happening)
