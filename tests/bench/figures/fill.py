"""A large company straight in the tables: accounts of one to four people, asked in four waves over two years.

Some of them are asked in a fifth wave, which runs. What came of it is there too: answers with comments and their
themes, follow-ups, hand-overs, renewals and other deals, milestones, meetings, renewals at their landmark. Every row is
made by the database itself, so that a million takes a minute or two; what a row says follows from its number.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Date, Integer, MetaData, String, Table

from tests import builders
from tests.builders import NOW
from voc.base import preferences
from voc.base.db import Database
from voc.base.types import Instant
from voc.metrics.run.forest import book
from voc.metrics.store.forest import book as themes
from voc.stakeholders import run as stakeholders

CSMS, WAVES = 400, 4
ACCOUNTS_OF, CONTACTS_OF = 10, 4  # an account for so many invitations, a contact
_SQL = Path(__file__).with_name("company.sql")
_DM, _BUDGET, _CHAMPION, _USER = "decision_maker", "budget_holder", "champion", "end_user"
# Of ten accounts: their segment and people.
_PLACES = (
    ("enterprise", (_DM, _BUDGET, _CHAMPION, _USER)),
    ("mid-market", (_DM, _BUDGET, _CHAMPION)),
    ("mid-market", (_DM, _CHAMPION, _USER)),
    ("small", (_DM, _CHAMPION)),
    ("small", (_DM,)),
    ("enterprise", (_DM, _BUDGET, _CHAMPION, _USER)),
    ("mid-market", (_DM, _BUDGET)),
    ("mid-market", (_DM, _CHAMPION)),
    ("small", (_DM, _USER)),
    ("small", (_DM, _CHAMPION)),
)
# Kind of milestone, days after the customer began (at most 100), spread of further days, of how many accounts one.
_MARKS = (
    ("onboarding_started", 0, 1, 1),
    ("went_live", 25, 50, 1),
    ("training_completed", 15, 70, 2),
    ("success_story_confirmed", 60, 40, 9),
    ("reference_validated", 70, 30, 13),
)
_MADE = MetaData()
_day = Table(
    "bench_day",
    _MADE,
    Column("d", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, index=True),
    Column("on_day", Date, index=True),
)
_place = Table(
    "bench_place",
    _MADE,
    Column("p", Integer, primary_key=True, autoincrement=False),
    Column("a", Integer),
    Column("role", String),
    Column("segment", String),
)
_mark = Table(
    "bench_mark",
    _MADE,
    Column("kind", String, primary_key=True),
    Column("after", Integer),
    Column("spread", Integer),
    Column("every", Integer),
)
_person = Table(
    "bench_person",
    _MADE,
    Column("c", Integer, primary_key=True, autoincrement=False),
    Column("a", Integer),
    Column("role", String),
    Column("segment", String),
)

Execute = Callable[[str], Any]


def fill(database: Database, invitations: int) -> None:
    with database.begin() as db:
        _people_and_waves(db)
        book.install(db, now=NOW - timedelta(days=400))
        count = len(themes.themes(db))
        _MADE.create_all(db)
        days = [(d, NOW - timedelta(days=d)) for d in range(-400, 900)]
        db.execute(_day.insert(), [{"d": d, "at": at, "on_day": at.date()} for d, at in days])
        db.execute(_place.insert(), list(_places()))
        db.execute(
            _mark.insert(), [dict(zip(("kind", "after", "spread", "every"), one, strict=True)) for one in _MARKS]
        )
    with _at_once(database) as execute:
        for statement in _SQL.read_text().split(";\n"):
            said = statement.format(**_words(database.sqlite, invitations, count))
            execute(said if database.sqlite else said.replace("%", "%%"))  # as psycopg reads it
    with database.begin() as db:
        _MADE.drop_all(db)


def _places() -> Iterator[dict[str, object]]:
    people = [(a, role, segment) for a, (segment, roles) in enumerate(_PLACES) for role in roles]
    for p, (a, role, segment) in enumerate(people):
        yield {"p": p, "a": a, "role": role, "segment": segment}


@contextmanager
def _at_once(database: Database) -> Iterator[Execute]:
    """One statement, one transaction. On SQLite with nothing that a database which can be made again does not need."""
    if database.path is None:

        def execute(statement: str) -> None:
            with database.begin() as db:
                db.exec_driver_sql(statement)

        yield execute
        return
    with closing(sqlite3.connect(database.path, isolation_level=None)) as db:
        for said in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000", "temp_store=2"):
            db.execute(f"PRAGMA {said}")
        yield db.execute
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _people_and_waves(db: Connection) -> None:
    stakeholders.install_defaults(db)
    preferences.change(db, {"currency_rates": {"EUR": 1.1}}, actor="bench", now=NOW)
    leads = CSMS // 10
    for number in range(CSMS):
        manager = None if number < leads else f"csm-{number % leads}"
        builders.add_csm(db, f"csm-{number}", name=f"CSM {number:03}", manager_id=manager)
    version, campaign = builders.add_questionnaire(db), builders.add_campaign(db)
    for number in reversed(range(WAVES)):
        launched = NOW - timedelta(days=100 + 168 * number)
        values = {"label": f"Wave {WAVES - number}", "launched_at": launched}
        over = {"closed_at": launched + timedelta(days=90), "state": "closed"}
        builders.add_wave(db, campaign_id=campaign, questionnaire_version_id=version, **values, **over)
    values = {"label": f"Wave {WAVES + 1}", "launched_at": NOW - timedelta(days=18), "state": "running"}
    builders.add_wave(db, campaign_id=campaign, questionnaire_version_id=version, **values)


def _words(sqlite: bool, invitations: int, themes: int) -> dict[str, object]:
    return {
        "csms": CSMS,
        "themes": themes,
        "of_accounts": _series(sqlite, invitations // ACCOUNTS_OF),
        "of_contacts": _series(sqlite, invitations // CONTACTS_OF),
        "yes": "1" if sqlite else "true",
        "no": "0" if sqlite else "false",
        "json": "" if sqlite else "::jsonb",
    }


def _series(sqlite: bool, count: int) -> str:
    if not sqlite:
        return f"generate_series(0, {count - 1}) AS n(i)"
    numbers = f"SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}"
    return f"(WITH RECURSIVE n(i) AS ({numbers}) SELECT i FROM n) AS n"
