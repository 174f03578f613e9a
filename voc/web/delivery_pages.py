"""Delivery: what waits, what is stuck, what came back; pausing, and settling what nobody can know."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import preferences, settings
from voc.base.errors import Refused
from voc.base.words import InboundKind, MessageState
from voc.delivery import mime, run, store
from voc.delivery.nameserver import Nameserver
from voc.delivery.run import dns
from voc.delivery.store import letters, mailboxes, relay, tally, waiting, ways
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import delivery_view, message_view, pages, view
from voc.web.context import App
from voc.web.delivery_view import DAYS, Filter, Seen, Stuck
from voc.web.forms import Form
from voc.web.given import AnyRequest, AskedDays, GivenApp, GivenForm, GivenVisit
from voc.web.parts import address, files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import ADMINS, EVERYBODY, LEADERS, Visit, roles

FEW = 10  # of the unknown and of the failed, on the page itself
PAGE = 50
_AT_ONCE = 1_000

AskedWave = Annotated[str, QueryParameter(name="wave")]
AskedDomain = Annotated[str, QueryParameter(name="domain")]


def _filter(wave: str, domain: str, days: str) -> Filter:
    return Filter(
        days=int(days) if days in {str(one) for one in DAYS} else 7,
        wave_id=int(wave) if wave.isascii() and wave.isdecimal() and len(wave) < 10 else None,
        domain=domain.strip().lower().rpartition("@")[2][:253] or None,
    )


@get("/delivery", sync_to_thread=True, opt=roles(*LEADERS))
def delivery_page(
    app: GivenApp, visit: GivenVisit, wave: AskedWave = "", domain: AskedDomain = "", days: AskedDays = ""
) -> Response[str]:
    chosen, now = _filter(wave, domain, days), app.now()
    with app.database.read() as db:
        zone = ZoneInfo(preferences.load(db).default_time_zone)
        seen = _seen(app, db, visit, chosen, now=now)
    page = delivery_view.page(
        seen,
        chosen,
        may_change=visit.may(*ADMINS),
        moment=partial(view.moment, zone=zone),
        clock=lambda at: at.astimezone(zone),
        now=now,
    )
    return pages.page(
        app,
        visit,
        "programme/delivery.html",
        page=page,
        hour_files=files(chosen.path("/delivery/hours"), "of the hours"),
        back_files=files(chosen.path("/delivery/back"), "of what came back by domain"),
    )


def _seen(app: App, db: Connection, visit: Visit, chosen: Filter, *, now: datetime) -> Seen:
    since = now - timedelta(days=chosen.days)
    narrowed = tally.Chosen(chosen.wave_id, chosen.domain)
    of = partial(letters.in_state, db, visit.viewer, chosen=narrowed, limit=FEW)
    mail = app.settings.mail
    servers = settings.servers(mail)
    return Seen(
        health=store.health(db, now=now),
        pause=relay.pause(db),
        states=tally.by_state(db, narrowed, since=since),
        hours=tally.hours(db, narrowed, now=now),
        waits=tally.waits(db, narrowed, since=since),
        waits_by_relay=tally.waits_by_relay(db, since=now - timedelta(days=1)) if len(servers) > 1 else {},
        back=tally.came_back(db, narrowed, since=since),
        servers=servers,
        server_states=ways.server_states(db),
        sent_today=tally.sent_by_relay(db, since=now.replace(hour=0, minute=0, second=0, microsecond=0)),
        per_domain=mail.per_domain,
        waiting_domains=ways.waiting_domains(db, now=now),
        mailboxes=mailboxes.standing(db),
        providers=ways.providers(db, now=now),
        unknown=[_stuck(app, db, visit, one) for one in of(state=MessageState.UNKNOWN)],
        failed=[*of(state=MessageState.HELD), *of(state=MessageState.FAILED)][:FEW],
        waves=tally.waves(db),
        dns=dns.last_dns_check(db),
        dns_not_checked=dns.not_checked(app.settings),
    )


def _stuck(app: App, db: Connection, visit: Visit, letter: letters.Letter) -> Stuck:
    if not letter.has_text:
        return Stuck(letter, "")
    raw = store.mail_text(db, letter.id, visit.viewer, vault=app.vault)
    return Stuck(letter, message_view.opened(mime.masked(raw)).text)


def _narrowed(asked: Asked) -> tuple[tally.Chosen, datetime, Filter]:
    chosen = _filter(asked.get("wave"), asked.get("domain"), asked.get("days"))
    return tally.Chosen(chosen.wave_id, chosen.domain), asked.now - timedelta(days=chosen.days), chosen


def _hour_rows(db: Connection, asked: Asked) -> Found:
    narrowed, _since, _chosen = _narrowed(asked)
    found = tally.hours(db, narrowed, now=asked.now)
    return Found([(one.at, one.sent, one.failed, one.due) for one in found], [("As of", _moment_of(asked))])


HOURS = PageTable(
    "delivery-hours",
    "Mail by hour",
    "/delivery/hours",
    (
        Column("Hour", Kind.MOMENT, "Its beginning"),
        Column("Sent", Kind.WHOLE),
        Column("Failed", Kind.WHOLE, "Certainly not taken, for good"),
        Column("Due", Kind.WHOLE, "Mails that wait and steps not written yet; overdue ones in the present hour"),
    ),
    _hour_rows,
    "48 hours back and 48 ahead. wave, domain. Reminders of a confidential wave are not counted.",
    LEADERS,
)


def _back_rows(db: Connection, asked: Asked) -> Found:
    narrowed, since, chosen = _narrowed(asked)
    rows: list[Sequence[Cell]] = [
        (one.domain, *(one.kinds.get(kind, 0) for kind in tally.CAME_BACK), one.refused, one.number, one.sent)
        for one in tally.came_back(db, narrowed, since=since)
    ]
    return Found(rows, [("Period", f"{chosen.days} days"), ("As of", _moment_of(asked))])


def _moment_of(asked: Asked) -> str:
    return asked.now.isoformat(timespec="seconds")


CAME_BACK = PageTable(
    "delivery-back",
    "Mail that came back by recipient domain",
    "/delivery/back",
    (
        Column("Domain"),
        *(Column(view.word(kind), Kind.WHOLE) for kind in tally.CAME_BACK),
        Column("Refused", Kind.WHOLE, "Never left: the server said no"),
        Column("Back in all", Kind.WHOLE),
        Column("Sent", Kind.WHOLE),
    ),
    _back_rows,
    "Those with the most first. wave, domain, days. Each message counts once in a class.",
    LEADERS,
)

# --- rows ---------------------------------------------------------------------------------------


@get("/delivery/messages", sync_to_thread=True, opt=roles(*LEADERS))
def messages_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    asked = request.query_params
    show, kind, after = asked.get("show", ""), asked.get("kind", ""), asked.get("after", "")
    chosen, now = _filter(asked.get("wave", ""), asked.get("domain", ""), asked.get("days", "")), app.now()
    since, narrowed = now - timedelta(days=chosen.days), tally.Chosen(chosen.wave_id, chosen.domain)
    going_on = message_view.place(after)
    with app.database.read() as db:
        zone = ZoneInfo(preferences.load(db).default_time_zone)
        moment = partial(view.moment, zone=zone)
        waves = tally.waves(db)
        if show == "back":
            class_ = InboundKind(kind) if kind in set(InboundKind) else None
            back = letters.came_back(
                db, visit.viewer, narrowed, kind=class_, since=since, after=going_on, limit=PAGE + 1
            )
            page = message_view.back_page(back, chosen, kind=class_, waves=waves, moment=moment, most=PAGE)
        else:
            state = MessageState(show) if show in set(MessageState) else MessageState.SENT
            found = letters.in_state(db, visit.viewer, state, narrowed, since=since, after=going_on, limit=PAGE + 1)
            waits = waiting.why_waiting(db, [one.id for one in found], preferences.load(db), now=now)
            page = message_view.state_page(found, state, chosen, waves=waves, moment=moment, most=PAGE, waits=waits)
    links = [] if show == "back" else files(address("/delivery/messages", **_given(asked)), "of these messages")
    return pages.page(app, visit, "programme/messages.html", page=page, files=links)


def _given(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query.get(name, "")[:253] for name in ("show", "wave", "domain", "days")}


MESSAGE_COLUMNS = (
    Column("Message", Kind.WHOLE),
    Column("Kind"),
    Column("Step"),
    Column("State"),
    Column("Account"),
    Column("Person"),
    Column("Address"),
    Column("Subject"),
    Column("Due", Kind.MOMENT),
    Column("Sent", Kind.MOMENT, "The server took it"),
    Column("Tries", Kind.WHOLE),
    Column("Code", Kind.WHOLE, "Of the server"),
    Column("Answer of the server"),
    Column("Came back", Kind.MOMENT),
    Column("Code of the bounce"),
)


def _message_rows(db: Connection, asked: Asked) -> Iterator[Sequence[Cell]]:
    chosen = _filter(asked.get("wave"), asked.get("domain"), asked.get("days"))
    state = MessageState(asked.get("show")) if asked.get("show") in set(MessageState) else MessageState.SENT
    since, narrowed = asked.now - timedelta(days=chosen.days), tally.Chosen(chosen.wave_id, chosen.domain)
    after = None
    while found := letters.in_state(db, asked.viewer, state, narrowed, since=since, after=after, limit=_AT_ONCE):
        for one in found:
            yield (
                one.id,
                one.kind,
                one.step,
                one.state,
                one.account_name,
                one.contact_name or None,
                one.address,
                one.subject,
                one.due_at,
                one.sent_at,
                one.attempts,
                one.reply_code,
                one.reply_text,
                one.bounced_at,
                one.bounce_code,
            )
        after = letters.place_of(found[-1])


MESSAGES = PageTable(
    "messages",
    "Messages",
    "/delivery/messages",
    MESSAGE_COLUMNS,
    lambda db, asked: Found(_message_rows(db, asked)),
    "show=sent, queued, failed and so on; days, wave, domain. Reminders of a confidential wave are in no list.",
    LEADERS,
)


@get("/delivery/messages/{message_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def message_page(app: GivenApp, visit: GivenVisit, message_id: FromPath[int]) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        zone = ZoneInfo(wanted.default_time_zone)
        story = letters.story(db, message_id, visit.viewer)
        waits = waiting.why_waiting(db, [message_id], wanted, now=app.now()).get(message_id)
        raw = store.mail_text(db, message_id, visit.viewer, vault=app.vault) if story.letter.has_text else None
    moment = partial(view.moment, zone=zone)
    page = message_view.page(story, raw, may_settle=visit.may(*ADMINS), moment=moment, waits=waits)
    return pages.page(app, visit, "programme/message.html", page=page)


@get("/delivery/messages/{message_id:int}/html", sync_to_thread=True, opt=roles(*EVERYBODY))
def message_html(app: GivenApp, visit: GivenVisit, message_id: FromPath[int]) -> Response[str]:
    """The mail as its reader sees it, in a page that can do nothing: no script, no form, nothing loaded, no link."""
    with app.database.read() as db:
        raw = store.mail_text(db, message_id, visit.viewer, vault=app.vault)
    shown = pages.html(message_view.opened(mime.masked(raw)).html or "<p>This mail is plain text.</p>")
    shown.headers["Content-Security-Policy"] = message_view.POLICY
    return shown


# --- acts ---------------------------------------------------------------------------------------


@post("/delivery/pause", sync_to_thread=True, opt=roles(*ADMINS))
def pause(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Redirect:
    because = form.maybe("reason")
    if because is None:
        raise Refused("Say why: everybody reads it on top of every page", field="reason")
    with app.database.begin() as db:
        run.pause_sending(db, because=because, by=visit.viewer.name, now=app.now())
    said = "Sending is paused; nothing leaves until you resume it."
    return pages.back(app, visit, "/delivery", said, undo=("/delivery/resume", {}))


@post("/delivery/resume", sync_to_thread=True, opt=roles(*ADMINS))
def resume(app: GivenApp, visit: GivenVisit) -> Redirect:
    with app.database.begin() as db:
        before = relay.pause(db)
        run.resume_sending(db, by=visit.viewer.name, now=app.now())
    undo = None if before is None else ("/delivery/pause", {"reason": before.because})
    return pages.back(
        app, visit, "/delivery", "Mail goes out again; what is overdue goes in its next window.", undo=undo
    )


@post("/delivery/{message_id:int}/settle", sync_to_thread=True, opt=roles(*ADMINS))
def settle(app: GivenApp, visit: GivenVisit, message_id: FromPath[int], form: GivenForm) -> Redirect:
    with app.database.begin() as db:
        said = _settle(app, db, visit, message_id, form)
    return pages.back(app, visit, pages.own_path(form.text("back"), "/delivery"), said)


def _settle(app: App, db: Connection, visit: Visit, message_id: int, form: Form) -> str:
    by, now = visit.viewer.name, app.now()
    match form.text("act"):
        case "arrived":
            run.settle(db, message_id, accepted=True, by=by, now=now, vault=app.vault)
            return "Settled: it arrived."
        case "lost":
            run.settle(db, message_id, accepted=False, by=by, now=now, vault=app.vault)
            return "Settled: it did not arrive; the chase goes on with its next step."
        case "release":
            at = run.release(db, message_id, by=by, now=now)
            when = "" if at <= now else " at an hour that suits the person"
            return f"It goes out once more{when}, byte for byte the same; if it had arrived, they get it twice."
        case _:
            raise Refused("Choose what became of the message")


@post("/delivery/dns", sync_to_thread=True, opt=roles(*LEADERS))
def look_up(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Redirect:
    """Takes as long as the DNS does, some seconds at most for each record that is not answered."""
    sending = dns.sending_of(app.settings)
    found = dns.check_dns(app.database, sending, Nameserver(app.settings.nameservers), now=app.now())
    said = delivery_view.dns_words(found) if found else "Nothing could be looked up"
    return pages.back(app, visit, pages.own_path(form.text("back"), "/delivery"), f"{said}.")


TABLES = (MESSAGES, HOURS, CAME_BACK)
HANDLERS: list[Any] = [
    delivery_page,
    messages_page,
    *file_handlers(*TABLES),
    message_page,
    message_html,
    pause,
    resume,
    settle,
    look_up,
]
