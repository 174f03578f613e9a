"""F29: two workers are killed at random while people answer, opt out and bounce, all against a web process that lives.

Everybody has the page open already, so that an answer may come before, while or after their mail is
sent. Whoever was told that it is done (thank you, unsubscribed, a webhook's 200) finds it done in the end,
gets no mail that was begun after it, and no reminder a week later; everybody else gets both, once.
"""

import http.client
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import uvicorn
from sqlalchemy import insert, select

from tests.builders import NOW
from tests.delivery.callers import Said, caller
from tests.delivery.world import SETTINGS, add_due_wave, install, relay_to
from tests.faults import crew
from tests.faults.databases import fresh
from tests.faults.f27 import FastClock
from tests.faults.page import until_served
from tests.faults.promise import ANSWERS_ARE_KEPT, AT_MOST_ONCE, SENT_IS_A_250
from tests.faults.sink import Accepted, Server, mail_server
from tests.faults.table import ENGINES, Result, Row, on_both
from tests.faults.totals import reckon
from tests.postgres import free_port
from voc import jobs
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens, hash_token
from voc.delivery import rules
from voc.delivery import run as delivery
from voc.delivery.store import hook_keys
from voc.delivery.store.hook_keys import Slot
from voc.jobs.sending import send
from voc.web.asgi import create
from voc.web.context import App

PROVES = (AT_MOST_ONCE, SENT_IS_A_250, ANSWERS_ARE_KEPT)

_WARM, _WORK, _SERVE, _FINISH = (f"tests.faults.f29:{name}" for name in ("warm", "work", "serve", "finish"))
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_REMINDERS = 6 * _DAY + 8 * _HOUR  # four working days later, in the evening: most are due, the others the day after
_FASTER = 60.0  # the clock that is passed in: a lease is over in ten seconds
_DOES = ("answers", "opts out", "bounces", "is unsubscribed", "keeps silent")
_STOPS = {"answers": "answered", "opts out": "opted_out", "bounces": "bounced", "is unsubscribed": "opted_out"}
# From the second commit to the server's disk. Only a mail that was begun before may come in it.
_UNDER_WAY_SECONDS = 5.0


@dataclass(frozen=True)
class _Person:
    number: int
    invitation_id: int
    address: str

    @property
    def does(self) -> str:
        return _DOES[self.number % len(_DOES)]

    def token(self, purpose: str) -> str:
        return hash_token(f"{purpose} {self.number}")[:32]


@dataclass(frozen=True)
class _Told:
    """`at`, monotonic, when the person or provider was told that it is done; None: they were not."""

    person: _Person
    at: float | None


def run(*, long: bool) -> Result:
    people, seconds = (2_000, 240.0) if long else (15, 1.0)
    engines = ENGINES if long else ENGINES[1:]  # where two workers meet most
    return on_both("F29", lambda engine: _trial(engine, people=people, seconds=seconds), engines=engines)


def _trial(engine: str, *, people: int, seconds: float) -> Row:
    key = new_key()
    with fresh(engine) as database, mail_server() as server:
        everybody = _lay(database, people, Vault([key]))
        order: dict[str, Any] = {"url": database.url, "key": key, "port": server.port, "started": time.monotonic()}
        crew.shared().here(_WARM, **order)
        told, kills = _attack(order, server, everybody, seconds)
        _finish(order, rules.LEASE + _MINUTE)
        found = _judged(database, server.accepted(), told)
        first = len(server.accepted())
        kills += _killed_at_random(order, _REMINDERS.total_seconds(), seconds=seconds / 5)
        _finish(order, _REMINDERS + rules.LEASE + _MINUTE)
        _finish(order, _REMINDERS + _DAY)
        later = server.accepted()[first:]
        found += _reminded(told, server.accepted()[:first], later)
        totals = reckon(database, server.accepted())
    found += totals.found
    done = Counter(one.person.does for one in told if one.at is not None)
    said = (
        f"{kills} kills; {', '.join(f'{done[what]} {what}' for what in _DOES if done[what])}; "
        f"{first:,} mails and {len(later):,} reminders, {totals.unknown} unknown ({totals.unknown_delivered} delivered)"
    )
    return Row("two workers killed at random under people who answer", engine, kills, said, tuple(found[:10]))


def _finish(order: dict[str, Any], ahead: timedelta) -> None:
    crew.shared().send(_FINISH, **order, ahead=ahead.total_seconds()).result()


