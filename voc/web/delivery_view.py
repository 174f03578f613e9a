"""How delivery stands, as its page says it: the heading is what a person should know first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from markupsafe import Markup

from voc.base.settings import Server
from voc.base.words import InboundKind, MessageKind, MessageState
from voc.delivery import waits
from voc.delivery.dns_check import DnsFinding, Verdict, amiss
from voc.delivery.model import Health
from voc.delivery.run.dns import Checked
from voc.delivery.store.letters import Letter
from voc.delivery.store.relay import Pause
from voc.delivery.store.tally import CameBack, Hour
from voc.delivery.store.ways import Mailbox, Provider, ServerState, WaitingDomain
from voc.web import view
from voc.web.charts_hours import HourBar, hours
from voc.web.parts import Card, Choice, Link, address, choice
from voc.web.rehearsal_words import STEPS

Moment = Callable[[datetime | None], str]

DAYS = (1, 7, 30)
_MOST_DOMAINS = 20

_BOUNCES: Mapping[InboundKind, tuple[str, str]] = {
    InboundKind.HARD_BOUNCE: ("Address gone", "not mailed again; the CSM is asked for a new address"),
    InboundKind.SOFT_BOUNCE: ("For now not delivered", "the next step of the chase tries again"),
    InboundKind.POLICY_BOUNCE: (
        "Refused for our reputation",
        "says nothing about the person: look at the sending domain",
    ),
    InboundKind.COMPLAINT: ("Reported as unwanted", "not mailed again; two in a small wave stop it"),
}

_KINDS: Mapping[MessageKind, str] = {
    MessageKind.CHASE: "questionnaire",
    MessageKind.DIGEST: "weekly mail to a CSM",
    MessageKind.FOLLOW_UP: "follow-up",
    MessageKind.NUDGE: "personal nudge",
    MessageKind.TEST: "test",
    MessageKind.ALERT: "alert",
}


@dataclass(frozen=True)
class Filter:
    """What the page is narrowed to, as its address says it."""

    days: int = 7
    wave_id: int | None = None
    domain: str | None = None

    def path(self, path: str, **more: str | int | None) -> str:
        days = None if self.days == 7 else self.days
        return address(path, wave=self.wave_id, domain=self.domain, days=days, **more)

    def rows(self, show: str) -> str:
        return self.path("/delivery/messages", show=show)


@dataclass(frozen=True)
class Seen:
    """What the stores told, for one page."""

    health: Health
    pause: Pause | None
    states: Mapping[MessageState, int]
    hours: Sequence[Hour]
    waits: Sequence[tuple[int, int]]
    waits_by_relay: Mapping[str, Sequence[tuple[int, int]]]
    back: Sequence[CameBack]
    servers: Sequence[Server]
    server_states: Mapping[str, ServerState]
    sent_today: Mapping[str, int]
    per_domain: Mapping[str, float]
    waiting_domains: Sequence[WaitingDomain]
    mailboxes: Sequence[Mailbox]
    providers: Sequence[Provider]
    unknown: Sequence["Stuck"]
    failed: Sequence[Letter]
    waves: Sequence[tuple[int, str]]
    dns: Checked | None
    dns_not_checked: str | None


@dataclass(frozen=True)
class Stuck:
    """An unknown message with the text it is, its links struck out."""

    letter: Letter
    text: str


@dataclass(frozen=True)
class Row:
    """A message in a table."""

    id: int
    address: str
    account: str
    what: str
    when: str
    said: str
    text: str = ""


@dataclass(frozen=True)
class Line:
    """A row of one of the small tables: what it is, how it stands (glyph and word), and the words beside."""

    name: str
    glyph: str
    state: str
    cells: Sequence[str]
    note: str = ""


@dataclass(frozen=True)
class ClassRow:
    name: str
    count: str
    href: str
    follows: str


@dataclass(frozen=True)
class DomainRow:
    domain: str
    href: str
    sent: str
    back: str
    kinds: str


@dataclass(frozen=True)
class DnsRow:
    glyph: str
    state: str
    about: str
    what: str
    why: str
    record: str


@dataclass(frozen=True)
class DnsPart:
    heading: str
    glyph: str
    state: str
    checked: str
    rows: Sequence[DnsRow]


@dataclass(frozen=True)
class DeliveryPage:
    heading: str
    lede: str
    may_change: bool
    paused: bool
    pause_words: str
    filters: Sequence[Choice]
    domain: str
    window: str
    figures: Sequence[Card]
    unknown: Sequence[Row]
    unknown_heading: str
    unknown_more: Link | None
    failed: Sequence[Row]
    failed_heading: str
    failed_more: Link | None
    chart: Markup
    hour_rows: Sequence[Sequence[str]]
    hours_heading: str
    servers: Sequence[Line]
    limits: str
    waits: Sequence[Line]
    bounces: Sequence[ClassRow]
    bounces_heading: str
    domains: Sequence[DomainRow]
    more_domains: str
    ways: Sequence[Line]
    dns: DnsPart
    links: Mapping[str, str] = field(default_factory=dict)


def page(
    seen: Seen,
    chosen: Filter,
    *,
    may_change: bool,
    moment: Moment,
    clock: Callable[[datetime], datetime],
    now: datetime,
) -> DeliveryPage:
    """`moment` writes a moment in the company's zone, `clock` turns it into that zone."""
    counted = seen.states
    unknown, failed = counted.get(MessageState.UNKNOWN, 0), counted.get(MessageState.FAILED, 0)
    held = counted.get(MessageState.HELD, 0)
    number_back = sum(one.number for one in seen.back)
    window = "24 hours" if chosen.days == 1 else f"{chosen.days} days"
    return DeliveryPage(
        heading=_heading(seen, now=now),
        lede=_lede(seen, moment, now=now),
        may_change=may_change,
        paused=seen.pause is not None,
        pause_words=_pause_words(seen, moment),
        filters=_filters(seen, chosen),
        domain=chosen.domain or "",
        window=window,
        figures=_cards(seen, chosen, number_back, window),
        unknown=[row(one.letter, moment, text=one.text) for one in seen.unknown],
        unknown_heading=f"Unknown: {view.count(unknown, 'message')} may or may not have arrived",
        unknown_more=_more(unknown, len(seen.unknown), chosen.rows("unknown")),
        failed=[row(one, moment) for one in seen.failed],
        failed_heading=f"Failed or held: {view.count(failed + held, 'message')}",
        failed_more=_more(failed + held, len(seen.failed), chosen.rows("failed")),
        chart=_chart(seen.hours, clock, now=now),
        hour_rows=_hour_rows(seen.hours, clock),
        hours_heading=_hours_heading(seen.hours, now=now),
        servers=[_server(one, seen, moment, now=now) for one in seen.servers],
        limits=_limits(seen, moment),
        waits=_waits(seen, chosen),
        bounces=_classes(seen.back, chosen),
        bounces_heading=f"Came back or refused: {view.count(number_back, 'message')} in {window}",
        domains=[_domain(one, chosen) for one in seen.back[:_MOST_DOMAINS]],
        more_domains=_more_domains(len(seen.back)),
        ways=[*(_mailbox(one, moment) for one in seen.mailboxes), *(_provider(one, moment) for one in seen.providers)],
        dns=dns_part(seen.dns, moment, not_checked=seen.dns_not_checked, now=now),
    )


