"""The line that tells a customer what came of their answer: what it may say, and a first draft of it. Pure.

Who reads it is decided when mail goes out (`voc.campaigns.you_said`). What is refused here is what
would tell a colleague whose answer it was.
"""

import re

from voc.base.errors import Refused
from voc.base.words import Cause
from voc.followup.model import FollowUp

LONGEST = 240
_OWN_WORDS = 5  # so many of their own words in a row are a quotation
_SAID = {
    Cause.SUPPORT: "support was slow to answer",
    Cause.RELIABILITY: "it must run more reliably",
    Cause.PRODUCT: "something was missing in the product",
    Cause.TRAINING: "your people needed more training",
    Cause.PRICE: "price and terms did not fit",
    Cause.ACCOUNT_TEAM: "you wanted more from our own people",
}


def draft(cause: Cause | None, outcome: str | None) -> str:
    """A line to begin with: "You said support was slow to answer. We did: ..." Empty without an outcome."""
    done = " ".join((outcome or "").split())
    if not done:
        return ""
    said = _SAID.get(cause) if cause is not None else None
    line = f"You said {said}. We did: {done}" if said else f"We did: {done}"
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def checked(line: str, *, colleagues: bool, case: FollowUp | None) -> str:
    """One line of plain text. Refused when it is empty or long, or shows colleagues whose answer it was."""
    text = " ".join(line.split())
    if not text:
        raise Refused("Write what was done, in one line for the customer", field="line")
    if len(text) > LONGEST:
        raise Refused(f"Write at most {LONGEST} characters; this has {len(text)}", field="line")
    if colleagues and case is not None:
        telling = tells_who(text, case)
        if telling is not None:
            raise Refused(
                f"“{telling}” would tell colleagues whose answer it was. Leave it out, or keep the line to that person",
                field="line",
            )
    return text


def tells_who(text: str, case: FollowUp) -> str | None:
    """What in the text points to the person the case is about: a name, a title, an address, words of their own."""
    low = text.casefold()
    words = set(re.findall(r"\w+", low))
    names: list[str] = re.findall(r"\w+", case.contact_name or "")
    for name in names:
        if len(name) > 1 and name.casefold() in words:
            return name
    for phrase in (case.contact_title, case.contact_address):
        if phrase and phrase.strip().casefold() in low:
            return phrase.strip()
    return _quoted(low, case.words)


def _quoted(low: str, said: str | None) -> str | None:
    mine = re.findall(r"\w+", low)
    theirs = re.findall(r"\w+", (said or "").casefold())
    runs = {tuple(theirs[at : at + _OWN_WORDS]) for at in range(len(theirs) - _OWN_WORDS + 1)}
    for at in range(len(mine) - _OWN_WORDS + 1):
        if tuple(mine[at : at + _OWN_WORDS]) in runs:
            return " ".join(mine[at : at + _OWN_WORDS])
    return None
