"""Heads-ups as a CSM's pages show them: to whom, when there and here, in which words, and what can be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from voc.base.words import MessageState, Step, WaveState
from voc.campaigns.model import HeadsUpText
from voc.campaigns.store.heads_ups import ToGo
from voc.delivery.model import Party
from voc.delivery.render import Rendered
from voc.web import view
from voc.web.rehearsal_words import STEPS

Moment = Callable[[datetime | None], str]


@dataclass(frozen=True)
class Act:
    do: str
    words: str
    kind: str = ""


_HOLD = Act("hold", "Hold")
_NOW = Act("now", "Send now")
_BY_HAND = Act("by_hand", "I sent it from my own mail")
_LET_GO = Act("let_go", "Let it go")


@dataclass(frozen=True)
class Row:
    invitation_id: int
    name: str
    roles: str
    account: str
    account_id: str
    csm: str
    state: str
    glyph: str
    when: str  # where they are
    ours: str
    words: str
    said: Sequence[str]
    acts: Sequence[Act]


@dataclass(frozen=True)
class ListPage:
    heading: str
    lede: str
    crumb: str
    crumb_path: str
    rows: Sequence[Row]
    with_csm: bool


def list_page(
    found: Sequence[ToGo],
    told: dict[tuple[str, str], Sequence[str]],
    *,
    moment: Moment,
    with_csm: bool,
    crumb: tuple[str, str],
) -> ListPage:
    """`told` are the you-said lines by contact and account; `crumb` is where one came from: words and path."""
    open_ones = [one for one in found if one.open]
    return ListPage(
        heading=_heading(open_ones, found),
        lede=_lede(found),
        crumb=crumb[0],
        crumb_path=crumb[1],
        rows=[row(one, told.get((one.contact_id, one.account_id), ()), moment=moment) for one in found],
        with_csm=with_csm,
    )


def _heading(open_ones: Sequence[ToGo], found: Sequence[ToGo]) -> str:
    if not found:
        return "No heads-up is to go"
    if not open_ones:
        return "Every heads-up has gone or is held"
    first = min((one.due_at for one in open_ones if one.due_at is not None), default=None)
    when = f", the first on {view.day(first)}" if first is not None else ""
    return f"{view.count(len(open_ones), 'heads-up goes', 'heads-ups go')} out{when}"


def _lede(found: Sequence[ToGo]) -> str:
    if not found:
        return "They stand here from the launch of a wave until each person’s invitation has gone."
    return (
        "Each goes by itself in the CSM’s name, working days before the invitation. Write it anew, hold it, send it "
        "now, or say that you wrote from your own mail. A hold ends by itself: when the invitation is due it goes, "
        "without a heads-up."
    )


def row(one: ToGo, said: Sequence[str], *, moment: Moment) -> Row:
    state, glyph = standing(one)
    return Row(
        invitation_id=one.invitation_id,
        name=one.name,
        roles=view.listed([view.low_word(role) for role in one.roles]) or "no role",
        account=one.account_name,
        account_id=one.account_id,
        csm=one.csm_name or "no CSM",
        state=state,
        glyph=glyph,
        when=when(one),
        ours=moment(one.due_at),
        words=words(one),
        said=said,
        acts=acts(one),
    )


def standing(one: ToGo) -> tuple[str, str]:
    """What becomes of it, in words, with its glyph."""
    if one.said.own_mail_at is not None:
        return f"Sent by hand on {view.short_day(one.said.own_mail_at)}", "done"
    if one.said.held:
        return "Held", "none"
    if one.state is MessageState.SENT:
        return f"Sent on {view.short_day(one.sent_at)}", "done"
    if one.state is not None:
        return "On its way" if one.state is not MessageState.UNKNOWN else "Unknown whether it arrived", "half"
    if one.held_because:
        return "Waits for a person", "late"
    if one.wave_state is WaveState.PAUSED:
        return "The wave is paused", "none"
    return "Goes by itself", ""


def when(one: ToGo) -> str:
    """The moment where they are; with the heads-up out of the way, the invitation's."""
    if one.due_at is None:
        return view.DASH
    at = view.moment(one.due_at, ZoneInfo(one.time_zone))
    return at if one.next_step is Step.HEADS_UP else f"{STEPS[one.next_step or Step.INVITE]} {at}"


def words(one: ToGo) -> str:
    if one.said.text is None:
        return "the questionnaire’s"
    return f"own, by {one.said.changed_by}"


def acts(one: ToGo) -> list[Act]:
    if one.open:
        return [_HOLD, _NOW, _BY_HAND]
    if one.said.held and one.next_step is Step.INVITE:
        return [_LET_GO, _NOW, _BY_HAND]
    return []


@dataclass(frozen=True)
class OnePage:
    """One heads-up as it would arrive, the form for other words, and what can be done."""

    invitation_id: int
    wave_id: int
    wave: str
    heading: str
    state: str
    glyph: str
    facts: Sequence[tuple[str, str]]
    mail: str
    may_write: bool
    own: bool
    subject: str
    body: str
    errors: dict[str, str]
    colleagues: int
    account: str
    account_id: str
    name: str
    said: Sequence[str]
    acts: Sequence[Act]
    note: str
    longest_subject: int
    longest_body: int


def one_page(
    one: ToGo,
    rendered: Rendered,
    begin: HeadsUpText,
    *,
    sender: Party,
    reply_to: Party | None,
    said: Sequence[str],
    colleagues: int,
    moment: Moment,
    zone: str,
    invited_on: date | None,
    typed: HeadsUpText | None,
    errors: dict[str, str],
    longest: tuple[int, int],
) -> OnePage:
    """`begin` is what the form begins with; `typed` what came back refused; `colleagues` those who would get it too."""
    state, glyph = standing(one)
    text = typed or one.said.text or begin
    possible = acts(one)
    facts = [
        ("From", f"{sender.name} <{sender.address}>"),
        ("To", f"{one.name} <{one.address}>"),
        ("Goes", f"{when(one)}, where they are ({one.time_zone})"),
        ("That is", f"{moment(one.due_at)} here ({zone})"),
    ]
    if reply_to is not None:
        facts.insert(1, ("Replies to", f"{reply_to.name} <{reply_to.address}>"))
    if invited_on is not None and one.open:
        facts.append(("Invitation", f"{view.day(invited_on)}, if it goes as planned"))
    return OnePage(
        invitation_id=one.invitation_id,
        wave_id=one.wave_id,
        wave=one.wave,
        heading=f"Heads-up to {one.name}",
        state=state,
        glyph=glyph,
        facts=facts,
        mail=f"Subject: {rendered.subject}\n\n{rendered.text}",
        may_write=bool(possible),
        own=one.said.text is not None,
        subject=text.subject,
        body=text.body,
        errors=errors,
        colleagues=colleagues,
        account=one.account_name,
        account_id=one.account_id,
        name=one.name,
        said=said,
        acts=possible,
        note=_note(one),
        longest_subject=longest[0],
        longest_body=longest[1],
    )


def _note(one: ToGo) -> str:
    if one.said.held and one.next_step is Step.INVITE:
        return "It is held. When the invitation is due it goes, whether the heads-up has gone or not."
    if one.open:
        return (
            "Send now leaves at once if it is a working day there and the hours for mail are open, else when they next "
            "open; the invitation follows from that day. A mail of your own counts as one of the messages they may get."
        )
    return "It is out of your hands: it has gone, or is going just now."
