"""Many people with the page open, a real web process that serves it, and what each of them saw."""

import http.client
import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from litestar import Litestar
from sqlalchemy import insert, select

from tests.builders import NOW, add_account, add_message
from tests.faults.watched import Course, Phases, WatchedDatabase
from tests.responses.world import ask_ana
from voc.base import installations, schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens, hash_token
from voc.responses import run as responses
from voc.responses.model import Posted, Visit
from voc.web.asgi import create
from voc.web.context import App

SERVE = "tests.faults.page:serve"
WARM = "tests.faults.page:warm"
_OPENED = NOW + timedelta(minutes=1)
_SERVED_AT = NOW + timedelta(minutes=2)  # people take their time; a faster one would be asked whether they are one
_QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"


@dataclass(frozen=True)
class Person:
    """Somebody in front of an open page, and what they will type."""

    number: int
    invitation_id: int
    token: str
    nonce: str

    @property
    def score(self) -> int:
        return self.number % 11

    @property
    def words(self) -> str:
        reasons = (f"{hash_token(f'{self.number} {reason}')[:12]} costs us a day." for reason in range(40))
        return f"What person {self.number} thinks: {' '.join(reasons)}"


@dataclass(frozen=True)
class Seen:
    """`thanked`: the server said thank you. `kept`: it said sorry, with everything that was typed."""

    person: Person
    status: int | None  # None: the connection broke
    thanked: bool
    kept: bool = False


def ask(database: Database, people: int) -> list[Person]:
    """So many people are asked in one wave, have a reminder waiting, and have opened the page."""
    persons = [Person(number, 0, hash_token(f"t{number}")[:32], hash_token(f"n{number}")) for number in range(people)]
    with database.begin() as db:
        installations.create(db, epoch="here", now=NOW)
        first = ask_ana(db)
        contact = dict(db.execute(select(schema.contact)).mappings().one())
        asked = dict(db.execute(select(schema.invitation).where(schema.invitation.c.id == first)).mappings().one())
        del asked["id"]
        add_account(db, "acc-many")
        db.execute(
            insert(schema.contact),
            [
                {
                    **contact,
                    "id": f"p-{one.number}",
                    "email": f"p-{one.number}@calder.example",
                    "account_id": "acc-many",
                }
                for one in persons
            ],
        )
        rows = [
            {
                **asked,
                "contact_id": f"p-{one.number}",
                "address": f"p-{one.number}@calder.example",
                "account_id": "acc-many",
            }
            for one in persons
        ]
        made = insert(schema.invitation).returning(schema.invitation.c.id, sort_by_parameter_order=True)
        ids = list(db.execute(made, rows).scalars())
        persons = [Person(one.number, id, one.token, one.nonce) for one, id in zip(persons, ids, strict=True)]
        linked = insert(schema.link).returning(schema.link.c.id, sort_by_parameter_order=True)
        common: dict[str, Any] = {"purpose": "answer", "created_at": NOW}
        links = list(
            db.execute(
                linked,
                [
                    {**common, "invitation_id": one.invitation_id, "token_hash": hash_token(one.token)}
                    for one in persons
                ],
            ).scalars()
        )
        db.execute(
            insert(schema.rendering),
            [
                {
                    "nonce_hash": hash_token(one.nonce),
                    "invitation_id": one.invitation_id,
                    "link_id": link,
                    "at": _OPENED,
                }
                for one, link in zip(persons, links, strict=True)
            ],
        )
        for one in persons:
            key = f"inv:{one.invitation_id}:reminder_1"
            add_message(db, key, invitation_id=one.invitation_id, state="queued", step="reminder_1")
    return persons


# --- the web process ----------------------------------------------------------------------------


@cache
def _web(url: str) -> tuple[Litestar, WatchedDatabase]:
    database = WatchedDatabase(url)
    app = App(Settings(), database, SetClock(_SERVED_AT), RandomTokens(), Vault([new_key()]), _QUESTIONNAIRES)
    return create(app), database


