"""Messages as pages show them: lists that lead from a figure to its rows, and one mail with all that happened to it."""

import email
import email.policy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from voc.base.words import InboundKind, MessageState
from voc.delivery import mime
from voc.delivery.store.letters import Back, Letter, Place, Story, place_of
from voc.delivery.store.waiting import Waits
from voc.web import view
from voc.web.delivery_view import BOUNCES, DAYS, Filter, Moment, Row, row, what, why
from voc.web.parts import Choice, Link, choice

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox"
)
_SHOWN_HEADERS = ("From", "Reply-To", "To", "Date", "Subject", "Message-ID", "In-Reply-To", "References",
                  "List-Unsubscribe", "List-Unsubscribe-Post", "DKIM-Signature", "X-Original-To")  # fmt: skip

STATES = {
    MessageState.QUEUED: ("Waiting", "none"),
    MessageState.CLAIMED: ("Being handed over", "half"),
    MessageState.HANDING_OVER: ("Being handed over", "half"),
    MessageState.SENT: ("Sent", "ok"),
    MessageState.UNKNOWN: ("Unknown", "late"),
    MessageState.FAILED: ("Failed", "late"),
    MessageState.CANCELLED: ("Not sent", "none"),
    MessageState.HELD: ("Held", "half"),
}
_ENDS = {
    "sent": "accepted",
    "later": "not now",
    "failed": "refused",
    "unknown": "no answer after the last byte",
    "released": "released",
    "settled": "settled",
    "late": "answered after its lease",
}


@dataclass(frozen=True)
class Mail:
    headers: Sequence[tuple[str, str]]
    text: str
    html: str


def opened(raw: bytes) -> Mail:
    """A mail of ours, taken apart. Whatever cannot be read stands as it is: it is shown, never followed."""
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    headers = [(name, " ".join(str(letter[name]).split())) for name in _SHOWN_HEADERS if letter[name] is not None]
    return Mail(headers, _part(letter, "plain"), _part(letter, "html"))


def _part(letter: EmailMessage, kind: str) -> str:
    found = letter.get_body((kind,))
    if found is None:
        return ""
    content = found.get_content()
    return content if isinstance(content, str) else ""


# --- lists --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BackRow:
    """A mail that came back, and whose it was."""

    row: Row
    when: str
    kind: str
    said: str


@dataclass(frozen=True)
class ListPage:
    heading: str
    lede: str
    show: str
    kind: str
    filters: Sequence[Choice]
    domain: str
    when: str
    rows: Sequence[Row]
    back: Sequence[BackRow]
    further: Link | None
    home: str


_ORDER = {
    MessageState.QUEUED: ("Waiting, in the order in which they go", "Goes"),
    MessageState.CLAIMED: ("In a worker’s hands", "Due"),
    MessageState.HANDING_OVER: ("Being handed over at this moment", "Due"),
    MessageState.SENT: ("Sent", "Sent"),
    MessageState.UNKNOWN: ("Unknown: they may or may not have arrived", "Due"),
    MessageState.FAILED: ("Failed: certainly not accepted", "Due"),
    MessageState.CANCELLED: ("Called back before they went", "Due"),
    MessageState.HELD: ("Held for a person", "Due"),
}


def state_page(
    found: Sequence[Letter],
    state: MessageState,
    chosen: Filter,
    *,
    waves: Sequence[tuple[int, str]],
    moment: Moment,
    most: int,
    waits: Mapping[int, Waits],
) -> ListPage:
    shown = found[:most]
    further = None
    if len(found) > most:
        further = Link("Further", chosen.path("/delivery/messages", show=state, after=_key(place_of(shown[-1]))))
    heading, when = _ORDER[state]
    return ListPage(
        heading=heading,
        lede=_narrowed(chosen, waves, windowed=state is MessageState.SENT),
        show=state,
        kind="",
        filters=_filters(chosen, waves, state),
        domain=chosen.domain or "",
        when=when,
        rows=[row(one, moment, waits=waits.get(one.id)) for one in shown],
        back=[],
        further=further,
        home=chosen.path("/delivery"),
    )


