"""A message in a table: what it is, and what the server said."""

from collections.abc import Mapping

from voc.base.words import MessageKind
from voc.delivery.store.letters import Letter
from voc.delivery.store.waiting import Because, Waits
from voc.web import view
from voc.web.delivery_view.parts import Moment, Row
from voc.web.rehearsal_words import STEPS

KINDS: Mapping[MessageKind, str] = {
    MessageKind.CHASE: "questionnaire",
    MessageKind.DIGEST: "weekly mail to a CSM",
    MessageKind.FOLLOW_UP: "follow-up",
    MessageKind.NUDGE: "personal nudge",
    MessageKind.THANKS: "thanks",
    MessageKind.TEST: "test",
    MessageKind.ALERT: "alert",
    MessageKind.THANKS: "thanks for an answer",
}


_WAITS: Mapping[Because, str] = {
    Because.SENDING_PAUSED: "Waits: all sending is paused",
    Because.TEST_MODE: "Waits: test mode is on, and it is for a real person",
    Because.WAVE_PAUSED: "Waits: its wave is paused",
    Because.ESCALATED: "Waits: the account is under escalation",
    Because.EXCLUDED: "Waits: they are not to be asked for a while",
}


def why(waits: Waits | None) -> str:
    """Why it does not go, in a few words; nothing where only its moment is to come."""
    words = "" if waits is None else _WAITS.get(waits.because, "")
    if words and waits is not None and waits.until is not None:
        words += f", until {waits.until.day} {waits.until:%B %Y}"
    return words


def row(letter: Letter, moment: Moment, *, text: str = "", waits: Waits | None = None) -> Row:
    """A message in a table. Why it waits, or the server's words, with its code."""
    words = " ".join(str(part) for part in (letter.reply_code, letter.reply_text) if part is not None)
    said = ". ".join(part for part in (why(waits), words) if part)
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
    return f"{KINDS[letter.kind]}{step}: {letter.subject}"
