"""The database drafts a census as the rules decide it: the rehearsal goes by the rules alone, the launch by both."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import blake2b
from typing import TypeVar

import pytest
from sqlalchemy import Connection, insert, select

from tests.builders import add_account, add_contact, add_suppression
from tests.campaigns.company import FILES, LAUNCH, ROLES, add_exclusion, add_message_counted, launch, settle_in
from voc.base import preferences, schema
from voc.base.db import Database
from voc.campaigns import run

One = TypeVar("One")
TODAY = LAUNCH.date()
SOME_DAYS = tuple(TODAY + timedelta(days=days) for days in (-400, -20, -13, -1, 0, 1, 5, 13, 19, 40, 200))
DAYS = (None, None, *SOME_DAYS)
COUNTRIES = (None, "", "Germany", "DE", "Brazil", "Atlantis", "US", "Japan")
ZONES = (None, "Europe/Berlin", "Mars/Olympus", "Asia/Tokyo", "America/Sao_Paulo", "Pacific/Kiritimati")


class Lot:
    """The same choices for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._count = seed, 0

    def among(self, options: Sequence[One]) -> One:
        self._count += 1
        digest = blake2b(f"{self._seed}:{self._count}".encode(), digest_size=4).digest()
        return options[int.from_bytes(digest, "big") % len(options)]

    def one_in(self, number: int) -> bool:
        return self.among(range(number)) == 0


def add_anything(db: Connection, lot: Lot) -> None:
    """Accounts and people in every state that may speak against asking somebody, or nearly."""
    accounts = [f"acc-{number:02}" for number in range(14)]
    for account_id in accounts:
        add_account(
            db,
            account_id,
            status=lot.among(("customer",) * 6 + ("prospect", "churned")),
            state=lot.among(("live",) * 8 + ("closed",)),
            segment=lot.among(("enterprise", "mid-market", "small", None)),
            country=lot.among(COUNTRIES),
            renewal_on=lot.among(DAYS),
            escalated_until_on=lot.among((None, None, None, *DAYS)),
        )
        if lot.one_in(8):
            add_exclusion(db, account_id, expires_on=lot.among(SOME_DAYS))
    for number in range(90):
        add_somebody(db, f"con-{number:02}", accounts, lot)


def add_somebody(db: Connection, contact_id: str, accounts: Sequence[str], lot: Lot) -> None:
    address = lot.among(
        (f"{contact_id}@calder.example",) * 8 + ("shared@calder.example", " SHARED@calder.example", None)
    )
    own = lot.among(accounts)
    add_contact(
        db,
        contact_id,
        account_id=own,
        email=address,
        state=lot.among(("live",) * 9 + ("set_aside", "deleted")),
        left_company=lot.one_in(15),
        opted_out=lot.one_in(15),
        bounced=lot.one_in(15),
        left_at=LAUNCH - timedelta(days=30) if lot.one_in(15) else None,
        country=lot.among(COUNTRIES),
        time_zone=lot.among(ZONES),
        created_on=lot.among(DAYS),
        consented_on=lot.among((None, TODAY)),
    )
    for account_id in sorted({own, lot.among(accounts)} if lot.one_in(4) else {own}):
        for role in sorted({lot.among(ROLES), lot.among(ROLES)}):
            for by_csm in (False, True) if lot.one_in(6) else (lot.one_in(8),):
                row = {"account_id": account_id, "contact_id": contact_id, "role": role, "by_csm": by_csm}
                row |= {"ended": lot.one_in(7), "direct": account_id == own}
                db.execute(insert(schema.contact_role).values(**row))
    if address and lot.one_in(10):
        lifted_at = lot.among((None, LAUNCH))
        add_suppression(db, address, lot.among(("opt_out", "bounced", "complaint")), lifted_at=lifted_at)
    if address and lot.one_in(6):
        on = TODAY - timedelta(days=lot.among((3, 60, 84, 88, 90, 92, 300)))
        priority, step = lot.among((3, 3, 1)), lot.among(("invite", "invite", "reminder_1"))
        add_message_counted(db, address.strip().lower(), on=on, account_id=own, priority=priority, step=step)
    if lot.one_in(12):
        add_exclusion(db, own, contact_id=contact_id, expires_on=lot.among(SOME_DAYS))
    for kind in ("left", "answered"):
        if lot.one_in(10):
            at = LAUNCH - timedelta(days=lot.among((2, 40)))
            sign = {"contact_id": contact_id, "kind": kind, "at": at, "source": "mail"}
            db.execute(insert(schema.sign_of_life).values(key=f"{kind}:{contact_id}", **sign))


@pytest.mark.parametrize("seed", range(4))
def test_the_database_drafts_what_the_rules_decide(database: Database, seed: int) -> None:
    lot = Lot(seed)
    now = LAUNCH + timedelta(hours=lot.among((0, 1, 2, 9)))  # before, within and after the window of most
    with database.begin() as db:
        settle_in(db)
        consent = {"consent_countries": lot.among(([], ["DE"], ["US", "BR"]))}
        preferences.change(db, consent, actor="Clara Wendt", now=LAUNCH)
        run.change_settings(db, "relationship", {"heads_up_share": lot.among((0.0, 0.5, 1.0))}, by="Clara", now=LAUNCH)
        add_anything(db, lot)
        rehearsed = run.rehearse(db, campaign="relationship", questionnaire_files=FILES, now=now)
        wave_id = launch(db, now=now)
        member, asked = schema.census_member.c, schema.invitation.c
        census = select(
            member.account_id, member.contact_id, member.address, member.roles, member.reason, member.detail
        )
        frozen = db.execute(census.where(member.wave_id == wave_id).order_by(member.id)).all()
        firsts = db.execute(
            select(asked.address, asked.account_id, asked.next_step, asked.intended_on, asked.time_zone, asked.country)
            .where(asked.wave_id == wave_id)
            .order_by(asked.id)
        ).all()
    people = [(one.candidate, one.reason, one.detail) for one in rehearsed.members]
    assert [tuple(row) for row in frozen] == [
        (who.account_id, who.contact_id, who.address, list(who.roles), why, detail) for who, why, detail in people
    ]
    assert len({why for _who, why, _detail in people}) > 4
    begins = {(mail.address, mail.account_id): mail for mail in reversed(list(rehearsed.mails))}
    assert len(firsts) == len([one for one in rehearsed.members if one.asked]) > 4
    for address, account_id, step, on, zone, country in firsts:
        mail = begins.pop((address, account_id))
        assert (mail.step, mail.time_zone, mail.country) == (step, zone, country)
        assert mail.on == on or mail.why is not None
    assert begins == {}


def test_nobody_is_overlooked_because_a_day_lies_far_ahead(database: Database) -> None:
    """Blackout days move the first invitations by weeks: a signature then is seen all the same."""
    with database.begin() as db:
        settle_in(db)
        days = [TODAY + timedelta(days=number) for number in range(60)]
        preferences.change(db, {"blackout_days": days}, actor="Clara Wendt", now=LAUNCH)
        add_account(db, renewal_on=date(2026, 5, 20))
        add_contact(db, roles=("champion",))
        add_account(db, "acc-2", renewal_on=date(2027, 1, 1))
        add_contact(db, "con-2", account_id="acc-2", roles=("champion",))
        launch(db)
        reasons = db.execute(select(schema.census_member.c.contact_id, schema.census_member.c.reason)).all()
    assert {row.contact_id: row.reason for row in reasons} == {"con-1": "renewal_signing", "con-2": None}