def _lay(database: Database, people: int, vault: Vault) -> list[_Person]:
    """All are due, all have the page open."""
    with database.begin() as db:
        install(db, opens="08:00:00", closes="20:00:00")
        add_due_wave(db, people=people + 1)
        rows = db.execute(select(schema.invitation.c.id, schema.invitation.c.address).order_by(schema.invitation.c.id))
        everybody = [_Person(number, row.id, row.address) for number, row in enumerate(rows)]
        hook_keys.put(db, "generic", Slot.KEY, caller("generic").key, vault=vault, now=NOW)
        for purpose in ("answer", "unsubscribe"):
            values = [
                {
                    "purpose": purpose,
                    "created_at": NOW - _MINUTE,
                    "invitation_id": one.invitation_id,
                    "token_hash": hash_token(one.token(purpose)),
                }
                for one in everybody
            ]
            made = insert(schema.link).returning(schema.link.c.id, sort_by_parameter_order=True)
            links = list(db.execute(made, values).scalars())
            if purpose == "answer":
                _open_pages(db, everybody, links)
    return everybody[1:]  # the first is for warming


def _open_pages(db: Any, everybody: Sequence[_Person], links: Sequence[int]) -> None:
    values = [
        {
            "nonce_hash": hash_token(one.token("nonce")),
            "invitation_id": one.invitation_id,
            "link_id": link,
            "at": NOW - _MINUTE,
        }
        for one, link in zip(everybody, links, strict=True)
    ]
    db.execute(insert(schema.rendering), values)


# --- the attack ---------------------------------------------------------------------------------


def _attack(
    order: dict[str, Any], server: Server, everybody: Sequence[_Person], seconds: float
) -> tuple[list[_Told], int]:
    web_port = free_port()
    web = crew.shared().send(_SERVE, **{**order, "port": web_port})
    until_served(web_port)
    drawn = Random("F29").sample(everybody, len(everybody))
    with ThreadPoolExecutor(4) as pool:
        clock = FastClock(NOW, order["started"], _FASTER)
        acts = [pool.submit(_act, web_port, server, clock, drawn[number::4]) for number in range(4)]
        kills = _killed_at_random(order, 0.0, seconds=seconds, until=acts)
        told = [one for act in acts for one in act.result()]
    web.signal(signal.SIGKILL)
    web.ended()
    return told, kills


def _killed_at_random(order: dict[str, Any], ahead: float, *, seconds: float, until: Sequence[Future[Any]] = ()) -> int:
    """Two workers at any time, one of them killed after a moment; how many died."""
    drawn, kills, started = Random(f"F29 {ahead}"), 0, time.monotonic()
    members = [crew.shared().send(_WORK, **order, ahead=ahead) for _ in range(2)]
    while time.monotonic() - started < seconds or not all(one.done() for one in until):
        time.sleep(drawn.choice((0.05, 0.1, 0.2, 0.5, 1.0, 2.0)))
        which = drawn.randrange(2)
        members[which].signal(signal.SIGKILL)
        kills += members[which].ended() == -signal.SIGKILL
        members[which] = crew.shared().send(_WORK, **order, ahead=ahead)
    for member in members:
        member.signal(signal.SIGKILL)
        kills += member.ended() == -signal.SIGKILL
    return kills


def _act(port: int, server: Server, clock: FastClock, part: Sequence[_Person]) -> list[_Told]:
    """One after the other; a bounce comes of a mail that the server took."""
    told, waiting = [], list(part)
    while waiting:
        person = waiting.pop(0)
        if person.does == "answers":
            typed = {"nonce": person.token("nonce"), "fax": "", "recommend": "9", "why": f"person {person.number}"}
            done = _posted(port, f"/q/{person.token('answer')}", urlencode(typed).encode()) == 303
        elif person.does == "opts out":
            done = _posted(port, f"/u/{person.token('unsubscribe')}", b"List-Unsubscribe=One-Click") == 200
        elif person.does in ("bounces", "is unsubscribed"):
            mail = next((one for one in server.accepted() if one.recipient == person.address), None)
            if mail is None:
                waiting.append(person)
                time.sleep(0.02)
                continue
            done = _provider_tells(port, person, mail, at=clock.now())
        else:
            done = False
        told.append(_Told(person, time.monotonic() if done else None))
    return told