def back_page(
    found: Sequence[Back],
    chosen: Filter,
    *,
    kind: InboundKind | None,
    waves: Sequence[tuple[int, str]],
    moment: Moment,
    most: int,
) -> ListPage:
    shown, further = found[:most], None
    if len(found) > most:
        key = _key(Place(shown[-1].id, shown[-1].at))
        further = Link("Further", chosen.path("/delivery/messages", show="back", kind=kind, after=key))
    return ListPage(
        heading=f"Came back: {BOUNCES[kind][0].lower()}" if kind is not None and kind in BOUNCES else "Came back",
        lede=_narrowed(chosen, waves, windowed=True),
        show="back",
        kind=kind or "",
        filters=_filters(chosen, waves, "back"),
        domain=chosen.domain or "",
        when="Came back",
        rows=[],
        back=[
            BackRow(
                row(one.letter, moment),
                moment(one.at),
                BOUNCES[one.kind][0],
                " ".join(part for part in (one.code, one.quote) if part) or view.DASH,
            )
            for one in shown
            if one.letter is not None and one.kind in BOUNCES
        ],
        further=further,
        home=chosen.path("/delivery"),
    )


def _narrowed(chosen: Filter, waves: Sequence[tuple[int, str]], *, windowed: bool) -> str:
    told = []
    if chosen.wave_id is not None:
        told.append(f"of {dict(waves).get(chosen.wave_id, f'wave {chosen.wave_id}')}")
    if chosen.domain is not None:
        told.append(f"to addresses at {chosen.domain}")
    if windowed:
        told.append("in the last 24 hours" if chosen.days == 1 else f"in the last {chosen.days} days")
    return f"Only those {', '.join(told)}." if told else "All of them, however old."


def _filters(chosen: Filter, waves: Sequence[tuple[int, str]], show: str) -> list[Choice]:
    states = [(str(state), words[0].partition(":")[0].partition(",")[0]) for state, words in _ORDER.items()]
    days = [(str(days), "24 hours" if days == 1 else f"{days} days") for days in DAYS]
    return [
        choice("show", "Show", [*states, ("back", "Came back")], show),
        choice(
            "wave", "Wave", [("", "all waves"), *((str(id), label) for id, label in waves)], str(chosen.wave_id or "")
        ),
        choice("days", "In the last", days, str(chosen.days)),
    ]


def _key(place: Place) -> str:
    moment = "" if place.at is None else place.at.astimezone(UTC).isoformat()
    return f"{place.id}~{moment}"


def place(key: str) -> Place | None:
    """Where a list goes on, from its address; None where that makes no sense."""
    number, _, moment = key.partition("~")
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        return None
    try:
        at = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return Place(int(number), at if at is None or at.tzinfo else at.replace(tzinfo=UTC))


# --- one ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """One thing that happened to it."""

    when: str
    what: str
    said: str


@dataclass(frozen=True)
class MessagePage:
    id: int
    heading: str
    lede: str
    state: str
    glyph: str
    contact_id: str | None
    contact: str
    account_id: str | None
    account: str
    facts: Sequence[tuple[str, str]]
    events: Sequence[Event]
    may_settle: bool
    may_release: bool
    same: str
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    no_text: str


def page(
    story: Story, raw: bytes | None, *, may_settle: bool, moment: Moment, waits: Waits | None = None
) -> MessagePage:
    """`raw` is the whole mail; its links are struck out before it is shown, also of one that is not sent yet."""
    letter = story.letter
    mail = opened(mime.masked(raw)) if raw is not None else Mail([], "", "")
    state, glyph = STATES[letter.state]
    stuck = letter.state in (MessageState.UNKNOWN, MessageState.FAILED, MessageState.HELD)
    return MessagePage(
        id=letter.id,
        heading=letter.subject,
        lede=_lede(letter, moment, waits),
        state=state,
        glyph=glyph,
        contact_id=letter.contact_id,
        contact=letter.contact_name or letter.address,
        account_id=letter.account_id,
        account=letter.account_name or "",
        facts=_facts(story, moment),
        events=_events(story, moment),
        may_settle=may_settle and letter.state is MessageState.UNKNOWN,
        may_release=may_settle and stuck and raw is not None,
        same=_same(letter, raw),
        headers=mail.headers,
        text=mail.text,
        html=mail.html,
        no_text="" if raw is not None else "Its text is not kept any more, or could not be made.",
    )


