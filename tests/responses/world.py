"""One person, asked in one wave, with the links of a mail; and what they do with the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select

from tests.builders import NOW, add_account, add_campaign, add_contact, add_csm, add_invitation, add_wave
from voc.base import schema
from voc.base.db import Database
from voc.base.tokens import RandomTokens, hash_token
from voc.campaigns.questionnaire import content_hash, read_folder
from voc.responses import run
from voc.responses.model import Again, Decline, Doubted, Opened, Posted, Saved, Thanks, Visit

Done = TypeVar("Done")
FILES = read_folder(Path(__file__).parents[2] / "questionnaires", "relationship")
ANSWER, UNSUBSCRIBE = "answer-token-of-ana-ruiz-00000000", "unsubscribe-token-of-ana-ruiz-000"
CLOSES = NOW + timedelta(days=20)


def add_version(db: Connection, files: Mapping[str, str] = FILES) -> int:
    table = schema.questionnaire_version
    row = {"name": "relationship", "hash": content_hash(files), "files": dict(files), "created_at": NOW}
    return db.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()


def add_link(db: Connection, invitation_id: int, token: str = ANSWER, purpose: str = "answer", **values: Any) -> None:
    row = {"token_hash": hash_token(token), "purpose": purpose, "invitation_id": invitation_id, "created_at": NOW}
    db.execute(insert(schema.link).values(**{**row, **values}))


def ask_ana(db: Connection, **invitation: Any) -> int:
    """Ana Ruiz was asked this morning; the mail's two links are ANSWER and UNSUBSCRIBE."""
    add_csm(db, "lead-1", name="Ingrid Solheim", title="Team lead")
    add_csm(db, "csm-1", manager_id="lead-1")
    add_account(db)
    add_contact(db, roles=("champion",))
    wave_id = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=add_version(db))
    due_at = NOW + timedelta(days=4)
    values = {"sent_at": NOW, "closes_at": CLOSES, "next_step": "reminder_1", "due_at": due_at}
    values["intended_on"] = due_at.date()
    invitation_id = add_invitation(db, wave_id=wave_id, **{**values, **invitation})
    add_link(db, invitation_id)
    add_link(db, invitation_id, UNSUBSCRIBE, "unsubscribe")
    return invitation_id


@dataclass
class Browser:
    """Somebody with the link in front of a browser, who takes ten seconds over everything."""

    database: Database
    source: str = "ana-phone"
    now: datetime = NOW
    token: str = ANSWER
    cookies: dict[str, str] = field(default_factory=dict)
    nonce: str = ""
    tokens: RandomTokens = field(default_factory=RandomTokens)

    @property
    def visit(self) -> Visit:
        return Visit(source=self.source, agent="A browser", cookies=dict(self.cookies))

    def wait(self, seconds: float) -> "Browser":
        self.now += timedelta(seconds=seconds)
        return self

    def open(self, score: str | None = None, *, method: str = "GET") -> Opened | Thanks | None:
        page = self.do(
            run.open_page,
            token=self.token,
            method=method,
            score=score,
            visit=self.visit,
            now=self.now,
            tokens=self.tokens,
        )
        if isinstance(page, Opened):
            self.nonce = page.nonce
        return page

    def _form(self, typed: Mapping[str, str | Sequence[str]], trap: bool = False) -> dict[str, Any]:
        filled = {key: [value] if isinstance(value, str) else list(value) for key, value in typed.items()}
        return {"posted": self._posted(self.token, trap), "filled": filled, "now": self.now, "tokens": self.tokens}

    def _posted(self, token: str, trap: bool = False) -> Posted:
        return Posted(token, self.nonce, trap, self.visit)

    def do(self, act: Callable[..., Done], **given: Any) -> Done:
        return self.database.commit(partial(act, **given))

    def submit(self, trap: bool = False, /, **typed: str | Sequence[str]) -> Saved | Again | Doubted | None:
        outcome = self.do(run.submit, **self._form(typed, trap))
        self._keep(outcome)
        return outcome

    def save(self, **typed: str | Sequence[str]) -> bool:
        cookie = self.do(run.autosave, **self._form(typed))
        if cookie is not None:
            self.cookies[cookie[0]] = cookie[1]
        return cookie is not None

    def confirm(self, doubted: Doubted) -> Saved | Again | Doubted | None:
        self.nonce = doubted.page.nonce
        form = self._form({})
        del form["filled"]
        outcome = self.do(run.confirm, of=doubted.of, **form)
        self._keep(outcome)
        return outcome

    def decline(self, what: Decline, *, trap: bool = False) -> Any:
        return self.do(run.decline, what=what, **self._form({}, trap))

    def refer(self, **typed: str) -> Any:
        return self.do(run.refer, **self._form(typed))

    def unsubscribe(self, *, one_click: bool = False) -> Any:
        form = self._form({})
        del form["filled"]
        return self.do(run.unsubscribe, one_click=one_click, **{**form, "posted": self._posted(UNSUBSCRIBE)})

    def _keep(self, outcome: object) -> None:
        cookie = outcome.cookie if isinstance(outcome, Saved | Doubted) else None
        if cookie is not None:
            self.cookies[cookie[0]] = cookie[1]


def rows(database: Database, table: Any, *columns: str) -> list[Any]:
    with database.read() as db:
        return [tuple(row) for row in db.execute(select(*(table.c[column] for column in columns)).order_by(table.c.id))]


def one(database: Database, table: Any, *columns: str) -> Any:
    (row,) = rows(database, table, *columns)
    return row[0] if len(columns) == 1 else row