# --- what comes first ---------------------------------------------------------------------------


def _heading(seen: Seen, *, now: datetime) -> str:
    health, waiting = seen.health, view.count(seen.health.waiting, "message")
    waits_for = f"{waiting} wait{'s' if health.waiting == 1 else ''}"
    if seen.pause is not None:
        return f"Sending is paused, {waits_for}"
    shut = [one for one in seen.servers if _is_shut(seen.server_states.get(one.name), now)]
    if shut and len(shut) == len(seen.servers):
        if len(shut) > 1:
            return f"None of the {len(shut)} mail servers takes mail, {waits_for}"
        return f"The mail server does not take mail, {waits_for}"
    if health.unknown:
        whom = "it" if health.unknown == 1 else "they"
        return f"{view.count(health.unknown, 'message')} to settle: nobody can know whether {whom} arrived"
    if shut:
        return f"Mail goes out, but not by {view.listed([one.name for one in shut])}"
    if health.failed or health.held:
        return f"Mail goes out; {view.count(health.failed + health.held, 'message')} did not"
    return "Mail goes out, nothing waits for a person"


def _lede(seen: Seen, moment: Moment, *, now: datetime) -> str:
    health, told = seen.health, []
    if seen.pause is not None:
        by = seen.pause.by or "a brake of the service"
        since = f" on {moment(seen.pause.since)}" if seen.pause.since else ""
        told.append(f"Paused by {by}{since}, because {seen.pause.because.rstrip('.')}.")
    for server in seen.servers:
        state = seen.server_states.get(server.name)
        if state is not None and _is_shut(state, now):
            why = (state.reason or "it does not answer").rstrip(".")
            told.append(f"{server.name}: {why}. Tried again {moment(state.open_until)}.")
    if health.test_address is not None or health.waiting_for_test_address:
        where = health.test_address or "nowhere, because no test address is set"
        told.append(f"Test mode: every mail goes to {where}.")
    if health.overdue_since is not None and seen.pause is None:
        told.append(f"The oldest that could go now has been due since {moment(health.overdue_since)}.")
    told.append("Nothing is marked sent without the server’s word that it has it.")
    return " ".join(told)


