"""A large company straight in the tables: accounts of five people, asked in two waves, with all that came of it.

Every row is made by the database itself, so that a million takes seconds; what a row says follows from its number.
"""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Column, Connection, Date, Integer, MetaData, Table

from tests import builders
from tests.builders import NOW
from voc.base.db import Database
from voc.base.types import Instant
from voc.stakeholders import run as stakeholders

CSMS, PEOPLE, WAVES = 400, 5, 2
_SQL = Path(__file__).with_name("company.sql")
_days = Table(
    "bench_day", MetaData(), Column("d", Integer, primary_key=True), Column("at", Instant), Column("on_day", Date)
)


def fill(database: Database, invitations: int) -> None:
    with database.begin() as db:
        _people_and_waves(db)
        _days.create(db)
        days = [(d, NOW - timedelta(days=d)) for d in range(-400, 900)]
        db.execute(_days.insert(), [{"d": d, "at": at, "on_day": at.date()} for d, at in days])
    for statement in _SQL.read_text().split(";\n"):
        with database.begin() as db:
            said = statement.format(**_words(database.sqlite, invitations))
            db.exec_driver_sql(said if database.sqlite else said.replace("%", "%%"))  # as psycopg reads it
    with database.begin() as db:
        _days.drop(db)


def _people_and_waves(db: Connection) -> None:
    stakeholders.install_defaults(db)
    leads = CSMS // 10
    for number in range(CSMS):
        manager = None if number < leads else f"csm-{number % leads}"
        builders.add_csm(db, f"csm-{number}", name=f"CSM {number:03}", manager_id=manager)
    version, campaign = builders.add_questionnaire(db), builders.add_campaign(db)
    for number, days in enumerate((70, 160)):
        values = {"label": f"Wave {number}", "state": "closed", "launched_at": NOW - timedelta(days=days)}
        builders.add_wave(db, campaign_id=campaign, questionnaire_version_id=version, closed_at=NOW, **values)


def _words(sqlite: bool, invitations: int) -> dict[str, object]:
    accounts = invitations // (PEOPLE * WAVES)
    return {
        "csms": CSMS,
        "contacts": accounts * PEOPLE,
        "of_accounts": _series(sqlite, accounts),
        "of_contacts": _series(sqlite, accounts * PEOPLE),
        "of_asked": _series(sqlite, accounts * PEOPLE * WAVES),
        "yes": "1" if sqlite else "true",
        "no": "0" if sqlite else "false",
        "json": "" if sqlite else "::jsonb",
    }


def _series(sqlite: bool, count: int) -> str:
    if not sqlite:
        return f"generate_series(0, {count - 1}) AS n(i)"
    numbers = f"SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}"
    return f"(WITH RECURSIVE n(i) AS ({numbers}) SELECT i FROM n) AS n"