def _provider_tells(port: int, person: _Person, mail: Accepted, *, at: datetime) -> bool:
    """The event finds its mail by the Message-ID, which is made of the return path's random part."""
    id = mail.return_path.partition("@")[0].removeprefix("b-")
    what = "bounced" if person.does == "bounces" else "unsubscribed"
    told = Said(
        what, f"<{id}@kestrel.example>", mail.recipient, f"e-{person.number}", "5.1.1", "550 5.1.1 no such user"
    )
    (post,) = caller("generic").tells(told, at=at)
    return _posted(port, post.path, post.body, post.headers) == 200


def _posted(port: int, path: str, body: bytes, headers: dict[str, str] | None = None) -> int | None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})
        answer = line.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()
    return answer.status


# --- what came of it ----------------------------------------------------------------------------


def _judged(database: Database, accepted: Sequence[Accepted], told: Sequence[_Told]) -> list[str]:
    with database.read() as db:
        chases = {row.id: row for row in db.execute(select(schema.invitation))}
        answers = Counter(
            db.execute(select(schema.response.c.invitation_id).where(schema.response.c.state == "submitted")).scalars()
        )
        suppressed = set(db.execute(select(schema.suppression.c.address)).scalars())
    last = {one.recipient: one.at for one in accepted}
    found = []
    for one in told:
        who, chase = one.person, chases[one.person.invitation_id]
        if who.does == "keeps silent":
            if who.address not in last:
                found.append(f"{who.address} keeps silent and got nothing")
            continue
        if one.at is None:
            found.append(f"{who.address} {who.does} and was not told that it is done")
        elif chase.stopped != _STOPS[who.does] or chase.next_step is not None:
            found.append(f"{who.address} {who.does}, and the chase says {chase.stopped}, {chase.next_step}")
        elif who.does == "answers" and answers[who.invitation_id] != 1:
            found.append(f"{who.address} was thanked, and {answers[who.invitation_id]} answers are kept")
        elif who.does != "answers" and who.address not in suppressed:
            found.append(f"{who.address} {who.does}, and is not suppressed")
        elif last.get(who.address, 0.0) > one.at + _UNDER_WAY_SECONDS:
            found.append(f"{who.address} {who.does}, and got a mail {last[who.address] - one.at:.1f} s later")
    return found


def _reminded(told: Sequence[_Told], first: Sequence[Accepted], later: Sequence[Accepted]) -> list[str]:
    """Those who keep silent, and nobody else."""
    times = Counter(one.recipient for one in later)
    found = []
    for one in told:
        wanted = one.person.does == "keeps silent"
        if times[one.person.address] != wanted:
            found.append(f"{one.person.address} {one.person.does}: {times[one.person.address]} reminders")
    return found


# --- the processes ------------------------------------------------------------------------------


@cache
def _database(url: str) -> Database:
    return Database(url)


def _app(url: str, key: str, started: float, *, ahead: float = 0.0) -> App:
    questionnaires = Path(__file__).parents[2] / "questionnaires"
    clock = FastClock(NOW + timedelta(seconds=ahead), started, _FASTER)
    return App(SETTINGS, _database(url), clock, RandomTokens(), Vault([key]), questionnaires)


def warm(url: str, key: str, port: int, started: float) -> None:
    """The first of all, so that every process has its statements compiled."""
    app, relay = _app(url, key, started), relay_to(port, connections=1)
    uvicorn.Config(create(app)).load()
    how: dict[str, Any] = {"now": app.now(), "vault": app.vault, "settings": SETTINGS, "freezes": True}
    delivery.send_due(app.database, relay, worker="warm", limit=1, **how)
    jobs.read_webhooks(app, relay, app.now())
    relay.close()
    app.database.close()


def work(url: str, key: str, port: int, started: float, ahead: float) -> None:
    """What two jobs of the service do, over and over, with no lease between the workers."""
    app, relay = _app(url, key, started, ahead=ahead), relay_to(port, connections=3, per_second=50)
    while True:
        jobs.read_webhooks(app, relay, app.now())
        send(app, relay, app.now())
        time.sleep(0.02)


def finish(url: str, key: str, port: int, started: float, ahead: float) -> None:
    """After the leases of the dead: whatever is left and due."""
    app, relay = _app(url, key, started, ahead=ahead), relay_to(port, connections=3)
    jobs.read_webhooks(app, relay, app.now())
    jobs.drain(app, relay, app.now())
    relay.close()
    app.database.close()


def serve(url: str, key: str, port: int, started: float) -> None:
    app = create(_app(url, key, started))
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", access_log=False, ws="none")
    uvicorn.Server(config).run()
