"""Amazon SES by SNS: a message signed with a certificate that AWS shows on a host of its own.

Anybody can have a topic, and so a message with a true signature of AWS: what makes it ours is the
**pinned topic**. The certificate's host follows from the topic's region and nothing else is called;
what an address looks like is never trusted, the one that is fetched must be exactly it.
https://docs.aws.amazon.com/sns (Verifying the signatures), https://docs.aws.amazon.com/ses (Event publishing).
"""

import base64
import binascii
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from voc.delivery.providers import reading
from voc.delivery.providers.model import MIB, Call, Event, EventKind, Keys, Piece, Report, Says, WhyNot
from voc.delivery.rules import enhanced_code

TYPES = frozenset({"text/plain", "application/json"})  # SNS says text/plain unless a delivery policy says otherwise
LARGEST = MIB  # SNS takes 256 KiB, which grow when they are quoted
WINDOW = timedelta(hours=2)  # SNS tries for an hour at most, and the moment is the publication's
CONFIRMATION = "SubscriptionConfirmation"

_ARN = re.compile(
    r"arn:(aws(?:-cn|-us-gov)?):sns:([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?"
)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{8,80}\.pem")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,1000}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES = {"1": hashes.SHA1, "2": hashes.SHA256}  # what AWS signs with; the topic's owner chooses
_KINDS = {
    "Send": EventKind.ACCEPTED,
    "Delivery": EventKind.DELIVERED,
    "DeliveryDelay": EventKind.DEFERRED,
    "Bounce": EventKind.BOUNCED,
    "Reject": EventKind.BOUNCED,
    "Complaint": EventKind.COMPLAINED,
}


def host_of(topic: str) -> str | None:
    """The host on which AWS answers for this topic; None if it is no topic's ARN."""
    found = _ARN.fullmatch(topic)
    if found is None:
        return None
    partition, region = found.groups()
    return f"sns.{region}.amazonaws.com" + (".cn" if partition == "aws-cn" else "")


def glance(call: Call, keys: Keys) -> WhyNot | None:
    return reading.wrong_type(call, TYPES) if keys.keys else WhyNot.NO_KEY


def verify(call: Call, keys: Keys, now: datetime) -> WhyNot | None:
    if (why := glance(call, keys)) is not None:
        return why
    told = reading.decoded(call.body)
    if not isinstance(told, dict):
        return WhyNot.UNREADABLE
    topic, kind = reading.text(told, "TopicArn"), reading.text(told, "Type")
    if kind not in _SIGNED or not reading.text(told, "Signature"):
        return WhyNot.UNSIGNED
    host = host_of(topic)
    if topic not in keys.keys or host is None:
        return WhyNot.WRONG_TOPIC
    address = reading.text(told, "SigningCertURL")
    if not _is_certificate(address, host):
        return WhyNot.WRONG_HOST
    if kind == CONFIRMATION and confirmation(call.body) is None:
        return WhyNot.WRONG_HOST
    if reading.too_old(reading.text(told, "Timestamp"), window=WINDOW, now=now):
        return WhyNot.OLD
    return _why_not_signed(told, kind, address, keys, now)


def _is_certificate(address: str, host: str) -> bool:
    prefix = f"https://{host}"
    return address.startswith(prefix + "/") and _CERTIFICATE.fullmatch(address.removeprefix(prefix)) is not None


def _why_not_signed(told: Any, kind: str, address: str, keys: Keys, now: datetime) -> WhyNot | None:
    try:
        pem = keys.certificate(address) if keys.certificate is not None else b""
        certificate = x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError):
        return WhyNot.NO_CERTIFICATE
    key = certificate.public_key()
    digest = _HASHES.get(reading.text(told, "SignatureVersion"))
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if not isinstance(key, rsa.RSAPublicKey) or digest is None or not valid:
        return WhyNot.FORGED
    try:
        signature = base64.b64decode(reading.text(told, "Signature"), validate=True)
        key.verify(signature, signed_text(told, kind), padding.PKCS1v15(), digest())
    except (InvalidSignature, ValueError, binascii.Error):
        return WhyNot.FORGED
    return None


def signed_text(told: Any, kind: str) -> bytes:
    """What SNS signs: name and value of each field on a line of its own, those that are there."""
    there = [name for name in _SIGNED[kind] if isinstance(reading.inner(told, name), str)]
    return "".join(f"{name}\n{told[name]}\n" for name in there).encode("utf-8", "surrogatepass")


