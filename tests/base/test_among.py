"""A long list is one value of the statement, and the index is still used."""

from sqlalchemy import not_, select, text

from tests.builders import add_account, add_csm
from voc.base.among import among
from voc.base.db import Database
from voc.base.schema import account, contact_quota
from voc.base.words import RecordState


def test_those_of_a_list_are_found_by_text_number_or_word_of_ours(database: Database) -> None:
    with database.begin() as db:
        add_csm(db)
        for number in range(3):
            add_account(db, f"acc-{number}'\"")
        ids = select(account.c.id).order_by(account.c.id)
        assert db.execute(ids.where(among(account.c.id, {"acc-2'\"", "acc-0'\"", "x"}))).scalars().all() == [
            "acc-0'\"",
            "acc-2'\"",
        ]
        assert db.execute(ids.where(not_(among(account.c.id, "of"))), {"of": ["acc-1'\""]}).scalars().all() == [
            "acc-0'\"",
            "acc-2'\"",
        ]
        assert len(db.execute(ids.where(among(account.c.state, [RecordState.LIVE]))).all()) == 3
        assert db.execute(ids.where(among(account.c.id, []))).all() == []
        assert db.execute(select(contact_quota).where(among(contact_quota.c.invitation_id, [1, 2]))).all() == []


def test_sqlite_searches_its_index_for_them(sqlite: Database) -> None:
    query = select(contact_quota).where(among(contact_quota.c.address, ["a"]))
    with sqlite.read() as db:
        written = str(query.compile(dialect=db.dialect, compile_kwargs={"render_postcompile": True}))
        plan = db.execute(text(f"EXPLAIN QUERY PLAN {written.replace('?', ':one')}"), {"one": '["a"]'}).all()
    assert any("SEARCH contact_quota USING INDEX" in row[-1] for row in plan)
