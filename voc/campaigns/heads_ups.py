"""What a CSM may do with a heads-up before it goes: other words, hold it, send it now, or by hand.

    left alone   it goes by itself, so many working days before the invitation
    held         it does not go; the invitation comes on the day on which it would have come anyway
    now          in the person's window if that is open, else when it next opens; the invitation follows from there
    by hand      the CSM wrote from their own mail: it counts as sent, the invitation follows from there

A hold plans the invitation at once, so it ends by itself when that is due, and a claim has nothing to look up.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime

from voc.base.errors import Refused
from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import Chased, Dropped, HeadsUpText, Plan, Step

LONGEST_SUBJECT = 120  # more is cut by every mail program
LONGEST_BODY = 3_000
# Control characters, and those that turn the direction of what follows: a subject that reads backwards.
_REFUSED = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def own_words(subject: str, body: str) -> HeadsUpText:
    """What was typed, as it goes into the mail: plain text. Refused, with the field and what to write instead."""
    subject, body = subject.strip(), body.replace("\r\n", "\n").replace("\r", "\n").strip()
    _check(subject, "subject", longest=LONGEST_SUBJECT, what="a subject of one line")
    _check(body.replace("\n", " ").replace("\t", " "), "body", longest=LONGEST_BODY, what="the mail")
    return HeadsUpText(subject, body)


def _check(text: str, field: str, *, longest: int, what: str) -> None:
    if not text:
        raise Refused(f"Write {what}: an empty one is not sent", field=field)
    if len(text) > longest:
        raise Refused(f"Write {what} of at most {longest:,} characters; this has {len(text):,}", field=field)
    if any(unicodedata.category(one) in _REFUSED or one in _TURNING for one in text):
        raise Refused("It has a line break or a sign that no mail may carry there. Type it anew", field=field)
    if re.search(r"\{\{|\{%", text):
        raise Refused("Your own words are plain text: write the name itself instead of {{ ... }}", field=field)


def names_somebody(text: HeadsUpText, first_names: Collection[str]) -> str | None:
    """The first name in the text that not everybody has who would get it; the greeting names each of them anyway."""
    words = {word.casefold() for word in re.findall(r"\w+", f"{text.subject} {text.body}")}
    named = sorted({name for name in first_names if name and name.casefold() in words})
    return named[0] if named and len(set(first_names)) > 1 else None


def without(rules: Rules, chased: Chased, planned: Plan) -> Plan | Dropped | None:
    """The invitation as it comes when this heads-up is not sent: as if it had been on its day."""
    return chase.next_step(rules, chased, after=Step.HEADS_UP, sent_at=planned.at)


def with_again(rules: Rules, chased: Chased, *, meant_on: date, now: datetime) -> Plan | Dropped:
    """The heads-up that was held, on its day if that is still to come, else in the next window."""
    on, _at = rules.calendar.next_after(now, chased.time_zone, chased.country, key=f"{chased.key}:{Step.HEADS_UP}")
    return chase.plan(rules, chased, Step.HEADS_UP, from_on=max(on, meant_on))


def at_once(rules: Rules, chased: Chased, *, now: datetime) -> Plan | Dropped:
    """Now if it is a working day there and the window is open; else the window that opens next."""
    today = local_day(now, chased.time_zone)
    window = rules.calendar.window(today, chased.time_zone)
    if window is not None and rules.calendar.is_working(today, chased.country) and window[0] <= now < window[1]:
        return Plan(Step.HEADS_UP, today, now)
    return with_again(rules, chased, meant_on=today, now=now)
