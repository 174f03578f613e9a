"""Anything that can sign: a mail server's own hook, a script, a provider without a module here.

    X-Voc-Timestamp: 1772528400
    X-Voc-Signature: v1=<hex of HMAC-SHA256 over "<timestamp>.<body>" with the key>

The body is one event, an array of events (application/json), or a whole mail (message/rfc822). The
format is described for people in WEBHOOKS.md.
"""

import hmac
import re
from datetime import datetime, timedelta

from voc.delivery.providers import reading
from voc.delivery.providers.model import MIB, Call, Event, EventKind, Keys, Piece, Report, Says, WhyNot

TYPES = frozenset({"application/json", "message/rfc822"})
LARGEST = 26 * MIB
WINDOW = timedelta(seconds=300)
_KINDS = {
    kind.value: kind
    for kind in (
        EventKind.ACCEPTED,
        EventKind.DELIVERED,
        EventKind.DEFERRED,
        EventKind.BOUNCED,
        EventKind.COMPLAINED,
        EventKind.UNSUBSCRIBED,
    )
}


def signature(key: str, timestamp: str, body: bytes) -> str:
    """What stands in X-Voc-Signature."""
    return "v1=" + hmac.digest(key.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def glance(call: Call, keys: Keys) -> WhyNot | None:
    if not keys.keys:
        return WhyNot.NO_KEY
    signed = call.headers.get("x-voc-signature") and call.headers.get("x-voc-timestamp")
    return reading.wrong_type(call, TYPES) or (None if signed else WhyNot.UNSIGNED)


def verify(call: Call, keys: Keys, now: datetime) -> WhyNot | None:
    if (why := glance(call, keys)) is not None:
        return why
    timestamp = call.headers["x-voc-timestamp"].strip()
    given = re.split(r"\s*,\s*", call.headers["x-voc-signature"].strip())[:4]
    if not any(reading.alike(one, signature(key, timestamp, call.body)) for key in keys.keys for one in given):
        return WhyNot.FORGED
    if reading.too_old(timestamp, window=WINDOW, now=now):
        return WhyNot.OLD
    if call.content_type == "application/json" and _listed(call.body) is None:
        return WhyNot.UNREADABLE
    return None


def pieces(call: Call) -> list[Piece]:
    if call.content_type == "message/rfc822":
        return [reading.mail(reading.digest(call.body), call.body, to=())]
    return [
        Piece(reading.event_id(reading.text(reading.decoded(one), "id"), one), one) for one in _listed(call.body) or []
    ]


def _listed(body: bytes) -> list[bytes] | None:
    if isinstance(reading.decoded(body), dict):
        return [body]
    return reading.items(body)


def read(raw: bytes) -> Event:
    event = reading.decoded(raw)
    says = reading.text(event, "says")
    report = Report(reading.text(event, "recipient"), reading.text(event, "code") or None, reading.text(event, "text"))
    return Event(
        _KINDS.get(reading.text(event, "event").lower(), EventKind.IGNORED),
        message_ids=reading.message_ids(reading.text(event, "message_id")),
        return_path=reading.text(event, "return_path").lower() or None,
        reports=(report,),
        says=Says(says) if says in set(Says) else None,
        at=reading.moment(reading.text(event, "at")),
    )
