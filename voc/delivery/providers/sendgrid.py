"""Twilio SendGrid: events signed with ECDSA over timestamp and raw body, in arrays; mails by Inbound Parse.

Inbound Parse signs only where a security policy was attached through its API: without one, a secret
in the path says who calls. https://www.twilio.com/docs/sendgrid (Event Webhook, Inbound Parse).
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from voc.delivery.providers import reading
from voc.delivery.providers.model import MIB, Call, Event, EventKind, Keys, Piece, Report, Says, WhyNot
from voc.delivery.rules import enhanced_code

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
TYPES = _FORMS | {"application/json"}
LARGEST = 30 * MIB
# It tries for a day, and nothing says that it signs anew. A replay within is caught by its ids.
WINDOW = timedelta(hours=25)
SIGNATURE, TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
OWN_ID = "voc_message_id"
"""Our message id comes back under this name: SendGrid tells its own only in reports of spam."""

_KINDS = {
    "processed": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}


def public_key(given: str) -> ec.EllipticCurvePublicKey | None:
    """The verification key as the console shows it (base64 of DER) or as PEM; None if it is no P-256 key."""
    try:
        if "BEGIN" in given:
            key = load_pem_public_key(given.encode())
        else:
            key = load_der_public_key(base64.b64decode("".join(given.split()), validate=True))
    except (ValueError, binascii.Error, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1" else None


def glance(call: Call, keys: Keys) -> WhyNot | None:
    if not keys.keys and not keys.path_hashes:
        return WhyNot.NO_KEY
    if (why := reading.wrong_type(call, TYPES)) is not None:
        return why
    if _knows_the_path(call, keys):
        return None
    signed = call.headers.get(SIGNATURE) and call.headers.get(TIMESTAMP)
    return None if signed else WhyNot.UNSIGNED


def _knows_the_path(call: Call, keys: Keys) -> bool:
    """Good for mails only: events are always signed."""
    digest = reading.digest(call.rest.encode("utf-8", "surrogatepass"))
    return call.content_type in _FORMS and any(reading.alike(digest, one) for one in keys.path_hashes)


def verify(call: Call, keys: Keys, now: datetime) -> WhyNot | None:
    if (why := glance(call, keys)) is not None:
        return why
    if _knows_the_path(call, keys):
        return None if reading.form(call) else WhyNot.UNREADABLE
    if not keys.keys:
        return WhyNot.NO_KEY
    timestamp = call.headers[TIMESTAMP].strip()
    if not any(_signed(call, timestamp, key) for key in keys.keys):
        return WhyNot.FORGED
    if reading.too_old(timestamp, window=WINDOW, now=now):
        return WhyNot.OLD
    if call.content_type == "application/json" and reading.items(call.body) is None:
        return WhyNot.UNREADABLE
    return None


def _signed(call: Call, timestamp: str, given: str) -> bool:
    key = public_key(given)
    if key is None:
        return False
    try:
        signature = base64.b64decode(call.headers[SIGNATURE], validate=True)
        key.verify(signature, timestamp.encode() + call.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def pieces(call: Call) -> list[Piece]:
    if call.content_type in _FORMS:
        fields = reading.form(call)
        mime = _mime(fields)
        to = reading.rows(reading.decoded(fields.get("envelope", b"")), "to")
        return [reading.mail(reading.digest(mime), mime, to=[one for one in to if isinstance(one, str)])]
    listed = reading.items(call.body) or []
    return [Piece(reading.event_id(reading.text(reading.decoded(one), "sg_event_id"), one), one) for one in listed]


def _mime(fields: dict[str, bytes]) -> bytes:
    """Whole where "POST the raw, full MIME message" is ticked; else put together from what was taken apart."""
    if "email" in fields:
        return fields["email"]
    return reading.rebuilt(reading.header_lines(reading.named(fields, "headers")), reading.named(fields, "text"))


def read(raw: bytes) -> Event:
    event = reading.decoded(raw)
    said = reading.text(event, "reason") or reading.text(event, "response")
    code = reading.text(event, "status") or enhanced_code(said) or ""
    return Event(
        _KINDS.get(reading.text(event, "event"), EventKind.IGNORED),
        message_ids=reading.message_ids(reading.text(event, OWN_ID), reading.text(event, "smtp-id")),
        reports=(Report(reading.text(event, "email"), code or None, said),),
        says=_says(event),
        at=reading.moment(reading.text(event, "timestamp")),
    )


def _says(event: Any) -> Says | None:
    if reading.text(event, "event") == "dropped":
        # On SendGrid's own lists. Why it is on one of the others may have nothing to do with us.
        return Says.GONE if reading.text(event, "reason") in ("Bounced Address", "Invalid") else Says.PASSING
    if reading.text(event, "type") == "blocked":
        return Says.REPUTATION
    found = reading.text(event, "bounce_classification")
    return {
        "Invalid Address": Says.GONE,
        "Reputation": Says.REPUTATION,
        "Content": Says.REPUTATION,
        "Frequency/Volume": Says.REPUTATION,
        "Technical": Says.PASSING,
        "Mailbox Unavailable": None,
    }.get(found)
