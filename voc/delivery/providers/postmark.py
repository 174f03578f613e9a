"""Postmark: one event a call, nothing signed; a name and password in the address say who calls.

https://postmarkapp.com/developer/webhooks. It gives up for good on a 403, so it never gets one.
"""

import base64
import binascii
from datetime import datetime
from typing import Any

from voc.delivery.providers import reading
from voc.delivery.providers.model import MIB, Call, Event, EventKind, Keys, Piece, Report, Says, WhyNot
from voc.delivery.rules import enhanced_code

TYPES = frozenset({"application/json"})
LARGEST = 50 * MIB  # a mail of 35 MB comes with its attachments in base64
OWN_ID = "voc-message-id"
"""Our message id comes back under this name: Postmark's events know its own only."""

_KINDS = {
    "Delivery": EventKind.DELIVERED,
    "Bounce": EventKind.BOUNCED,
    "SpamComplaint": EventKind.COMPLAINED,
}
_SAYS = {
    "HardBounce": Says.GONE,
    "BadEmailAddress": Says.GONE,
    "Blocked": Says.REPUTATION,
    "SpamNotification": Says.REPUTATION,
    "DMARCPolicy": Says.REPUTATION,
    "SMTPApiError": Says.REPUTATION,
    "ManuallyDeactivated": Says.PASSING,
    "SoftBounce": Says.PASSING,
    "Transient": Says.PASSING,
    "DnsError": Says.PASSING,
    "Unknown": Says.PASSING,
}
# Postmark calls these bounces too; they are answers of programs.
_NO_BOUNCES = frozenset(
    {"AutoResponder", "AddressChange", "Subscribe", "Unsubscribe", "ChallengeVerification", "OpenRelayTest"}
)


def glance(call: Call, keys: Keys) -> WhyNot | None:
    if not keys.keys:
        return WhyNot.NO_KEY
    if (why := reading.wrong_type(call, TYPES)) is not None:
        return why
    given = _credentials(call)
    if given is None:
        return WhyNot.UNSIGNED
    return None if any(reading.alike(given, key) for key in keys.keys) else WhyNot.FORGED


def verify(call: Call, keys: Keys, now: datetime) -> WhyNot | None:
    if (why := glance(call, keys)) is not None:
        return why
    return None if isinstance(reading.decoded(call.body), dict) else WhyNot.UNREADABLE


def _credentials(call: Call) -> str | None:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (ValueError, binascii.Error):
        return None


def pieces(call: Call) -> list[Piece]:
    body = reading.decoded(call.body)
    kind = reading.text(body, "RecordType")
    if not kind or kind == "Inbound":
        mime = _mime(body)
        to = [reading.text(body, "OriginalRecipient")]
        return [reading.mail(f"mail:{reading.event_id(reading.text(body, 'MessageID'), mime)[:120]}", mime, to=to)]
    numbered = reading.text(body, "ID")
    if not numbered:
        numbered = ":".join(reading.text(body, name) for name in ("MessageID", "Recipient", "ChangedAt", "ReceivedAt"))
    return [Piece(reading.event_id(f"{kind}:{numbered}", call.body), call.body)]


def _mime(body: Any) -> bytes:
    """Whole where "Include raw email content" is ticked; else put together from what was taken apart."""
    raw = reading.text(body, "RawEmail")
    if raw:
        return raw.encode("utf-8", "surrogateescape")
    headers = [(reading.text(one, "Name"), reading.text(one, "Value")) for one in reading.rows(body, "Headers")]
    named = [(name, reading.text(body, name)) for name in ("From", "To", "Cc", "Subject", "Date")]
    return reading.rebuilt([*headers, *(one for one in named if one[1])], reading.text(body, "TextBody"))


def read(raw: bytes) -> Event:
    event = reading.decoded(raw)
    kind = _KINDS.get(reading.text(event, "RecordType"), EventKind.IGNORED)
    if reading.text(event, "RecordType") == "SubscriptionChange":
        by_hand = reading.text(event, "SuppressionReason") == "ManualSuppression"
        own_wish = by_hand and reading.text(event, "Origin") == "Recipient"
        kind = EventKind.UNSUBSCRIBED if own_wish else EventKind.IGNORED
    if kind is EventKind.BOUNCED and reading.text(event, "Type") in _NO_BOUNCES:
        kind = EventKind.IGNORED
    # Not "Description": it explains the class in general, and names unknown users whatever happened.
    said = reading.text(event, "Details")
    at = ("DeliveredAt", "BouncedAt", "ChangedAt")
    return Event(
        kind,
        message_ids=reading.message_ids(reading.text(event, "Metadata", OWN_ID)),
        reports=(Report(reading.text(event, "Recipient") or reading.text(event, "Email"), enhanced_code(said), said),),
        says=_SAYS.get(reading.text(event, "Type")),
        at=next((found for name in at if (found := reading.moment(reading.text(event, name)))), None),
    )
