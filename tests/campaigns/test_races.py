"""Two planners at once, and an opt-out at the moment of the claim."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, insert, select

from tests.builders import NOW, add_account, add_campaign, add_contact, add_csm, add_questionnaire, add_wave
from voc.base import schema
from voc.base.db import Database
from voc.campaigns import run, store
from voc.campaigns.model import StopReason
from voc.stakeholders import run as stakeholders
from voc.stakeholders.model import SuppressionReason

INVITATIONS = 500


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(request.param)
    return database


def due(db: Connection, *, count: int, accounts: int, at: datetime = NOW - timedelta(minutes=10)) -> None:
    """So many invitations, all due."""
    add_csm(db)
    for number in range(accounts):
        add_account(db, f"acc-{number}")
    wave_id = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=add_questionnaire(db))
    for number in range(count):
        add_contact(db, f"con-{number}", account_id=f"acc-{number % accounts}")
    rows = [
        {
            "wave_id": wave_id,
            "contact_id": f"con-{number}",
            "account_id": f"acc-{number % accounts}",
            "address": f"con-{number}@calder.example",
            "inherited": False,
            "roles": ["champion"],
            "language": "en",
            "time_zone": "Europe/Berlin",
            "country": "DE",
            "heads_up": False,
            "next_step": "invite",
            "intended_on": date(2026, 3, 3),
            "due_at": at,
        }
        for number in range(count)
    ]
    db.execute(insert(schema.invitation), rows)


def together(count: int, work: Callable[[int], None]) -> None:
    """Run it in so many threads at once; an error in any of them fails the test."""
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def run_one(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:  # noqa: BLE001 -- shown by the test that waits for it
            errors.append(error)

    threads = [threading.Thread(target=run_one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_two_planners_and_several_threads_claim_each_of_500_exactly_once(busy: Database) -> None:
    with busy.begin() as db:
        due(db, count=INVITATIONS, accounts=INVITATIONS)
    claimed: list[int] = []

    def plan(_number: int) -> None:
        while True:
            with busy.begin() as db:
                steps = store.claim_due(db, now=NOW, limit=20)
            if not steps:
                return
            claimed.extend(step.invitation_id for step in steps)

    together(6, plan)
    assert len(claimed) == INVITATIONS
    assert Counter(claimed).most_common(1)[0][1] == 1
    with busy.read() as db:
        assert db.execute(select(func.count()).select_from(schema.contact_quota)).scalar() == INVITATIONS


def test_two_planners_cannot_both_slip_through_the_limit_of_an_account(busy: Database) -> None:
    with busy.begin() as db:
        due(db, count=60, accounts=4)

    def plan(_number: int) -> None:
        for _ in range(40):
            with busy.begin() as db:
                store.claim_due(db, now=NOW, limit=4)

    together(6, plan)
    with busy.read() as db:
        quota = schema.contact_quota.c
        per_account = select(quota.account_id, func.count(quota.address.distinct())).group_by(quota.account_id)
        counts = {row[0]: row[1] for row in db.execute(per_account)}
    assert counts == {f"acc-{number}": 3 for number in range(4)}


def test_an_opt_out_racing_with_the_claim_leaves_no_step_claimed_after_its_commit(busy: Database) -> None:
    with busy.begin() as db:
        due(db, count=120, accounts=120)
    order: list[tuple[str, str]] = []

    def opt_out() -> None:
        for number in range(119, -1, -1):
            address = f"con-{number}@calder.example"
            with busy.begin() as db:
                stakeholders.suppress(db, address=address, reason=SuppressionReason.OPT_OUT, at=NOW, source="page")
            order.append(("opted out", address))

    def plan() -> None:
        while True:
            with busy.begin() as db:
                steps = store.claim_due(db, now=NOW, limit=3)
                # The transaction stays open for a while, and the claim is written down as its last act: an
                # opt-out that was committed meanwhile would stand before it.
                threading.Event().wait(0.003)
                order.extend(("claimed", step.address) for step in steps)
            if not steps:
                return

    together(3, lambda number: opt_out() if number == 0 else plan())
    out: set[str] = set()
    for what, address in order:
        if what == "opted out":
            out.add(address)
        else:
            assert address not in out
    with busy.read() as db:
        quota = schema.contact_quota.c.address
        claimed = set(db.execute(select(quota)).scalars())
    assert claimed == {address for what, address in order if what == "claimed"}


def test_a_pause_waits_for_claims_under_way_and_nothing_is_claimed_after_it(busy: Database) -> None:
    with busy.begin() as db:
        due(db, count=200, accounts=200)
        wave_id = db.execute(select(schema.wave.c.id)).scalar_one()
    paused = threading.Event()
    late: list[int] = []

    def pause() -> None:
        with busy.begin() as db:
            run.pause(db, wave_id, by="Clara Wendt", now=NOW)
        paused.set()

    def plan() -> None:
        while True:
            was_paused = paused.is_set()
            with busy.begin() as db:
                steps = store.claim_due(db, now=NOW, limit=5)
            if was_paused:
                late.extend(step.invitation_id for step in steps)
            if not steps:
                return

    together(3, lambda number: pause() if number == 0 else plan())
    assert late == []


def test_an_answer_racing_with_the_claim_stops_the_chase_for_good(busy: Database) -> None:
    with busy.begin() as db:
        due(db, count=100, accounts=100)
        ids = list(db.execute(select(schema.invitation.c.id).order_by(schema.invitation.c.id)).scalars())

    def answer() -> None:
        for invitation_id in reversed(ids):
            with busy.begin() as db:
                run.record_answer(db, invitation_id, complete=True, at=NOW)

    def plan() -> None:
        while True:
            with busy.begin() as db:
                steps = store.claim_due(db, now=NOW, limit=5)
            for step in steps:
                with busy.begin() as db:
                    run.record_many_sent(db, [(step.invitation_id, step.step)], at=NOW)
            if not steps:
                return

    together(3, lambda number: answer() if number == 0 else plan())
    with busy.read() as db:
        columns = schema.invitation.c
        rows = db.execute(select(columns.stopped, columns.next_step, columns.disposition).distinct()).all()
    assert [tuple(row) for row in rows] == [(StopReason.ANSWERED, None, "complete")]
