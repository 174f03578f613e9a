"""The night counts every view of the Forest from columns; a page counts one from its comments. Both say the same."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import insert, select, update

from tests import builders as add
from tests.builders import NOW
from tests.metrics.forest.world import DAY, LEADER, QUEUE, TAUGHT, World
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.words import Role, Segment
from voc.metrics.forest.people import Cut
from voc.metrics.run.forest import reading, views
from voc.metrics.run.forest.every import every
from voc.metrics.run.forest.views import Asked
from voc.metrics.store.company import Ground

TEXTS = (QUEUE, TAUGHT, f"{QUEUE} {TAUGHT}", "It is blue.", "Too expensive, and the invoice was wrong.")
COUNTRIES = ("Germany", "France", "Japan", "United States", "Nowhere", None)


def _history(world: World, random: Random) -> None:
    """Three teams, two of them with customers who wrote much and one with few; merged records, late scores, no rate."""
    db = world.db
    for lead in ("lead-2", "lead-3"):
        add.add_csm(db, lead, name=f"Lead {lead}")
        add.add_csm(db, f"csm-of-{lead}", name=f"Of {lead}", manager_id=lead)
    csms = ("csm-1", "csm-2", "csm-of-lead-2", "csm-of-lead-2", "csm-of-lead-3")
    for number in range(30):
        owner = csms[number % 5] if number < 25 else "csm-1"
        add.add_account(db, f"acc-{number}", name=f"Account {number % 28}", csm_id=owner)
        country = random.choice(COUNTRIES)
        db.execute(update(schema.account).where(schema.account.c.id == f"acc-{number}").values(country=country))
    for _ in range(240):
        _comment(world, random)
    for kind, table, loser, winner in (
        ("account", schema.account, "acc-7", "acc-2"),
        ("contact", schema.contact, "con-2-1", "con-2-0"),
    ):
        db.execute(insert(schema.alias).values(kind=kind, loser_id=loser, winner_id=winner))
        db.execute(update(table).where(table.c.id == loser).values(state="merged"))


def _comment(world: World, random: Random) -> None:
    account, person = random.randrange(30), random.randrange(3)
    asked = {
        "segment": random.choice([*Segment, None]),
        "roles": random.sample([str(one) for one in Role], random.randrange(4)),
        "arr": random.choice([None, Decimal("1000.55"), Decimal("33333.33"), Decimal("700000.10")]),
        "currency": random.choice(["USD", "EUR", "XAU", None]),
        "confidential": random.random() < 0.1,
        "address": f"{random.random()}@calder.example",
    }
    at = NOW - random.choice([89, 90, 91, 200, 400, 600, 800]) * DAY * random.random()
    response_id = world.writes(
        random.choice(TEXTS),
        account=account,
        person=f"con-{account}-{person}",
        at=at,
        score=random.choice([0, 4, 7, 8, 9, 10]),
        wave=world.another_wave(),
        **asked,
    )
    if random.random() < 0.2:
        db, answered = world.db, schema.response.c.id == response_id
        db.execute(update(schema.response).where(answered).values(score=None))


def _people_disagree(database: Database, random: Random) -> None:
    """They say no to what the rule found, and yes to what it did not; one theme is used no more."""
    table = schema.verbatim_theme
    with database.begin() as db:
        found = db.execute(select(table).order_by(table.c.response_id, table.c.theme_id)).all()
        themes = sorted({row.theme_id for row in found})
        for row in {row.response_id: row for row in random.sample(found, len(found) // 4)}.values():
            said = {"response_id": row.response_id, "question": row.question, "source": "person", "at": NOW}
            theme_id, holds = random.choice([(row.theme_id, False), (row.theme_id, True), (themes[0], True)])
            db.execute(insert(table).values(**said, theme_id=theme_id, holds=holds))
        db.execute(update(schema.theme).where(schema.theme.c.id == themes[-1]).values(retired=True))


@pytest.mark.parametrize("seed", range(3))
def test_every_view_of_the_whole_and_of_each_team_is_as_counted_for_a_page(database: Database, seed: int) -> None:
    random = Random(seed)
    with database.begin() as db:
        _history(World(db), random)
    reading.catch_up(database, NOW)
    _people_disagree(database, random)
    with database.read() as db:
        found = list(every(Ground(db, NOW, preferences.load(db))))
        assert {page.asked.team for page, _ in found} == {"", "lead-1", "lead-2", "lead-3"}
        assert {page.asked.days for page, _ in found} == set(views.PERIODS)
        assert any(page.near is None for page, _ in found)
        for page, tables in found:
            assert page == views.forest(db, LEADER, page.asked, cut=None, now=NOW)
            for table, cut in zip(tables, Cut, strict=False):
                live = views.forest(db, LEADER, page.asked, cut=cut, now=NOW)
                assert replace(page, table=table) == live


def test_nobody_wrote(database: Database) -> None:
    with database.begin() as db:
        World(db)
    reading.catch_up(database, NOW)
    with database.read() as db:
        found = list(every(Ground(db, NOW - timedelta(days=1), preferences.load(db))))
        assert [page.asked for page, _ in found] == [Asked(180), Asked(90), Asked(365)]
        for page, _ in found:
            assert page == views.forest(db, LEADER, page.asked, cut=None, now=NOW - timedelta(days=1))
