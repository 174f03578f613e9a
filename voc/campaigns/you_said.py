"""You said, we did: which lines on what came of an answer stand in whose mail.

Only somebody who answered before is told anything, and each line once: in the first invitation after
it was written. A person's own lines come first. A line about a colleague's answer is told only where
it cannot be seen whose it was; the decision page "What a colleague may read" says why.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

MOST = 2  # lines in one mail
OTHERS = 3  # with fewer colleagues who answered in that wave, a reader could tell who said it


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one answer. `contact_id` is None when nobody's answer led to it (a silent account)."""

    id: int
    account_id: str
    contact_id: str | None
    text: str
    colleagues: bool  # its writer allows others of the account to read it
    written_at: datetime
    wave_id: int | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody about to be invited; `last_asked_at` is when an earlier invitation went to them."""

    contact_id: str
    account_id: str
    answered: bool
    last_asked_at: datetime | None


Answered = Mapping[tuple[int, str], Collection[str]]
"""(wave, account) -> the contacts who answered."""


def lines_for(reader: Reader, lines: Sequence[Line], answered: Answered) -> tuple[Line, ...]:
    """At most `MOST` lines for this reader: own ones first, the latest first."""
    if not reader.answered:
        return ()
    told = [
        line
        for line in lines
        if line.account_id == reader.account_id
        and (reader.last_asked_at is None or line.written_at > reader.last_asked_at)
        and (line.contact_id == reader.contact_id or may_colleague_read(line, reader.contact_id, answered))
    ]
    own_first = sorted(
        told, key=lambda line: (line.contact_id != reader.contact_id, -line.written_at.timestamp(), -line.id)
    )
    return tuple(own_first[:MOST])


def may_colleague_read(line: Line, reader_id: str, answered: Answered) -> bool:
    """Whether somebody else of the account may be told, without learning whose answer it came from."""
    if not line.colleagues or line.confidential:
        return False
    if line.contact_id is None:
        return True
    others = set(answered.get((line.wave_id or 0, line.account_id), ())) - {reader_id}
    return len(others) >= OTHERS
