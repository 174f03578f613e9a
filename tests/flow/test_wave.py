"""Chapter one: from the export to the last reminder. What left, to whom, when, and to whom nothing did."""

import csv
import re
from collections import Counter, defaultdict
from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlalchemy import select

from tests.flow.post import Mail
from tests.flow.story import EXPORTS, TRIAL, Story
from voc.base import schema
from voc.base.words import Step
from voc.campaigns.calendar import Calendar
from voc.delivery.addresses import on_the_wire

pytestmark = pytest.mark.slow


def contacts() -> list[dict[str, str]]:
    """The rows of the export, as a person would read them."""
    text = (EXPORTS / "day1" / "Contact.csv").read_text("utf-8-sig").replace("\0", "")
    return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(text.splitlines())]


def chase(told: Story) -> dict[str, list[Mail]]:
    """The mails to customers by address, in the order in which they came."""
    with told.app.database.read() as db:
        ours = set(db.execute(select(schema.message.c.return_path).where(schema.message.c.kind == "chase")).scalars())
    found: dict[str, list[Mail]] = defaultdict(list)
    for mail in told.post.mails:
        if mail.return_path in ours:
            found[mail.recipient].append(mail)
    return found


def test_in_test_mode_every_mail_goes_to_one_address_and_says_whose_it_was(told: Story) -> None:
    assert len(told.trial) > 20
    assert {mail.recipient for mail in told.trial} == {TRIAL}
    for mail in told.trial:
        meant = re.match(r"\[Test for (\S+)\] ", mail.subject)
        assert meant is not None, mail.subject
        assert mail.letter["X-Original-To"] == on_the_wire(meant[1])


def test_a_rehearsal_writes_nothing(told: Story) -> None:
    assert set(told.written_by_rehearsal.values()) == {0}


def test_exactly_those_who_were_rehearsed_are_asked(told: Story) -> None:
    assert told.rehearsal is not None
    rehearsed = {on_the_wire(mail.address) for mail in told.rehearsal.mails if mail.step == Step.INVITE}
    assert {address for address, mails in chase(told).items() if any(mail.asks for mail in mails)} == rehearsed
    assert len(rehearsed) > 150
    census = {on_the_wire(one.candidate.address or "") for one in told.rehearsal.asked}
    dropped = {on_the_wire(mail.address) for mail in told.rehearsal.dropped if mail.step == Step.INVITE}
    assert census - rehearsed == dropped


def test_nobody_who_is_excluded_opted_out_bounced_or_left_is_mailed(told: Story) -> None:
    mailed = set(chase(told))
    assert mailed.isdisjoint({on_the_wire(one.address or "") for one in told.excluded})
    rows = [{**row, "Email": row["Email"].strip().lower()} for row in contacts()]
    times = Counter(row["Email"] for row in rows)
    never = {row["Email"] for row in rows if row["HasOptedOutOfEmail"] == "1" or row["EmailBouncedDate"]}
    left = {row["Email"] for row in rows if row["Left_Company__c"] == "1" and times[row["Email"]] == 1}
    assert len(never) > 10
    assert len(left) > 5
    assert mailed.isdisjoint(never | left)


def test_each_step_reaches_an_address_once(told: Story) -> None:
    table = schema.message
    with told.app.database.read() as db:
        steps = {row.return_path: row.step for row in db.execute(select(table.c.return_path, table.c.step))}
    sent = Counter((mail.recipient, steps[mail.return_path]) for mails in chase(told).values() for mail in mails)
    assert set(sent.values()) == {1}
    assert {step for _, step in sent} == {"heads_up", "invite", "reminder_1", "reminder_2"}


def test_a_short_mail_comes_first_and_the_rest_is_one_thread(told: Story) -> None:
    for address, mails in chase(told).items():
        asks = [mail for mail in mails if mail.asks]
        assert [mail.asks for mail in mails] == [False] + [True] * len(asks), address
        if len(mails) == 1:
            continue
        assert mails[0].at + timedelta(days=1) < asks[0].at
        for earlier, later in pairwise(asks):
            assert earlier.message_id in str(later.letter["References"]).split()
            assert later.letter["In-Reply-To"] == earlier.message_id
        if len(asks) > 1:
            assert asks[1].subject.removeprefix("Re: ") == asks[0].subject
        assert {mail.sender for mail in mails} == {mails[0].sender}


def test_every_mail_comes_in_the_morning_of_a_working_day_where_the_person_is(told: Story) -> None:
    table, calendar = schema.invitation, Calendar()
    with told.app.database.read() as db:
        places = {on_the_wire(row.address): row for row in db.execute(select(table))}
    for address, mails in chase(told).items():
        place = places[address]
        for mail in mails:
            local = mail.at.astimezone(ZoneInfo(place.time_zone))
            assert time(9, 30) <= local.time() <= time(11, 30), (address, local)
            assert calendar.is_working(local.date(), place.country), (address, local)


def test_the_zone_is_the_one_that_the_export_names(told: Story) -> None:
    mailed, checked = chase(told), 0
    rows = contacts()
    times = Counter(row["Email"].strip().lower() for row in rows)
    for row in rows:
        address, zone = row["Email"].strip().lower(), row["TimeZone__c"].strip()
        if zone not in available_timezones() or times[address] > 1:
            continue
        for mail in mailed.get(address, []):
            assert time(9, 30) <= mail.at.astimezone(ZoneInfo(zone)).time() <= time(11, 30), (address, zone)
            checked += 1
    assert checked > 200
