"""A nudge as its page shows it: the mail, the words to change, what the own mail program gets, or why not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from voc.campaigns.model import HeadsUpText
from voc.campaigns.run import Nudge
from voc.delivery.model import Party
from voc.delivery.run.nudging import Prepared
from voc.web import view


@dataclass(frozen=True)
class Page:
    invitation_id: int
    wave_id: int
    wave: str
    heading: str
    name: str
    contact_id: str
    account: str
    account_id: str
    why_not: str | None
    facts: Sequence[tuple[str, str]]
    mail: str
    subject: str
    body: str
    errors: dict[str, str]
    own_mail: str  # opens the own mail program
    longest_subject: int
    longest_body: int


def page(
    found: Prepared,
    *,
    sender: Party,
    reply_to: Party | None,
    typed: HeadsUpText | None,
    errors: dict[str, str],
    now: datetime,
    test_address: str | None,
    longest: tuple[int, int],
) -> Page:
    """`typed` is what somebody wrote; `test_address` is where the mail goes in test mode."""
    letter, rendered = found.letter, found.rendered
    name = " ".join(part for part in (letter.first_name, letter.last_name) if part) or letter.address
    text = typed or found.text or HeadsUpText("", "")
    facts = [
        ("From", f"{sender.name} <{sender.address}>"),
        ("To", f"{name} <{letter.address}>"),
        ("There", f"{view.moment(now, ZoneInfo(letter.time_zone))} ({letter.time_zone})"),
    ]
    if reply_to is not None:
        facts.insert(1, ("Replies to", f"{reply_to.name} <{reply_to.address}>"))
    if test_address is not None:
        facts.append(("Test mode", f"goes to {test_address} instead"))
    return Page(
        invitation_id=letter.invitation_id,
        wave_id=letter.wave_id,
        wave=letter.label,
        heading=f"A word in person to {name}",
        name=name,
        contact_id=letter.contact_id,
        account=letter.account_name,
        account_id=letter.account_id,
        why_not=found.why_not,
        facts=facts,
        mail=f"Subject: {rendered.subject}\n\n{rendered.text}" if rendered is not None else "",
        subject=text.subject,
        body=text.body,
        errors=errors,
        own_mail=_own_mail(letter.address, text),
        longest_subject=longest[0],
        longest_body=longest[1],
    )


def _own_mail(address: str, text: HeadsUpText) -> str:
    return f"mailto:{quote(address, safe='@')}?subject={quote(text.subject, safe='')}&body={quote(text.body, safe='')}"


def sent(done: Nudge) -> str:
    return f"Your mail to {done.address} goes out with the next sending. {_next(done)}".strip()


def by_hand(done: Nudge) -> str:
    return f"It counts that you wrote to {done.address} from your own mail. {_next(done)}".strip()


def _next(done: Nudge) -> str:
    if done.no_next:
        return "No reminder follows: it would come too near to the closing date."
    return f"The next reminder moves to {view.day(done.next_on)}." if done.next_on is not None else ""
