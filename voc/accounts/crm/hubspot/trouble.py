"""What HubSpot means by an answer that is none: whose limit is used up and for how long, which scope is missing."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from voc.accounts.crm.http import (
    GIVE_UP,
    MISCONFIGURED,
    PAUSE,
    RETRY,
    Answer,
    Trouble,
    retry_after,
    standard_trouble,
)

# Seconds that a spent allowance takes to fill again, by the 429's `policyName`.
_INTERVALS = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0, "MINUTELY": 60.0}
_SCOPES = "Add it in HubSpot: Development > Keys > Service keys, or Scopes of the private app"


class _Context(msgspec.Struct, rename="camel"):
    required_granular_scopes: list[str] = []


class _Detail(msgspec.Struct):
    message: str = ""
    context: _Context = msgspec.field(default_factory=_Context)


class _Refusal(msgspec.Struct, rename="camel"):
    category: str = ""
    policy_name: str = ""
    message: str = ""
    context: _Context = msgspec.field(default_factory=_Context)
    errors: list[_Detail] = []


def _refusal(answer: Answer) -> _Refusal:
    try:
        return msgspec.json.decode(answer.content, type=_Refusal, strict=False)
    except msgspec.MsgspecError:
        return _Refusal()


def scopes_wanted(answer: Answer) -> list[str]:
    """The scopes a 403 names, in HubSpot's words: `a or b` where any of them would do."""
    refusal = _refusal(answer)
    found = []
    for detail in (_Detail(refusal.message, refusal.context), *refusal.errors):
        if scopes := detail.context.required_granular_scopes:
            found += scopes if detail.message.startswith("All") else [" or ".join(scopes)]
    return list(dict.fromkeys(found))


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When HubSpot counts requests from nought again: midnight of the account's own zone."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(now.tzinfo)


def reader(
    now: Callable[[], datetime], zone: Callable[[], ZoneInfo], tell_lacking: Callable[[str], None] = lambda _: None
) -> Callable[[Answer], Trouble | None]:
    """Reads HubSpot's own words first and leaves the rest to HTTP's. `tell_lacking` hears of each missing scope."""

    def read(answer: Answer) -> Trouble | None:
        match answer.status:
            case 429:
                return _too_many(answer, now=now(), zone=zone())
            case 403 if wanted := scopes_wanted(answer):
                for scope in wanted:
                    tell_lacking(scope)
                return Trouble(MISCONFIGURED, f"lacks the scope {', '.join(wanted)}", mend=_SCOPES)
            case 403:
                return Trouble(MISCONFIGURED, "is not allowed with this token", mend=_SCOPES)
            case 414:
                return Trouble(GIVE_UP, "has more columns than fit into one request: map fewer")
            case 423:  # locked by another batch; HubSpot asks for two seconds at least
                return Trouble(RETRY, "is locked by another change", wait_seconds=2.0, untouched=True)
            case 477:  # the account is being moved; it can take a day
                seconds, at = retry_after(answer.headers)
                at = at or now() + timedelta(seconds=seconds or 3600)
                return Trouble(PAUSE, "is being moved to another data centre", at=at, untouched=True)
            case _:
                return standard_trouble(answer)

    return read


def _too_many(answer: Answer, *, now: datetime, zone: ZoneInfo) -> Trouble | None:
    policy = _refusal(answer).policy_name
    if policy == "DAILY":
        return Trouble(PAUSE, "has no requests left today", at=next_midnight(now, zone), untouched=True)
    seconds, at = retry_after(answer.headers)
    if seconds is not None or at is not None:
        return standard_trouble(answer)
    # All headers may be missing.
    interval = answer.headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    seconds = int(interval) / 1000 if interval.isdigit() else _INTERVALS.get(policy)
    return Trouble(RETRY, "answered 429", wait_seconds=seconds, untouched=True)