def confirmation(raw: bytes) -> str | None:
    """The address with which a subscription is confirmed: made here, for the host of the topic.

    None where what AWS gave leads elsewhere.
    """
    told = reading.decoded(raw)
    topic, token = reading.text(told, "TopicArn"), reading.text(told, "Token")
    host = host_of(topic)
    try:
        given = urlsplit(reading.text(told, "SubscribeURL"))
    except ValueError:
        return None
    if host is None or (given.scheme, given.netloc, given.path) != ("https", host, "/") or not _TOKEN.fullmatch(token):
        return None
    return f"https://{host}/?Action=ConfirmSubscription&TopicArn={quote(topic, safe='')}&Token={token}"


def pieces(call: Call) -> list[Piece]:
    told = reading.decoded(call.body)
    event = reading.event_id(reading.text(told, "MessageId"), call.body)
    if reading.text(told, "Type") == CONFIRMATION:
        return [Piece(event, call.body, EventKind.CONFIRM)]
    if reading.text(told, "Type") != "Notification":
        return [Piece(event, call.body, EventKind.IGNORED)]
    inside = reading.text(told, "Message")
    said = reading.decoded(inside)
    if reading.text(said, "notificationType") == "Received" and reading.text(said, "content"):
        to = [one for one in reading.rows(said, "receipt", "recipients") if isinstance(one, str)]
        return [reading.mail(event, _mime(said), to=to)]
    return [Piece(event, inside.encode("utf-8", "replace"))]


def _mime(said: Any) -> bytes:
    content = reading.text(said, "content")
    if reading.text(said, "receipt", "action", "encoding").upper() == "BASE64":
        try:
            return base64.b64decode(content)
        except (ValueError, binascii.Error):
            return b""
    return content.encode("utf-8", "surrogateescape")


def read(raw: bytes) -> Event:
    said = reading.decoded(raw)
    name = reading.text(said, "eventType") or reading.text(said, "notificationType")
    kind = _KINDS.get(name, EventKind.IGNORED)
    about = reading.inner(said, name[:1].lower() + name[1:])
    # A mailbox provider may also report that something is *not* spam.
    if kind is EventKind.COMPLAINED and reading.text(about, "complaintFeedbackType") == "not-spam":
        kind = EventKind.IGNORED
    headers = [one for one in reading.rows(said, "mail", "headers") if isinstance(one, dict)]
    own = [reading.text(one, "value") for one in headers if reading.text(one, "name").lower() == "message-id"]
    return Event(
        kind,
        message_ids=reading.message_ids(*own, reading.text(said, "mail", "commonHeaders", "messageId")),
        return_path=reading.text(said, "mail", "source").lower() or None,
        reports=_reports(said, name, about),
        says=_says(name, about),
        at=reading.moment(reading.text(about, "timestamp")),
    )


def _reports(said: Any, name: str, about: Any) -> tuple[Report, ...]:
    listed = {
        "Bounce": ("bouncedRecipients",),
        "Complaint": ("complainedRecipients",),
        "DeliveryDelay": ("delayedRecipients",),
        "Delivery": ("recipients",),
    }.get(name)
    if listed is None:
        reason = reading.text(about, "reason")
        return tuple(
            Report(one, None, reason) for one in reading.rows(said, "mail", "destination") if isinstance(one, str)
        )
    return tuple(_report(one) for one in reading.rows(about, *listed))


def _report(one: Any) -> Report:
    if isinstance(one, str):
        return Report(one)
    said = reading.text(one, "diagnosticCode")
    status = reading.text(one, "status")
    # As in a bounce by mail: many servers write 5.0.0 above and the true code in their words.
    code = (enhanced_code(said) or status) if status.endswith(".0.0") or not status else status
    return Report(reading.text(one, "emailAddress"), code or None, said)


def _says(name: str, about: Any) -> Says | None:
    if name == "Reject":
        return Says.REPUTATION  # SES found a virus in what we sent
    if name != "Bounce":
        return None
    if reading.text(about, "bounceType") != "Permanent":
        return Says.PASSING
    sub_type = reading.text(about, "bounceSubType")
    gone = ("NoEmail", "Suppressed", "OnAccountSuppressionList")
    return Says.GONE if sub_type in gone else None
