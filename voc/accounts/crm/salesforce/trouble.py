"""What Salesforce says is wrong, by its own codes. Its messages are never repeated: they hold queries and values."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import msgspec

from voc.accounts.crm.answers import (
    GIVE_UP,
    MISCONFIGURED,
    PAUSE,
    REFRESH,
    RETRY,
    Answer,
    ReadTrouble,
    Trouble,
    TroubleKind,
    standard_trouble,
)

CHECK = "Press Check under Settings > CRM: it shows which fields and rights are missing"
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,60}", re.ASCII)

# code -> what to do, in plain words, how to mend it
_MEANING: dict[str, tuple[TroubleKind, str, str]] = {
    "INVALID_SESSION_ID": (REFRESH, "the session has ended", ""),
    "INVALID_AUTH_HEADER": (REFRESH, "the session has ended", ""),
    "SERVER_UNAVAILABLE": (RETRY, "it is busy", ""),
    "QUERY_TIMEOUT": (RETRY, "the query took longer than two minutes", ""),
    "UNABLE_TO_LOCK_ROW": (RETRY, "somebody else is writing the same record", ""),
    "REQUEST_RUNNING_TOO_LONG": (RETRY, "it took too long", ""),
    "INVALID_FIELD": (MISCONFIGURED, "a mapped field is not there, or this user may not see it", CHECK),
    "INVALID_TYPE": (MISCONFIGURED, "a mapped object is not there, or this user may not see it", CHECK),
    "API_DISABLED_FOR_ORG": (MISCONFIGURED, "the API is off", "Give the user the permission API Enabled"),
    "API_CURRENTLY_DISABLED": (MISCONFIGURED, "the API is off", "Give the user the permission API Enabled"),
    "INSUFFICIENT_ACCESS": (MISCONFIGURED, "this user may not do that", CHECK),
    "INSUFFICIENT_ACCESS_OR_READONLY": (MISCONFIGURED, "this user may not do that", CHECK),
}
_LIMITS = ("REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED", "EXCEEDEDQUOTA")


class _Error(msgspec.Struct):
    errorCode: str = ""  # noqa: N815 - Salesforce's name
    message: str = ""


_errors = msgspec.json.Decoder(list[_Error])


def codes(answer: Answer) -> list[str]:
    """The codes of an error, which Salesforce writes as a list; [] where it is no such list."""
    return [error.errorCode for error in _read(answer)]


def _read(answer: Answer) -> list[_Error]:
    try:
        return [error for error in _errors.decode(answer.content) if _CODE.fullmatch(error.errorCode)]
    except msgspec.MsgspecError:
        return []


def reader(now: Callable[[], datetime]) -> ReadTrouble:
    """The troubles of the data API."""

    def read_trouble(answer: Answer) -> Trouble | None:
        if answer.status < 300:
            return None
        for error in _read(answer):
            if error.errorCode in _LIMITS:
                return _limit(error, now())
            if error.errorCode in _MEANING:
                kind, words, mend = _MEANING[error.errorCode]
                return Trouble(kind, f"answered {error.errorCode}: {words}", mend=mend, untouched=True)
        standard = standard_trouble(answer)
        said = codes(answer)
        if said and standard is not None and standard.kind in (GIVE_UP, MISCONFIGURED):
            return Trouble(standard.kind, f"answered {answer.status} {said[0]}", mend=CHECK)
        return standard

    return read_trouble


def _limit(error: _Error, now: datetime) -> Trouble:
    """The day's requests are used up, told without a Retry-After; or too many long ones run at this moment."""
    if "concurrent" in error.message.lower():
        return Trouble(RETRY, "runs too many long requests at once", wait_seconds=30, untouched=True)
    return Trouble(PAUSE, "has no requests left for today", at=next_midnight(now), untouched=True)


def next_midnight(now: datetime) -> datetime:
    """Of UTC: when a day's allowance begins anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


# error of the token endpoint -> what is wrong, how to mend it
_TOKEN: dict[str, tuple[str, str]] = {
    "invalid_client_id": ("does not know this client id", "Copy the Consumer Key of the External Client App"),
    "invalid_client": ("does not accept the client id and secret", "Copy both from the External Client App again"),
    "invalid_grant": (
        "does not let this user in",
        "In the External Client App: set the user to run as (client credentials), or pre-authorise the user "
        "and upload the certificate that belongs to the private key (JWT)",
    ),
    "inactive_user": ("says that the user is not active", "Activate the user, or name another one"),
    "inactive_org": ("says that the org is not active", "Ask Salesforce"),
    "unsupported_grant_type": (
        "does not offer this way to sign in there",
        "Write the My Domain URL as its address, and switch the flow on in the External Client App",
    ),
    "invalid_app_access": ("does not let this user use the app", "Pre-authorise the user's permission set in the app"),
    "unauthorized_client": ("does not let this app in", "Switch the flow on in the External Client App"),
}


class _Refused(msgspec.Struct):
    error: str = ""


_refused = msgspec.json.Decoder(_Refused)


def token_trouble(answer: Answer) -> Trouble | None:
    """Why the token endpoint gives no token; None for what it does not explain."""
    if answer.status not in (400, 401, 403):
        return None
    try:
        error = _refused.decode(answer.content).error
    except msgspec.MsgspecError:
        return None
    if error not in _TOKEN:
        return None
    words, mend = _TOKEN[error]
    return Trouble(MISCONFIGURED, words, mend=mend)