def _is_shut(state: ServerState | None, now: datetime) -> bool:
    return state is not None and state.open_until is not None and state.open_until > now


def _pause_words(seen: Seen, moment: Moment) -> str:
    waiting = view.count(seen.health.waiting, "message")
    coming = sum(hour.due for hour in seen.hours)
    if seen.pause is not None:
        return (
            f"Resumed, {waiting} would go out: what is due goes at once, what is overdue by more than a day in each"
            " person’s next window, and what is overdue by more than 5 working days is held for you to look at."
        )
    return (
        f"While it is paused nothing leaves to anybody outside: {waiting} in the outbox would wait, and"
        f" {view.number(coming)} would fall due in 48 hours. Answers, bounces and replies still come in, and alerts to"
        " admins still go. A message in the server’s hands at this moment cannot be called back."
    )


def _filters(seen: Seen, chosen: Filter) -> list[Choice]:
    waves = [("", "all waves"), *((str(id), label) for id, label in seen.waves)]
    days = [(str(days), "24 hours" if days == 1 else f"{days} days") for days in DAYS]
    return [
        choice("wave", "Wave", waves, str(chosen.wave_id or "")),
        choice("days", "Sent and came back in the last", days, str(chosen.days)),
    ]


def _cards(seen: Seen, chosen: Filter, number_back: int, window: str) -> list[Card]:
    counted = seen.states

    def card(name: str, state: MessageState, of: str, note: str = "") -> Card:
        number = counted.get(state, 0)
        return Card(name, view.number(number), of, note=note, links=_open(number, chosen.rows(state)))

    in_hand = counted.get(MessageState.CLAIMED, 0) + counted.get(MessageState.HANDING_OVER, 0)
    sent = counted.get(MessageState.SENT, 0)
    return [
        card(
            "Waiting",
            MessageState.QUEUED,
            "in the outbox",
            f"{view.number(in_hand)} being handed over" if in_hand else "",
        ),
        card("Sent", MessageState.SENT, f"in {window}"),
        card("Unknown", MessageState.UNKNOWN, "to settle, however old"),
        Card(
            "Came back", view.number(number_back), f"of {view.number(sent)} sent", links=_open(number_back, "#h-back")
        ),
        card("Failed", MessageState.FAILED, "never sent, however old"),
        card("Held", MessageState.HELD, "for a person"),
    ]


def _open(count: int, path: str) -> list[Link]:
    return [Link(f"The {view.number(count)}", path)] if count else []


def _more(total: int, shown: int, path: str) -> Link | None:
    return Link(f"All {view.number(total)}", path) if total > shown else None


def row(letter: Letter, moment: Moment, *, text: str = "") -> Row:
    """A message in a table. The server's words, with its code."""
    said = " ".join(str(part) for part in (letter.reply_code, letter.reply_text) if part is not None)
    return Row(
        letter.id,
        letter.address,
        " at ".join(part for part in (letter.contact_name, letter.account_name) if part),
        what(letter),
        moment(letter.sent_at or letter.next_attempt_at or letter.due_at),
        said or view.DASH,
        text,
    )


def what(letter: Letter) -> str:
    step = f", {STEPS[letter.step]}" if letter.step else ""
    return f"{_KINDS[letter.kind]}{step}: {letter.subject}"


# --- by hour ------------------------------------------------------------------------------------


def _chart(all_hours: Sequence[Hour], clock: Callable[[datetime], datetime], *, now: datetime) -> Markup:
    this = now.replace(minute=0, second=0, microsecond=0)
    bars = [HourBar(one.at, one.sent, one.failed, one.due, one.at >= this) for one in all_hours]
    return hours(
        bars,
        clock=clock,
        title="Mail by the hour",
        description=_hours_heading(all_hours, now=now) + ". The same numbers are in the table below.",
    )


