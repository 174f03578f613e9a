"""Mailgun: an HMAC over a timestamp and a token, which does not cover what is said.

So a signature that was overheard could carry another body. Therefore: five minutes, each token once
(it is the event's id: Mailgun's own is unique for a day only), and what is said counts only where it
names a message id of ours, which is random. https://documentation.mailgun.com (Webhooks, Routes).
"""

import hmac
from datetime import datetime, timedelta
from typing import Any

from voc.delivery.providers import reading
from voc.delivery.providers.model import MIB, Call, Event, EventKind, Keys, Piece, Report, Says, WhyNot
from voc.delivery.rules import enhanced_code

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
TYPES = _FORMS | {"application/json"}
LARGEST = 30 * MIB
WINDOW = timedelta(seconds=300)
_KINDS = {
    "accepted": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "failed": EventKind.BOUNCED,
    "rejected": EventKind.BOUNCED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
}


def glance(call: Call, keys: Keys) -> WhyNot | None:
    return reading.wrong_type(call, TYPES) if keys.keys else WhyNot.NO_KEY


def verify(call: Call, keys: Keys, now: datetime) -> WhyNot | None:
    if (why := glance(call, keys)) is not None:
        return why
    found = _signed(call)
    if found is None:
        return WhyNot.UNREADABLE
    timestamp, token, given = found
    if not (timestamp and token and given):
        return WhyNot.UNSIGNED
    signed = (timestamp + token).encode("utf-8", "surrogatepass")
    if not any(reading.alike(given, hmac.digest(key.encode(), signed, "sha256").hex()) for key in keys.keys):
        return WhyNot.FORGED
    return WhyNot.OLD if reading.too_old(timestamp, window=WINDOW, now=now) else None


def _signed(call: Call) -> tuple[str, str, str] | None:
    names = ("timestamp", "token", "signature")
    if call.content_type in _FORMS:
        fields = reading.form(call)
        first, second, third = (reading.named(fields, name) for name in names)
    else:
        body = reading.decoded(call.body)
        if not isinstance(body, dict):
            return None
        first, second, third = (reading.text(body, "signature", name) for name in names)
    return first, second, third


def pieces(call: Call) -> list[Piece]:
    _timestamp, token, _given = _signed(call) or ("", "", "")
    event = reading.digest(token.encode("utf-8", "surrogatepass"))
    if call.content_type in _FORMS:
        fields = reading.form(call)
        return [reading.mail(event, _mime(fields), to=[reading.named(fields, "recipient")])]
    body = reading.decoded(call.body)
    return [Piece(event, call.body)] if isinstance(reading.inner(body, "event-data"), dict) else []


def _mime(fields: dict[str, bytes]) -> bytes:
    """Whole where the route's address ends with `mime`; else put together from what Mailgun took apart."""
    if "body-mime" in fields:
        return fields["body-mime"]
    listed = reading.decoded(fields.get("message-headers", b""))
    headers = [(str(one[0]), str(one[1])) for one in listed or [] if isinstance(one, list) and len(one) == 2]
    return reading.rebuilt(headers, reading.named(fields, "body-plain"))


def read(raw: bytes) -> Event:
    event = reading.inner(reading.decoded(raw), "event-data")
    status = reading.inner(event, "delivery-status")
    said = " ".join(filter(None, (reading.text(status, "message"), reading.text(status, "description"))))
    code = reading.text(status, "enhanced-code") or enhanced_code(said) or ""
    spoken = f"{reading.text(status, 'code')} {said}".strip()
    kind = _KINDS.get(reading.text(event, "event"), EventKind.IGNORED)
    passing = reading.text(event, "severity") == "temporary"
    return Event(
        EventKind.DEFERRED if kind is EventKind.BOUNCED and passing else kind,
        message_ids=reading.message_ids(reading.text(event, "message", "headers", "message-id")),
        reports=(
            Report(reading.text(event, "recipient"), code or None, spoken or reading.text(event, "reject", "reason")),
        ),
        says=_says(event),
        at=reading.moment(reading.text(event, "timestamp")),
    )


def _says(event: Any) -> Says | None:
    # An address on Mailgun's list of bounces is tried no more; it was put there when it bounced for good.
    if reading.text(event, "reason") == "suppress-bounce":
        return Says.GONE
    return Says.REPUTATION if reading.text(event, "reason") in ("espblock", "suppress-complaint") else None
