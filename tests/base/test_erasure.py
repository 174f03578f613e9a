"""One person is forgotten: nothing names them anywhere, no figure changes, and they do not come back."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, func, insert, select

from tests.builders import (
    NOW,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_invitation,
    add_message,
    add_questionnaire,
    add_response,
    add_wave,
)
from voc.base import audit, schema
from voc.base.db import Database
from voc.base.erasure import erasing, policy, remembering, ties
from voc.base.erasure.person import export, find
from voc.base.errors import Refused
from voc.base.packed import pack, unpack
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens

FIRST, LAST, ADDRESS = "Zoë-Marie", "Quintarelli", "zoe.quintarelli@calder.example"
ID = "0035g00000QUINTA"
SPOKEN = f"{FIRST} {LAST} <{ADDRESS.upper()}> said so"
TRACES = (LAST.lower(), "zoe.quintarelli", ID.lower())
OTHER = "Bo Lindqvist was there too"


def fill(db: Connection, vault: Vault) -> None:
    """The person in every table that can hold one, beside a colleague of whom nothing may be lost."""
    add_csm(db)
    add_account(db)
    add_contact(db, ID, first_name=FIRST, last_name=LAST, email=ADDRESS, email_original=ADDRESS.upper(), title="Chief")
    add_contact(db, "con-2", first_name="Bo", last_name="Lindqvist", email="bo@calder.example")
    questionnaire = add_questionnaire(db)
    wave = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=questionnaire)
    mine = add_invitation(db, wave_id=wave, contact_id=ID, address=ADDRESS, next_step="reminder_1", due_at=NOW)
    theirs = add_invitation(db, wave_id=wave, contact_id="con-2", address="bo@calder.example")
    for invitation, said in ((mine, SPOKEN), (theirs, f"{OTHER}, and {SPOKEN}")):
        add_response(db, invitation_id=invitation, questionnaire_version_id=questionnaire, verbatim=said, score=9)
    message = add_message(
        db,
        "inv:1:invite",
        invitation_id=mine,
        wave_id=wave,
        contact_id=ID,
        step="invite",
        address=ADDRESS,
        subject=f"{FIRST} {LAST}",
        body=vault.encrypt(SPOKEN.encode()),
        reply_text=f"250 {ADDRESS}",
    )
    add_message(db, "digest:1", kind="digest", address="dana@vendor.example", subject=SPOKEN, state="queued")
    add(db, "link", token_hash="t", purpose="answer", invitation_id=mine, message_id=message, created_at=NOW)
    _one_each(db, vault, message=message, invitation=mine, wave=wave)


def add(db: Connection, table: str, /, **values: Any) -> None:
    db.execute(insert(schema.metadata.tables[table]).values(**values))


def _one_each(db: Connection, vault: Vault, *, message: int, invitation: int, wave: int) -> None:
    raw = vault.encrypt(SPOKEN.encode())
    add(
        db, "contact_change", contact_id=ID, field="email", old="old@quintarelli.example", new=ADDRESS, by="CRM", at=NOW
    )
    add(
        db,
        "relation",
        id="r1",
        account_id="acc-1",
        contact_id=ID,
        roles=[],
        active=True,
        direct=True,
        state="live",
        hash="",
    )
    add(db, "contact_role", account_id="acc-1", contact_id=ID, role="champion")
    add(db, "alias", kind="contact", loser_id="0035g00000LOSER", winner_id=ID)
    add_contact(db, "0035g00000LOSER", first_name=FIRST, last_name=LAST, email=None, state="merged")
    add(db, "opportunity_role", id="o1", opportunity_id="op", contact_id=ID, main=True, state="live", hash="")
    add(
        db,
        "activity",
        id="a1",
        account_id="acc-1",
        contact_id=ID,
        subject=SPOKEN,
        on=date(2026, 1, 1),
        state="live",
        hash="",
    )
    run = {"source": "csv", "as_of": date(2026, 1, 1), "started_at": NOW, "state": "complete", "counts": {}}
    add(db, "sync_run", id=1, **run)
    add(db, "sync_change", run_id=1, object="contact", record_id=ID, change="updated", fields=["email"])
    add(db, "sync_problem", run_id=1, level="warning", object="contact", record_id=ID, reason="x", text=ADDRESS)
    add(db, "sync_problem", run_id=1, level="warning", object="activity", record_id="a9", reason="x", text=SPOKEN)
    add(db, "staged_contact", position=1, id=ID, first_name=FIRST, last_name=LAST, email=ADDRESS, fate="created")
    add(db, "staged_id", kind="contact", id=ID)
    add(db, "settlement", kind="contact", record_id=ID, by="Clara", at=NOW)
    add(db, "waiting", kind="contact", id=ID, reason="x", since=NOW)
    add(db, "written_back", key=f"contact:{ID}", what="contact", record_id=ID, digest="d", at=NOW)
    add(db, "sign_of_life", key=f"confirmed:{ID}", contact_id=ID, kind="confirmed", at=NOW, source="Dana", quote=SPOKEN)
    added = {"kind": "successor", "account_id": "acc-1", "created_at": NOW, "state": "open"}
    add(db, "suggestion", key=f"left:{ID}:1", contact_id=ID, name=f"{FIRST} {LAST}", quote=SPOKEN, **added)
    add(
        db, "suggestion", key="left:con-2:1", contact_id="con-2", address=ADDRESS, quote=f"Ask {LAST}, {FIRST}", **added
    )
    add(
        db,
        "exclusion",
        account_id="acc-1",
        contact_id=ID,
        reason=SPOKEN,
        by="Dana",
        created_at=NOW,
        expires_on=NOW.date(),
    )
    add(db, "suppression", address=ADDRESS, reason="opt_out", at=NOW, source="page")
    add(db, "census_member", wave_id=wave, contact_id=ID, account_id="acc-1", address=ADDRESS, roles=[], detail=SPOKEN)
    add(
        db,
        "contact_quota",
        address=ADDRESS,
        account_id="acc-1",
        invitation_id=invitation,
        step="invite",
        priority=3,
        on=NOW.date(),
        at=NOW,
    )
    add(db, "heads_up", invitation_id=invitation, subject=SPOKEN, body=SPOKEN, changed_at=NOW, changed_by="Dana")
    add(db, "attempt", message_id=message, at=NOW, worker="w", outcome="sent", text=SPOKEN)
    add(
        db,
        "inbound",
        key=f"<1@{ADDRESS}>",
        kind="left",
        message_id=message,
        contact_id=ID,
        at=NOW,
        quote=SPOKEN,
        raw=raw,
    )
    add(
        db,
        "inbound",
        key="<2@x>",
        kind="left",
        contact_id="con-2",
        at=NOW,
        successor_name=f"{FIRST} {LAST}",
        successor_address=ADDRESS,
    )
    add(db, "provider_event", provider="ses", event="e", received_at=NOW, raw=raw, message_id=message, trouble=SPOKEN)
    link = db.execute(select(schema.link.c.id)).scalar_one()
    add(db, "hit", link_id=link, invitation_id=invitation, at=NOW, method="GET", agent=SPOKEN, source="s")
    add(db, "crm_errand", kind="check", of="x", asked_at=NOW, asked_by="Clara", ciphertext=raw)
    follow_up = {"kind": "detractor", "state": "new", "account_id": "acc-1", "opened_at": NOW, "contact_by": NOW}
    add(db, "follow_up", id=1, key="detractor:1", contact_id=ID, outcome=SPOKEN, **follow_up)
    add(db, "follow_up", id=2, key="detractor:2", contact_id="con-2", outcome=f"{OTHER}: {SPOKEN}", **follow_up)
    add(db, "follow_up_event", follow_up_id=1, at=NOW, what="contacted", by="Dana", note=SPOKEN)
    add(
        db,
        "you_said",
        account_id="acc-1",
        contact_id=ID,
        follow_up_id=1,
        line=SPOKEN,
        written_at=NOW,
        written_by="Dana",
    )
    _of_colleagues(db)
    for number in (1, 2, 3):
        about = {"object_kind": "contact", "object_id": ID if number == 2 else "con-2"}
        audit.record(
            db, at=NOW, actor="Dana", action="excluded", detail={"why": SPOKEN if number > 1 else "x"}, **about
        )


def _of_colleagues(db: Connection) -> None:
    """Reviews of a call and of a hand-over that name the person, and a frozen month with them among its rows."""
    saved = {"text": "", "digest": "", "saved_at": NOW, "saved_by": "Clara"}
    add(db, "measure_file", id=1, kind="review", name="call-review", number=1, **saved)
    said = {
        "file_id": 1,
        "csm_id": "csm-1",
        "on": NOW.date(),
        "by": "Jo",
        "answers": {},
        "mean": 4.0,
        "written_at": NOW,
    }
    add(db, "colleague_review", kind="call", account_id="acc-1", comment=SPOKEN, **said)
    add(db, "colleague_review", kind="hand_over", account_id="acc-1", comment=f"{LAST.upper()}, she: fine", **said)
    month = {"name": "engagement", "month": date(2026, 1, 1), "revision": 1, "file_id": 1}
    add(db, "scorecard_month", id=1, frozen_at=NOW, frozen_by="the night", **month)
    packed = pack([("contact", ID, "acc-1", ID, 1.0), ("contact", "con-2", "acc-1", "con-2", 1.0)])
    of = {"scope": "csm", "scope_id": "csm-1", "figure": "reach", "days": 180, "part": 0}
    add(db, "scorecard_rows", month_id=1, **of, packed=packed)


def dump(database: Database, vault: Vault) -> str:
    """Every value of every table as text, what is encrypted opened, in small letters."""
    found: list[str] = []
    with database.read() as db:
        for table in schema.metadata.sorted_tables:
            for row in db.execute(select(table)).mappings():
                for column in table.columns:
                    value = row[column.key]
                    if isinstance(column.type, LargeBinary) and value is not None:
                        value = str(unpack(value)) if column.key == "packed" else vault.decrypt(value).decode()
                    found.append(f"{table.name}.{column.key}={json.dumps(value, default=str, ensure_ascii=False)}")
    return "\n".join(found).lower()


def traces(database: Database, vault: Vault) -> list[str]:
    return [line for line in dump(database, vault).splitlines() if any(trace in line for trace in TRACES)]


def counts(database: Database) -> dict[str, Any]:
    """What figures are made of."""
    with database.read() as db:
        kept = ("invitation", "response", "answer", "message", "census_member", "contact_quota", "follow_up", "inbound")
        tables = [schema.metadata.tables[name] for name in (*kept, "hit", "sign_of_life", "suggestion")]
        rows = {table.name: db.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
        score, choice = schema.response.c.score, schema.answer.c.number
        return {
            **rows,
            "scores": db.execute(select(func.sum(score))).scalar_one(),
            "answers": db.execute(select(func.sum(choice))).scalar_one(),
        }


def erase(database: Database, vault: Vault, tmp_path: Path, who: str = ADDRESS) -> erasing.Receipt:
    return erasing.erase(
        database, who, vault=vault, tokens=RandomTokens(), erased_file=tmp_path / "erased.list", by="test", now=NOW
    )


@pytest.fixture
def filled(database: Database, vault: Vault) -> Database:
    with database.begin() as db:
        fill(db, vault)
    return database


def test_nothing_names_the_person_any_more_and_every_count_stands(
    filled: Database, vault: Vault, tmp_path: Path
) -> None:
    assert len(traces(filled, vault)) > 50
    before = counts(filled)
    receipt = erase(filled, vault, tmp_path)
    assert traces(filled, vault) == []
    assert counts(filled) == before
    assert OTHER.lower() in dump(filled, vault)
    assert receipt.removed["suppression"] == 1
    assert receipt.emptied["invitation"] == 1
    assert receipt.searched["answer"] == 1
    assert (receipt.searched["colleague_review"], receipt.searched["scorecard_rows"]) == (2, 1)
    assert "con-2" in dump(filled, vault)
    assert receipt.audit_lines == 2
    with filled.read() as db:
        assert audit.first_broken(db) is None
        assert db.execute(select(schema.invitation.c.stopped).where(schema.invitation.c.id == 1)).scalar() == "gone"
        assert export(db, find(db, ADDRESS), vault) == {}
    assert (tmp_path / "erased.list").read_text().count("\n") == 4


def test_an_export_has_every_row_and_opens_the_mails(filled: Database, vault: Vault) -> None:
    with filled.read() as db:
        tables = export(db, find(db, ID), vault)
    assert tables["message"][0]["body"] == SPOKEN
    assert tables["inbound"][0]["raw"] == SPOKEN
    assert {"contact", "answer", "follow_up_event", "suppression", "sync_change"} <= set(tables)
    assert "con-2" not in {row["id"] for row in tables["contact"]}


def test_every_table_that_can_hold_a_person_has_its_rule() -> None:
    everything = {"ids": {"x"}, "addresses": {"a@b"}, "roots": {name: [1] for name in ties.ROOTS}}
    tied = {table.name for table in ties.tables() if ties.condition(table, **everything) is not None}  # type: ignore[arg-type]  # as above
    assert tied == set(policy.GONE) | set(policy.EMPTIED)
    unruled = [
        f"{table.name}.{column.name}"
        for table in ties.tables()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        and policy.EMPTIED.get(table.name, {}).get(column.key, "") is not None
        and table.name not in (*policy.PACKED, "secret", "crm_errand", "second_step", "stencil")
    ]
    assert unruled == []


def test_a_part_of_the_name_is_struck_from_reviews_at_their_accounts_and_nowhere_else(
    filled: Database, vault: Vault, tmp_path: Path
) -> None:
    with filled.begin() as db:
        add_account(db, "acc-2", name="Marlow")
        said = {"file_id": 1, "csm_id": "csm-1", "on": NOW.date(), "by": "Jo", "answers": {}, "mean": 4.0}
        add(db, "colleague_review", kind="call", account_id="acc-2", comment="Bo knew", written_at=NOW, **said)
        add(db, "colleague_review", kind="call", account_id="acc-1", comment="Bold; Bo knew", written_at=NOW, **said)
    erase(filled, vault, tmp_path, "bo@calder.example")
    with filled.read() as db:
        comments = db.execute(
            select(schema.colleague_review.c.comment).order_by(schema.colleague_review.c.id)
        ).scalars()
        assert comments.all()[-2:] == ["Bo knew", "Bold; [erased] knew"]


def test_a_longer_name_of_another_person_is_left_alone(filled: Database, vault: Vault, tmp_path: Path) -> None:
    erase(filled, vault, tmp_path, "bo@calder.example")
    assert "bo lindqvist" not in dump(filled, vault)
    assert len(traces(filled, vault)) > 50


def test_an_older_copy_forgets_again_as_soon_as_it_is_opened(sqlite: Database, vault: Vault, tmp_path: Path) -> None:
    with sqlite.begin() as db:
        fill(db, vault)
    assert sqlite.path is not None
    with sqlite.begin() as db:
        db.exec_driver_sql("COMMIT")
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.exec_driver_sql("BEGIN")
    shutil.copy(sqlite.path, tmp_path / "older.db")
    erase(sqlite, vault, tmp_path)
    older = Database(f"sqlite:///{tmp_path / 'older.db'}")
    said = {
        "vault": vault,
        "tokens": RandomTokens(),
        "erased_file": tmp_path / "erased.list",
        "now": NOW + timedelta(days=1),
    }
    assert erasing.replay(older, **said) == 1  # type: ignore[arg-type]  # as above
    assert traces(older, vault) == []
    assert erasing.replay(older, **said) == 0  # type: ignore[arg-type]  # as above
    older.close()


def test_an_address_that_nobody_has_is_remembered(sqlite: Database, vault: Vault, tmp_path: Path) -> None:
    assert not erase(sqlite, vault, tmp_path, "nobody@calder.example").found
    with sqlite.read() as db:
        is_forgotten = remembering.asker(db, vault)
    assert is_forgotten is not None
    assert is_forgotten(None, "Nobody@calder.example")
    with sqlite.read() as db, pytest.raises(Refused, match="asked to be forgotten"):
        remembering.refuse(db, vault, "nobody@calder.example")
    assert not is_forgotten("con-1", "somebody@calder.example")
