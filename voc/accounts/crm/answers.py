"""What a CRM answered, and what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec


@dataclass(frozen=True)
class Answer:
    """`headers` are found in any case; `value` is the body as `reads` asked for it."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    value: Any = field(default=None, repr=False)

    def json(self, type: Any = Any) -> Any:
        """The body as JSON of that type. Raises msgspec.MsgspecError; `reads=` repeats such an answer instead."""
        return decoder(type).decode(self.content)


@cache
def decoder(type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type)


class TroubleKind(StrEnum):
    RETRY = "retry"  # in a moment
    REFRESH = "refresh"  # after signing in again, once
    PAUSE = "pause"  # much later: this run ends here
    GIVE_UP = "give_up"
    MISCONFIGURED = "misconfigured"


RETRY, REFRESH, PAUSE = TroubleKind.RETRY, TroubleKind.REFRESH, TroubleKind.PAUSE
GIVE_UP, MISCONFIGURED = TroubleKind.GIVE_UP, TroubleKind.MISCONFIGURED


@dataclass(frozen=True)
class Trouble:
    """`reason` follows "host: GET /path ", such as "answered 500": never a body or a secret.

    `wait_seconds` or `at` is when the CRM says it may work again. `untouched`: the CRM has done
    nothing, so that even a write that must not happen twice may be sent again.
    """

    kind: TroubleKind
    reason: str
    wait_seconds: float | None = None
    at: datetime | None = None
    mend: str = ""
    untouched: bool = False


ReadTrouble = Callable[[Answer], Trouble | None]


def standard_trouble(answer: Answer) -> Trouble | None:
    """What HTTP itself says; a connector looks for its CRM's own words first and asks this for the rest."""
    status, said = answer.status, f"answered {answer.status}"
    if status < 300:
        return None
    if status < 400:
        return Trouble(MISCONFIGURED, f"sends us on to {_elsewhere(answer)}", mend="Write that as its address")
    if status == 401:
        return Trouble(REFRESH, said, untouched=True)
    if status == 403:
        return Trouble(MISCONFIGURED, said, mend="Give the user behind the credentials the right to do this")
    if status in (408, 425, 429) or status >= 500:
        seconds, at = retry_after(answer.headers)
        return Trouble(RETRY, said, wait_seconds=seconds, at=at, untouched=status == 429)
    return Trouble(GIVE_UP, said)


def retry_after(headers: Mapping[str, str]) -> tuple[float | None, datetime | None]:
    """The header Retry-After: seconds, or a moment, or neither."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text), None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None, None
    return None, at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _elsewhere(answer: Answer) -> str:
    try:
        return urlsplit(answer.headers.get("location", "")).hostname or "another path"
    except ValueError:
        return "another place"
