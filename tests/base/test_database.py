"""What every stage relies on: exact money, moments in UTC, an unbroken audit chain, leases with fences."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.builders import NOW, add_account, add_csm
from voc.base import audit, leases, preferences, schema
from voc.base.db import Database
from voc.base.errors import Misconfigured, Refused


def test_a_moment_comes_back_in_utc_and_money_to_the_cent(database: Database) -> None:
    berlin = datetime(2026, 3, 3, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    with database.begin() as db:
        add_csm(db)
        add_account(db, arr=Decimal("1250000.10"), changed_at=berlin)
    with database.read() as db:
        row = db.execute(select(schema.account.c.arr, schema.account.c.changed_at)).one()
    assert row.arr == Decimal("1250000.10")
    assert row.changed_at == berlin
    assert row.changed_at.tzinfo == UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="needs a time zone"), database.begin() as db:
        add_account(db, csm_id=None, changed_at=datetime(2026, 3, 3))


def test_a_word_outside_its_vocabulary_is_refused_by_the_database(database: Database) -> None:
    with pytest.raises(IntegrityError), database.begin() as db:
        add_account(db, csm_id=None, status="client")


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as db:
        add_csm(db)


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as db:
        add_csm(db)
        raise RuntimeError
    with database.read() as db:
        assert db.execute(select(schema.csm)).first() is None


def test_a_database_in_memory_is_refused_with_its_mend() -> None:
    with pytest.raises(Misconfigured, match="Name a file"):
        Database("sqlite://")


def test_the_audit_chain_tells_where_it_was_tampered_with(database: Database) -> None:
    with database.begin() as db:
        for number in range(3):
            audit.record(db, at=NOW, actor="Dana", action="x", object_kind="y", object_id=number)
    with database.read() as db:
        assert audit.first_broken(db) is None
    with database.begin() as db:
        db.execute(update(schema.audit).where(schema.audit.c.object_id == "1").values(actor="Mallory"))
    with database.read() as db:
        assert audit.first_broken(db) == 2


def test_a_lease_has_one_holder_and_the_late_one_is_told(database: Database) -> None:
    minute = timedelta(minutes=1)
    with database.begin() as db:
        first = leases.take(db, "send", holder="a", now=NOW, lasts=minute)
        assert first == 1
        assert leases.take(db, "send", holder="b", now=NOW + timedelta(seconds=59), lasts=minute) is None
        second = leases.take(db, "send", holder="b", now=NOW + minute, lasts=minute)
        assert second == 2
        assert not leases.held(db, "send", fence=1)
        assert leases.held(db, "send", fence=2)


def test_preferences_change_together_or_not_at_all_and_are_audited(database: Database) -> None:
    with database.begin() as db:
        preferences.change(db, {"response_standard": 0.6, "opens": "08:00"}, actor="Clara", now=NOW)
    with pytest.raises(Refused) as refused, database.begin() as db:
        preferences.change(db, {"company": "Kestrel", "fresh_cut": 7}, actor="Clara", now=NOW)
    assert refused.value.field == "fresh_cut"
    with database.read() as db:
        assert preferences.load(db).response_standard == 0.6
        assert preferences.load(db).company == "Our company"
        logged = db.execute(select(schema.audit.c.object_id, schema.audit.c.detail)).all()
    assert sorted(row.object_id for row in logged) == ["opens", "response_standard"]


def test_a_wrong_kind_of_value_names_its_field(database: Database) -> None:
    with pytest.raises(Refused) as refused, database.begin() as db:
        preferences.change(db, {"due_days": "three weeks"}, actor="Clara", now=NOW)
    assert refused.value.field == "due_days"


def test_one_standing_suppression_per_address_and_reason(database: Database) -> None:
    row = {"address": "ana@x.example", "reason": "opt_out", "at": NOW, "source": "page"}
    with database.begin() as db:
        db.execute(insert(schema.suppression).values(**row, lifted_at=NOW))
        db.execute(insert(schema.suppression).values(**row))
    with pytest.raises(IntegrityError), database.begin() as db:
        db.execute(insert(schema.suppression).values(**row))
