"""What our own people say about contacts."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.accounts.standings import contact_standings, holders
from tests.builders import NOW, add_account, add_contact, add_csm
from voc.accounts import run
from voc.accounts.model import Role
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import NotFound, Refused

KIM: dict[str, Any] = {
    "account_id": "acc-1",
    "first_name": "Kim",
    "last_name": "Lund",
    "email": "Kim Lund <KIM@calder.example>",
    "title": "CFO",
    "role": Role.BUDGET_HOLDER,
    "by": "Dana",
    "now": NOW,
}


@pytest.fixture
def company(database: Database) -> Database:
    with database.begin() as db:
        add_csm(db)
        add_account(db)
        add_contact(db, roles=("champion",))
    return database


def test_a_person_is_added_with_a_clean_address_a_role_and_a_note(company: Database) -> None:
    with company.begin() as db:
        id = run.add_person(db, **KIM)
        row = db.execute(select(schema.contact).where(schema.contact.c.id == id)).one()
        notes = db.execute(select(schema.contact_change.c.field, schema.contact_change.c.by)).all()
        held = holders(db)["acc-1"]
    assert id.startswith("voc:")
    assert (row.email, row.ours, row.state) == ("kim@calder.example", True, "live")
    assert [holder.contact_id for holder in held[Role.BUDGET_HOLDER]] == [id]
    assert {tuple(note) for note in notes} == {("added", "Dana"), ("role", "Dana")}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "n/a"}, "email"),
        ({"email": "con-1@calder.example"}, "email"),
        ({"first_name": " ", "last_name": None, "email": ""}, "last_name"),
    ],
)
def test_a_person_without_name_or_with_a_wrong_or_taken_address_is_refused(
    company: Database, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused, company.begin() as db:
        run.add_person(db, **{**KIM, **changed})
    assert refused.value.field == field


def test_a_person_cannot_be_added_to_an_account_that_is_not_there(company: Database) -> None:
    with pytest.raises(NotFound), company.begin() as db:
        run.add_person(db, **{**KIM, "account_id": "nowhere"})


def test_somebody_left_once_however_often_it_is_said(company: Database) -> None:
    with company.begin() as db:
        run.mark_left(db, contact_id="con-1", by="Dana", at=NOW)
        run.mark_left(db, contact_id="con-1", by="Erik", at=NOW)
        notes = db.execute(select(schema.contact_change.c.by)).scalars().all()
        (standing,) = contact_standings(db)
    assert notes == ["Dana"]
    assert standing.left


def test_what_a_csm_says_about_a_role_overrules_the_crm_and_can_be_taken_back(company: Database) -> None:
    def say(held: bool) -> list[str]:
        with company.begin() as db:
            run.set_role(db, account_id="acc-1", contact_id="con-1", role=Role.CHAMPION, held=held, by="Dana", now=NOW)
            return [holder.contact_id for holder in holders(db).get("acc-1", {}).get(Role.CHAMPION, [])]

    assert say(held=False) == []
    assert say(held=False) == []
    assert say(held=True) == ["con-1"]
    with company.read() as db:
        rows = db.execute(select(schema.contact_role)).all()
        notes = db.execute(select(schema.contact_change.c.old, schema.contact_change.c.new)).all()
    assert len(rows) == 1
    assert [tuple(note) for note in notes] == [("champion", None), (None, "champion")]
