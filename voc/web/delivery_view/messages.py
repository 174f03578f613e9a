"""A message in a table: what it is, and what the server said."""

from collections.abc import Mapping

from voc.base.words import MessageKind
from voc.delivery.store.letters import Letter
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
    return f"{KINDS[letter.kind]}{step}: {letter.subject}"