def _hours_heading(all_hours: Sequence[Hour], *, now: datetime) -> str:
    sent, failed = sum(one.sent for one in all_hours), sum(one.failed for one in all_hours)
    due = sum(one.due for one in all_hours)
    return (
        f"{view.number(sent)} sent and {view.number(failed)} failed in 48 hours, {view.number(due)} due in the next 48"
    )


def _hour_rows(all_hours: Sequence[Hour], clock: Callable[[datetime], datetime]) -> list[Sequence[str]]:
    """Only hours in which something happened or will."""
    return [
        (
            f"{local:%a} {local.day} {local:%b, %H:00}",
            view.number(one.sent),
            view.number(one.failed),
            view.number(one.due),
        )
        for one in all_hours
        if one.sent or one.failed or one.due
        for local in (clock(one.at),)
    ]


# --- servers, waits -----------------------------------------------------------------------------


def _server(server: Server, seen: Seen, moment: Moment, *, now: datetime) -> Line:
    state = seen.server_states.get(server.name)
    place = f"{server.host}:{server.port}"
    secured = {"none": "not encrypted", "starttls": "STARTTLS", "tls": "TLS"}[server.security]
    cells = (
        f"{view.number(server.per_second, 0 if server.per_second >= 1 else 1)} a second",
        view.number(server.connections),
        view.number(
            seen.sent_today.get(server.name, 0) + (seen.sent_today.get("", 0) if len(seen.servers) == 1 else 0)
        ),
    )
    note = secured if server.name == place else f"{place}, {secured}"
    if state is not None and _is_shut(state, now):
        why = (state.reason or "it does not answer").rstrip(".")
        tries = f", {view.count(state.outages, 'time')} in a row" if state.outages > 1 else ""
        return Line(
            server.name, "late", f"left alone until {moment(state.open_until)}", cells, f"{note}. {why}{tries}."
        )
    if state is not None and state.refusals:
        said = f"refused {view.count(state.refusals, 'message')} in a row"
        return Line(server.name, "half", said, cells, f"{note}. {(state.reason or '').rstrip('.')}.")
    if state is not None and state.outages:
        return Line(
            server.name, "half", "tried again with the next mail", cells, f"{note}. {(state.reason or '').rstrip('.')}."
        )
    return Line(server.name, "ok", "well", cells, note)


def _limits(seen: Seen, moment: Moment) -> str:
    waiting = [
        f"{one.domain} until {moment(one.until)}" + (f" ({one.reason.rstrip('.')})" if one.reason else ", at its limit")
        for one in seen.waiting_domains
    ]
    at_limit = f" Left alone now: {'; '.join(waiting)}." if waiting else " No domain is left alone now."
    if not seen.per_domain:
        return f"No limit for single recipient domains is set.{at_limit}"
    told = [
        f"{'any other domain' if domain == '*' else domain} {view.number(limit, 0 if limit >= 1 else 1)} a minute"
        for domain, limit in sorted(seen.per_domain.items())
    ]
    return f"Limits for recipient domains: {', '.join(told)}.{at_limit}"


def _waits(seen: Seen, chosen: Filter) -> list[Line]:
    found = [_wait("All", seen.waits)]
    if len(seen.waits_by_relay) > 1 or (seen.waits_by_relay and len(seen.servers) > 1):
        found += [_wait(name, counts) for name, counts in sorted(seen.waits_by_relay.items())]
    return [one for one in found if one is not None]


def _wait(name: str, counts: Sequence[tuple[int, int]]) -> Line | None:
    found = waits.wait(counts)
    if found is None:
        return None
    words = (waits.in_words(found.median), waits.in_words(found.most_waited), waits.in_words(found.longest))
    return Line(name, "", "", (view.number(found.count), *words))


# --- what came back -----------------------------------------------------------------------------


def _classes(back: Sequence[CameBack], chosen: Filter) -> list[ClassRow]:
    totals = {kind: sum(one.kinds.get(kind, 0) for one in back) for kind in _BOUNCES}
    refused = sum(one.refused for one in back)
    found = [
        ClassRow(
            _BOUNCES[kind][0],
            view.number(count),
            chosen.path("/delivery/messages", show="back", kind=kind),
            _BOUNCES[kind][1],
        )
        for kind, count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        if count
    ]
    if refused:
        follows = "the mail server said no while we handed it over; it never left"
        found.append(ClassRow("Refused on the spot", view.number(refused), chosen.rows("failed"), follows))
    return found