def warm(url: str, token: str, nonce: str, score: str, words: str) -> None:
    """In the warm process, once for each database: one answer, so that every child has its statements compiled."""
    app, database = _web(url)
    uvicorn.Config(app).load()
    filled = {"recommend": [score], "why": [words]}
    visit = Visit(source="warm", agent="A browser", cookies={})
    posted = Posted(token, nonce, trap_filled=False, visit=visit)
    given: dict[str, Any] = {"posted": posted, "filled": filled, "now": _SERVED_AT, "tokens": RandomTokens()}
    database.commit(partial(responses.submit, **given))
    database.close()


def warm_with(person: Person) -> dict[str, str]:
    return {"token": person.token, "nonce": person.nonce, "score": str(person.score), "words": person.words}


def serve(url: str, port: int, point: str | None, nth: int) -> None:
    """The web process; dies where it is told, or serves until it is killed."""
    app, database = _web(url)
    database.watch(Course(point, nth), Phases())
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", access_log=False, ws="none")
    uvicorn.Server(config).run()


def until_served(port: int, *, within_seconds: float = 60) -> None:
    until = time.monotonic() + within_seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


# --- the people ---------------------------------------------------------------------------------


def send(port: int, person: Person, *, patience_seconds: float = 60) -> Seen:
    """Press Send, and look at what comes."""
    typed = {"nonce": person.nonce, "fax": "", "recommend": str(person.score), "why": person.words}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=patience_seconds)
    try:
        line.request("POST", f"/q/{person.token}", urlencode(typed), headers)
        answer = line.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return Seen(person, None, thanked=False)
    finally:
        line.close()
    thanked = answer.status == 303 and (answer.getheader("Location") or "").endswith("/thanks")
    kept = answer.status == 503 and re.search(re.escape(person.words), body) is not None
    return Seen(person, answer.status, thanked=thanked, kept=kept)


def send_all(port: int, people: Sequence[Person], *, together: int = 4) -> list[Seen]:
    """Several at once."""
    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(lambda person: send(port, person), people))


# --- what is in the database --------------------------------------------------------------------


def mistakes(database: Database, seen: Sequence[Seen], people: Sequence[Person]) -> list[str]:
    """Every thank-you has its row, and every row is whole: its answers, its chase ended, its reminder called back."""
    with database.read() as db:
        responses = db.execute(select(schema.response).where(schema.response.c.state == "submitted")).all()
        all_responses = {row.id for row in db.execute(select(schema.response.c.id))}
        answers = db.execute(select(schema.answer)).all()
        invited = {row.id: row for row in db.execute(select(schema.invitation))}
        waiting = {
            row.invitation_id
            for row in db.execute(select(schema.message.c.invitation_id).where(schema.message.c.state == "queued"))
        }
    by_response: dict[int, dict[str, Any]] = {}
    for row in answers:
        by_response.setdefault(row.response_id, {})[row.question] = row
    found = [f"an answer of no response: {row.id}" for row in answers if row.response_id not in all_responses]
    known = {one.invitation_id: one for one in people}
    answered = {row.invitation_id: row for row in responses}
    found += [
        f"thanked, and not kept: person {one.person.number}"
        for one in seen
        if one.thanked and one.person.invitation_id not in answered
    ]
    for invitation_id, row in answered.items():
        person, parts, asked = known[invitation_id], by_response.get(row.id, {}), invited[invitation_id]
        said = (row.score, parts["recommend"].number if "recommend" in parts else None)
        if said != (person.score, person.score) or "why" not in parts or parts["why"].verbatim != person.words:
            found.append(f"half an answer: person {person.number}, {said}")
        if asked.answered_at is None or asked.stopped != "answered" or asked.next_step is not None:
            found.append(f"answered, and the chase goes on: person {person.number}")
        if invitation_id in waiting:
            found.append(f"answered, and the reminder still waits: person {person.number}")
    for invitation_id, asked in invited.items():
        if asked.answered_at is not None and invitation_id not in answered:
            found.append(f"stopped as answered without an answer: invitation {invitation_id}")
    return found