def _lede(letter: Letter, moment: Moment, waits: Waits | None) -> str:
    match letter.state:
        case MessageState.SENT:
            return f"The mail server took it on {moment(letter.sent_at)}."
        case MessageState.UNKNOWN:
            return (
                "The connection broke between the last byte and the server’s answer: nobody can know whether it"
                " arrived. It is never repeated by itself."
            )
        case MessageState.QUEUED:
            if held_up := why(waits):
                return (
                    f"{held_up}. It goes in the person’s next window after that, unless the next step is due by then."
                )
            if letter.attempts:
                return f"It was put off, and is tried again on {moment(letter.next_attempt_at)}, by day where they are."
            return f"It goes on {moment(letter.next_attempt_at)}, or as soon as the mail server takes it."
        case MessageState.FAILED:
            return "It was certainly not accepted, and is not tried again by itself."
        case MessageState.HELD:
            return "It waits for a person."
        case MessageState.CANCELLED:
            return "It was called back before it went."
    return "It is being handed over at this moment."


def _same(letter: Letter, raw: bytes | None) -> str:
    if raw is None or letter.state is MessageState.SENT:
        return ""
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return (
        f"Frozen when it was written: {view.number(len(raw))} bytes, SHA-256 {digest}… Each attempt sends exactly these"
        " bytes, with the same Message-ID and Date; a release does too. Links are struck out here only."
    )


def _facts(story: Story, moment: Moment) -> list[tuple[str, str]]:
    letter = story.letter
    facts = [("What", what(letter)), ("To", letter.address)]
    if letter.recipient != letter.address:
        facts.append(("Sent instead to", f"{letter.recipient} (test mode)"))
    if story.wave:
        facts.append(("Wave", story.wave))
    facts += [
        ("Due", moment(letter.due_at)),
        ("Written", moment(letter.created_at)),
        ("Tries", view.number(letter.attempts)),
    ]
    said = " ".join(str(part) for part in (letter.reply_code, letter.reply_text) if part is not None)
    if said:
        facts.append(("Last words", said))
    if letter.bounced_at is not None:
        facts.append(("Came back", f"{moment(letter.bounced_at)}, {letter.bounce_code or 'no code'}"))
    return [*facts, ("Message-ID", letter.message_id)]


def _events(story: Story, moment: Moment) -> list[Event]:
    """Tries, what came back and what the provider said, in their order."""
    found = [
        (
            one.at,
            f"{_ENDS.get(one.outcome, one.outcome.replace('_', ' '))}{f' by {one.relay}' if one.relay else ''}"
            + (f" ({one.worker})" if one.outcome in ("released", "settled") else ""),
            " ".join(str(part) for part in (one.code, one.text) if part is not None),
        )
        for one in story.tries
    ]
    found += [
        (
            one.at,
            f"came back: {(BOUNCES[one.kind][0] if one.kind in BOUNCES else str(one.kind).replace('_', ' ')).lower()}"
            + (f" (by {one.source})" if one.source else ""),
            " ".join(part for part in (one.code, one.quote) if part),
        )
        for one in story.back
    ]
    found += [
        (one.at, f"{one.provider} said: {(one.kind or 'not read yet').replace('_', ' ')}", one.trouble or "")
        for one in story.told
    ]
    return [Event(moment(at), happened, said) for at, happened, said in sorted(found, key=lambda one: one[0])]
