"""How delivery stands, as its page says it: the heading is what a person should know first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.base.words import InboundKind, MessageKind, MessageState
from voc.delivery.model import Health, Trouble
from voc.web import view
from voc.web.parts import Card, Link
from voc.web.rehearsal_view import STEPS

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
class Stuck:
    """A message that a person should look at."""

    id: int
    address: str
    what: str
    when: str
    said: str


@dataclass(frozen=True)
class Bounced:
    name: str
    count: int
    follows: str


@dataclass(frozen=True)
class DeliveryPage:
    heading: str
    lede: str
    may_change: bool
    paused: bool
    waiting_words: str
    figures: Sequence[Card]
    unknown: Sequence[Stuck]
    unknown_heading: str
    failed: Sequence[Stuck]
    failed_heading: str
    bounces: Sequence[Bounced]
    bounces_heading: str


def page(
    health: Health, troubles: Sequence[Trouble], *, may_change: bool, moment: Callable[[datetime | None], str]
) -> DeliveryPage:
    """`moment` writes a moment in the company's zone."""
    by_state = {state: [_stuck(one, moment) for one in troubles if one.state == state] for state in MessageState}
    failed = [*by_state[MessageState.FAILED], *by_state[MessageState.HELD]]
    bounced = sum(health.bounced.values())
    return DeliveryPage(
        heading=_heading(health),
        lede=_lede(health, moment),
        may_change=may_change,
        paused=health.paused_because is not None,
        waiting_words=f"{view.count(health.waiting, 'message')} would go out, overdue ones in their next window.",
        figures=_cards(health, bounced),
        unknown=by_state[MessageState.UNKNOWN],
        unknown_heading=f"Unknown: {view.count(health.unknown, 'message')} may or may not have arrived",
        failed=failed,
        failed_heading=f"Failed or held: {view.count(len(failed), 'message')}",
        bounces=[
            Bounced(_BOUNCES[kind][0], count, _BOUNCES[kind][1])
            for kind, count in sorted(health.bounced.items(), key=lambda item: (-item[1], item[0]))
            if count and kind in _BOUNCES
        ],
        bounces_heading=f"Came back: {view.count(bounced, 'message')}",
    )


def _heading(health: Health) -> str:
    if health.paused_because is not None:
        return f"Sending is paused, {view.count(health.waiting, 'message')} wait"
    if health.relay_closed_until is not None:
        return f"The mail server does not take mail, {view.count(health.waiting, 'message')} wait"
    if health.unknown:
        whom = "it" if health.unknown == 1 else "they"
        return f"{view.count(health.unknown, 'message')} to settle: nobody can know whether {whom} arrived"
    if health.failed or health.held:
        return f"Mail goes out; {view.count(health.failed + health.held, 'message')} did not"
    return "Mail goes out, nothing waits for a person"


def _lede(health: Health, moment: Callable[[datetime | None], str]) -> str:
    told = []
    if health.paused_because is not None:
        told.append(f"Paused because {health.paused_because.rstrip('.')}.")
    if health.relay_closed_until is not None:
        told.append(f"{health.relay_reason or 'It does not answer'}. Tried again {moment(health.relay_closed_until)}.")
    if health.test_address is not None or health.waiting_for_test_address:
        where = health.test_address or "nowhere, because no test address is set"
        told.append(f"Test mode: every mail goes to {where}.")
    if health.overdue_since is not None:
        told.append(f"The oldest that could go now has been due since {moment(health.overdue_since)}.")
    told.append("Nothing is marked sent without the server’s word that it has it.")
    return " ".join(told)


def _cards(health: Health, bounced: int) -> list[Card]:
    handed = health.sent + health.unknown + health.failed
    of_handed = f"of {view.number(handed)} handed over"
    return [
        Card("Waiting", view.number(health.waiting), "in the outbox", note=_in_hand(health)),
        Card("Sent", view.number(health.sent), of_handed),
        Card("Unknown", view.number(health.unknown), of_handed, links=_jump(health.unknown, "#h-unknown")),
        Card("Failed", view.number(health.failed), of_handed, links=_jump(health.failed, "#h-failed")),
        Card(
            "Came back", view.number(bounced), f"of {view.number(health.sent)} sent", links=_jump(bounced, "#h-bounce")
        ),
        Card("Held", view.number(health.held), "for a person", links=_jump(health.held, "#h-failed")),
    ]


def _in_hand(health: Health) -> str:
    return f"{view.number(health.in_hand)} being handed over" if health.in_hand else ""


def _jump(count: int, place: str) -> list[Link]:
    return [Link(f"The {view.number(count)}", place)] if count else []


def _stuck(trouble: Trouble, moment: Callable[[datetime | None], str]) -> Stuck:
    step = f", {STEPS[trouble.step]}" if trouble.step else ""
    said = " ".join(str(part) for part in (trouble.reply_code, trouble.reply_text) if part is not None)
    return Stuck(
        trouble.id,
        trouble.address,
        f"{_KINDS[trouble.kind]}{step}: {trouble.subject}",
        moment(trouble.due_at),
        said or view.DASH,
    )
