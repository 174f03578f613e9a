"""Planning a wave: census, lots, first moments, all rows written; beside a bare `INSERT ... SELECT` of the same rows.

`--rows` says for how many contacts; 20,000 if nothing is said. The bare statement copies what the launch
wrote into tables of the same shape with the same indexes, in the same database, in the same run.
"""

import resource
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    true,
)

from tests import postgres
from tests.bench.report import Report
from tests.campaigns.company import FILES, LAUNCH, ROLES, settle_in
from voc.base import clock, log, migrate, preferences, schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.campaigns import run as run_of

PEOPLE = 10  # of each account


def run(report: Report) -> None:
    log.configure(json_lines=False, level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'voc.db'}")
        run_on(report, "sqlite", database)
        database.close()
    with postgres.running() as server:
        server.execute("ALTER SYSTEM SET fsync = on")
        server.execute("SELECT pg_reload_conf()")
        server.execute("CREATE DATABASE voc_plan")
        database = Database(server.url("voc_plan"))
        run_on(report, "postgresql", database)
        database.close()


def run_on(report: Report, name: str, database: Database) -> None:
    contacts = report.rows or 20_000
    migrate.upgrade(database)
    with database.begin() as db:
        settle_in(db)
        preferences.change(db, {"contacts_per_account_day": 1_000}, actor="bench", now=LAUNCH)
    with database.begin() as db:
        _people(db, contacts // PEOPLE)
    before = _peak()
    began = clock.seconds()
    with _beside(database) as waits:
        order = run_of.Order("relationship", FILES, "Relationship, March 2026", "bench")
        wave_id = run_of.launch_in_portions(database, order, clock=SetClock(LAUNCH), holder="bench")
    planned = clock.seconds() - began
    with database.read() as db:
        asked = db.execute(
            select(func.count()).select_from(schema.invitation).where(schema.invitation.c.wave_id == wave_id)
        ).scalar_one()
    bare = _bare(database)
    report.add(f"{name}_planned", asked / planned, "contacts/s")
    report.add(f"{name}_bare_insert_select", asked / bare, "contacts/s")
    report.add(f"{name}_times_bare", planned / bare, "x")
    report.add(f"{name}_memory_grew", _peak() - before, "MB")
    report.add(f"{name}_longest_wait_of_another_writer", max(waits), "s")
    report.note(f"{len(waits)} commits of another writer went between")


@contextmanager
def _beside(database: Database) -> Iterator[list[float]]:
    """Another writer, as of another process: it commits a row ten times a second. How long each commit took."""
    waits, over = [0.0], threading.Event()
    other = Database(database.url)

    def write() -> None:
        number = 0
        while not over.wait(0.1):
            number += 1
            began = clock.seconds()
            with other.begin() as db:
                db.execute(insert(schema.beat).values(job=f"bench {number}", worker="beside", began_at=LAUNCH))
            waits.append(clock.seconds() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
        other.close()


def _people(db: Connection, accounts: int) -> None:
    """Accounts of ten people each, everyone in a place that is asked."""
    numbers, people = _count("account", accounts), _count("person", PEOPLE)
    number, person, of_each = numbers.c.number, people.c.number, numbers.join(people, true())
    account_id = literal("acc-") + cast(1_000_000 + number, String)
    contact_id = literal("con-") + cast(1_000_000 + number, String) + "-" + cast(person, String)
    kept: dict[str, Any] = {"state": "live", "hash": "", "first_seen_at": LAUNCH, "changed_at": LAUNCH}
    account = {**kept, "status": "customer", "csm_id": "csm-1", "segment": "mid-market", "country": "GB"}
    firms = {**account, "id": account_id, "name": account_id, "renewal_on": date(2028, 1, 1)}
    _fill(db, schema.account, firms, numbers, number)
    may: dict[str, Any] = {"opted_out": False, "bounced": False, "left_company": False}
    where = {"language": "en", "time_zone": "Europe/London", "country": "GB"}
    address = literal("ana.") + cast(person, String) + "@account-" + cast(number, String) + ".example"
    names = {"first_name": "Ana", "last_name": "Ruiz", "email": address}
    _fill(
        db,
        schema.contact,
        {**kept, **may, **where, **names, "id": contact_id, "account_id": account_id},
        of_each,
        number,
    )
    role = case(dict(enumerate(ROLES)), value=person % len(ROLES))
    _fill(db, schema.contact_role, {"contact_id": contact_id, "account_id": account_id, "role": role}, of_each, number)


def _count(name: str, size: int) -> CTE:
    """Numbers from 0."""
    first = select(literal(0).label("number")).cte(name, recursive=True)
    return first.union_all(select(first.c.number + 1).where(first.c.number < size - 1))


def _fill(db: Connection, table: Table[Any], values: dict[str, Any], of: FromClause, in_order: Any) -> None:
    columns = {
        name: value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)
        for name, value in values.items()
    }
    db.execute(insert(table).from_select(list(columns), select(*columns.values()).select_from(of).order_by(in_order)))


def _bare(database: Database) -> float:
    """Seconds for the same rows, written by one statement a table."""
    like = "CREATE TABLE {0}_bare (LIKE {0} INCLUDING ALL)"
    with database.begin() as db:
        for table in (schema.census_member, schema.invitation):
            if database.sqlite:
                _same_on_sqlite(db, table.name)
            else:
                db.execute(text(like.format(table.name)))
                for key in table.foreign_keys:  # what the planned rows are checked for too; LIKE leaves it out
                    db.execute(
                        text(
                            f"ALTER TABLE {table.name}_bare ADD FOREIGN KEY ({key.parent.name})"
                            f" REFERENCES {key.column.table.name}"
                        )
                    )
    began = clock.seconds()
    with database.begin() as db:
        for table in (schema.census_member, schema.invitation):
            db.execute(text(f"INSERT INTO {table.name}_bare SELECT * FROM {table.name}"))
    return clock.seconds() - began


def _same_on_sqlite(db: Connection, name: str) -> None:
    """The table and its indexes under another name."""
    made = text(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL ORDER BY type DESC"
    )
    for kind, own, sql in db.execute(made, {"name": name}).all():
        if kind == "table":
            rest = sql.split("(", 1)[1].replace(f"_{name}", f"_{name}_bare")
            db.exec_driver_sql(f"CREATE TABLE {name}_bare ({rest}")
        else:
            db.exec_driver_sql(sql.replace(own, f"{own}_bare", 1).replace(f"ON {name} ", f"ON {name}_bare ", 1))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