def _domain(one: CameBack, chosen: Filter) -> DomainRow:
    kinds = [
        f"{_BOUNCES[kind][0].lower()} {view.number(number)}"
        for kind, number in sorted(one.kinds.items())
        if kind in _BOUNCES
    ]
    kinds += [f"refused on the spot {view.number(one.refused)}"] if one.refused else []
    narrowed = Filter(chosen.days, chosen.wave_id, one.domain)
    return DomainRow(
        one.domain, narrowed.path("/delivery"), view.number(one.sent), view.number(one.number), ", ".join(kinds)
    )


def _more_domains(number: int) -> str:
    rest = number - _MOST_DOMAINS
    return f"And {view.count(rest, 'domain')} with fewer." if rest > 0 else ""


def _mailbox(one: Mailbox, moment: Moment) -> Line:
    read = f"last read {moment(one.read_at)}" if one.read_at else "not read yet"
    if one.trouble:
        since = f" since {moment(one.trouble_since)}" if one.trouble_since else ""
        return Line(one.name, "late", f"trouble{since}", (read,), one.trouble)
    return Line(one.name, "ok" if one.read_at else "none", "well" if one.read_at else "waiting", (read,))


def _provider(one: Provider, moment: Moment) -> Line:
    came = f"{view.count(one.events, 'event')} in 7 days" + (f", the last {moment(one.last_at)}" if one.last_at else "")
    name = f"Webhook of {one.name}"
    refused = sum(one.refused.values())
    if refused:
        why = ", ".join(f"{reason.replace('_', ' ')} {view.number(number)}" for reason, number in one.refused.items())
        mend = "" if one.has_key else " No key is set: enter it under Settings > Webhooks."
        said = f"{view.count(refused, 'call')} refused"
        return Line(
            name,
            "late" if not one.has_key else "half",
            said,
            (came,),
            f"{why}; the last {moment(one.refused_at)}.{mend}",
        )
    if one.waiting:
        return Line(name, "half", f"{view.count(one.waiting, 'event')} to act on", (came,))
    return Line(name, "ok" if one.events else "none", "well" if one.events else "nothing came yet", (came,))


# --- the DNS ------------------------------------------------------------------------------------

_VERDICTS = {
    Verdict.WRONG: ("late", "Mend"),
    Verdict.UNKNOWN: ("half", "Not known"),
    Verdict.TOLD: ("none", "Worth knowing"),
    Verdict.WELL: ("ok", "Well"),
}
_ORDER = tuple(_VERDICTS)
_OLD = timedelta(days=2)


def dns_part(checked: Checked | None, moment: Moment, *, not_checked: str | None, now: datetime) -> DnsPart:
    """What the last look at SPF, DKIM and DMARC found; the worst first."""
    if not_checked is not None and (checked is None or not checked.found):
        return DnsPart(f"SPF, DKIM and DMARC cannot be looked up: {not_checked}", "none", "Not checked", "", [])
    if checked is None:
        return DnsPart("SPF, DKIM and DMARC were not looked up yet", "none", "Not checked", "", [])
    wrong = [one for one in checked.found if one.verdict is Verdict.WRONG]
    doubtful = len(amiss(checked.found)) - len(wrong)
    old = " That is long ago." if now - checked.at > _OLD else ""
    rows = [_dns_row(one) for one in sorted(checked.found, key=lambda one: _ORDER.index(one.verdict))]
    glyph, state = ("late", "Mend") if wrong else ("half", "Not known") if doubtful else ("ok", "Well")
    return DnsPart(dns_words(checked.found), glyph, state, f"Looked up {moment(checked.at)}.{old}", rows)


def dns_words(found: Sequence[DnsFinding]) -> str:
    """In one line, for the heading and before a wave."""
    wrong = [one for one in found if one.verdict is Verdict.WRONG]
    unknown = [one for one in found if one.verdict is Verdict.UNKNOWN]
    if wrong:
        names = view.listed(list(dict.fromkeys(one.about for one in wrong)))
        rest = f"; {view.count(len(unknown), 'answer')} did not come" if unknown else ""
        return f"{names} of our mail need{'s' if len({one.about for one in wrong}) == 1 else ''} mending{rest}"
    if unknown:
        names = view.listed(list(dict.fromkeys(one.about for one in unknown)))
        return f"The DNS gave no answer on {names}: whether our mail is trusted is not known"
    return "SPF, DMARC, the way of bounces and of links are in order"


def _dns_row(one: DnsFinding) -> DnsRow:
    glyph, state = _VERDICTS[one.verdict]
    record = f"{one.record.name}  {one.record.type}  {one.record.value}" if one.record is not None else ""
    return DnsRow(glyph, state, one.about, one.what, one.why, record)
