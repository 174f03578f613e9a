"""Mail providers as they call: the same news in each one's own words, signed with keys made here.

`said(...)` is what happened to a mail; `caller.tells(said, ...)` is the call that the provider makes of it.
"""

import base64
import hmac
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.builders import NOW
from voc.base.tokens import hash_token
from voc.delivery.providers import generic, postmark, sendgrid, ses

TOPIC = "arn:aws:sns:eu-west-1:123456789012:kestrel-mail"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@dataclass(frozen=True)
class Said:
    """News of one mail. `what`: delivered, bounced, complained, deferred, unsubscribed, opened."""

    what: str
    message_id: str  # with its angle brackets
    recipient: str
    id: str
    code: str = ""
    text: str = ""
    return_path: str = ""


@dataclass(frozen=True)
class Post:
    """One request as it goes over the wire."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def with_header(self, name: str, value: str | None) -> "Post":
        kept = {key: one for key, one in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=kept if value is None else {**kept, name: value})


class Caller(ABC):
    """One provider. `key` is what an admin enters for it; `of(other)` calls with a key that nobody entered."""

    name: str
    key: str

    def tells(self, *news: Said, at: datetime = NOW) -> list[Post]:
        """One call for each, or one for all where the provider sends them together."""
        return [self._post(self.payload(one, at), one, at) for one in news]

    @abstractmethod
    def payload(self, said: Said, at: datetime) -> Any: ...

    @abstractmethod
    def _post(self, payload: Any, said: Said, at: datetime) -> Post: ...

    @abstractmethod
    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        """A mail that came in."""


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


class Generic(Caller):
    name = "generic"

    def __init__(self, key: str = "generic-key-0123456789") -> None:
        self.key = key

    def payload(self, said: Said, at: datetime) -> Any:
        return {
            "id": said.id,
            "event": said.what,
            "message_id": said.message_id,
            "recipient": said.recipient,
            "code": said.code,
            "text": said.text,
            "at": at.isoformat(),
        }

    def _post(self, payload: Any, said: Said, at: datetime) -> Post:
        return self.signed(json.dumps([payload]).encode(), at=at)

    def signed(self, body: bytes, *, at: datetime = NOW, kind: str = "application/json") -> Post:
        headers = {
            "Content-Type": kind,
            "X-Voc-Timestamp": _seconds(at),
            "X-Voc-Signature": generic.signature(self.key, _seconds(at), body),
        }
        return Post("/hooks/generic", body, headers)

    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        return self.signed(f"Delivered-To: {to}\r\n".encode() + mime, at=at, kind="message/rfc822")


class Mailgun(Caller):
    name = "mailgun"
    _EVENTS = {"bounced": "failed", "deferred": "failed"}

    def __init__(self, key: str = "mailgun-signing-key") -> None:
        self.key = key

    def payload(self, said: Said, at: datetime) -> Any:
        return {
            "event": self._EVENTS.get(said.what, said.what),
            "id": said.id,
            "timestamp": at.timestamp(),
            "severity": {"bounced": "permanent", "deferred": "temporary"}.get(said.what),
            "recipient": said.recipient,
            "delivery-status": {"code": 550, "enhanced-code": said.code, "message": said.text},
            "message": {"headers": {"message-id": said.message_id.strip("<>")}},
        }

    def signature(self, token: str, at: datetime) -> dict[str, str]:
        signed = hmac.digest(self.key.encode(), (_seconds(at) + token).encode(), "sha256").hex()
        return {"timestamp": _seconds(at), "token": token, "signature": signed}

    def _post(self, payload: Any, said: Said, at: datetime) -> Post:
        body = {"signature": self.signature(f"token-{said.id}", at), "event-data": payload}
        return Post("/hooks/mailgun", json.dumps(body).encode(), {"Content-Type": "application/json"})

    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        fields = {**self.signature(hash_token(mime.decode("latin-1")), at), "recipient": to, "body-mime": mime}
        return Post(
            "/hooks/mailgun/mime", urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )


class SendGrid(Caller):
    name = "sendgrid"
    path = "in-the-path-0123456789"
    _EVENTS = {"bounced": "bounce", "complained": "spamreport", "unsubscribed": "unsubscribe", "opened": "open"}

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        public = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = base64.b64encode(public).decode()

    def payload(self, said: Said, at: datetime) -> Any:
        known = {} if said.what == "complained" else {"smtp-id": said.message_id}
        return {
            "email": said.recipient,
            "timestamp": int(at.timestamp()),
            "event": self._EVENTS.get(said.what, said.what),
            "sg_event_id": said.id,
            "sg_message_id": "14c5d75ce93.dfd.64b469",
            sendgrid.OWN_ID: said.message_id.strip("<>"),
            **known,
            **({"status": said.code, "reason": said.text, "type": "bounce"} if said.what == "bounced" else {}),
        }

    def tells(self, *news: Said, at: datetime = NOW) -> list[Post]:
        return [self.signed(json.dumps([self.payload(one, at) for one in news]).encode(), at=at)]

    def _post(self, payload: Any, said: Said, at: datetime) -> Post:
        return self.signed(json.dumps([payload]).encode(), at=at)

    def signed(self, body: bytes, *, at: datetime = NOW, kind: str = "application/json") -> Post:
        signature = self._private.sign(_seconds(at).encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": kind,
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": _seconds(at),
        }
        return Post("/hooks/sendgrid", body, headers)

    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        envelope = json.dumps({"to": [to], "from": "ana@calder.example"}).encode()
        parts = b"".join(
            b'--xYz\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"
            for name, value in ((b"envelope", envelope), (b"email", mime))
        )
        kind = {"Content-Type": "multipart/form-data; boundary=xYz"}
        return Post(f"/hooks/sendgrid/{self.path}", parts + b"--xYz--\r\n", kind)


class Postmark(Caller):
    name = "postmark"
    _EVENTS = {
        "delivered": "Delivery",
        "bounced": "Bounce",
        "complained": "SpamComplaint",
        "unsubscribed": "SubscriptionChange",
        "opened": "Open",
    }

    def __init__(self, key: str = "postmark:its-password") -> None:
        self.key = key

    def payload(self, said: Said, at: datetime) -> Any:
        return {
            "RecordType": self._EVENTS.get(said.what, said.what),
            "ID": said.id,
            "Type": "HardBounce" if said.what == "bounced" else said.what,
            "MessageID": "00000000-0000-0000-0000-000000000000",
            "Metadata": {postmark.OWN_ID: said.message_id.strip("<>")},
            "Recipient" if said.what in ("delivered", "unsubscribed") else "Email": said.recipient,
            "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
            "Details": said.text,
            "SuppressionReason": "ManualSuppression",
            "Origin": "Recipient",
            "BouncedAt": at.isoformat(),
        }

    def _post(self, payload: Any, said: Said, at: datetime) -> Post:
        return self._with_credentials(json.dumps(payload).encode())

    def _with_credentials(self, body: bytes) -> Post:
        credentials = "Basic " + base64.b64encode(self.key.encode()).decode()
        return Post("/hooks/postmark", body, {"Content-Type": "application/json", "Authorization": credentials})

    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        body = {
            "MessageStream": "inbound",
            "MessageID": "22c74902-a0c1",
            "OriginalRecipient": to,
            "RawEmail": mime.decode(),
        }
        return self._with_credentials(json.dumps(body).encode())


class Ses(Caller):
    name = "ses"
    key = TOPIC
    _EVENTS = {"delivered": "Delivery", "bounced": "Bounce", "complained": "Complaint", "deferred": "DeliveryDelay"}

    def __init__(self, *, version: str = "2") -> None:
        self.version = version
        self.private = _rsa()
        self.certificate = self.certified(NOW - timedelta(days=1), NOW + timedelta(days=30))

    def certified(self, begins: datetime, ends: datetime) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.private.public_key())
        dated = made.serial_number(1).not_valid_before(begins).not_valid_after(ends)
        return dated.sign(self.private, hashes.SHA256()).public_bytes(Encoding.PEM)

    def payload(self, said: Said, at: datetime) -> Any:
        name = self._EVENTS.get(said.what, said.what.title())
        told: dict[str, dict[str, Any]] = {
            "Delivery": {"recipients": [said.recipient]},
            "Bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [
                    {"emailAddress": said.recipient, "status": said.code, "diagnosticCode": f"smtp; {said.text}"}
                ],
            },
            "Complaint": {"complainedRecipients": [{"emailAddress": said.recipient}]},
            "DeliveryDelay": {"delayedRecipients": [{"emailAddress": said.recipient, "status": "4.4.1"}]},
        }
        headers = [{"name": "Message-ID", "value": said.message_id}]
        mail = {"messageId": "0102", "source": said.return_path, "destination": [said.recipient], "headers": headers}
        return {
            "eventType": name,
            "mail": mail,
            name[:1].lower() + name[1:]: {"timestamp": at.isoformat(), **told.get(name, {})},
        }

    def _post(self, payload: Any, said: Said, at: datetime) -> Post:
        return self.notifies(json.dumps(payload), id=said.id, at=at)

    def notifies(self, message: str, *, id: str, at: datetime = NOW, **values: str) -> Post:
        told = {
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": self.version,
            "SigningCertURL": CERTIFICATE,
            **values,
        }
        return self.signed(told)

    def asks_to_subscribe(self, *, at: datetime = NOW, **values: str) -> Post:
        token = "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92768dd60a747ba6f3beb71854e285d6ad"
        url = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={token}"
        return self.notifies(
            "You have chosen to subscribe",
            id="confirm-1",
            at=at,
            **{"Type": "SubscriptionConfirmation", "Token": token, "SubscribeURL": url, **values},
        )

    def signed(self, told: dict[str, str]) -> Post:
        digest = hashes.SHA256() if self.version == "2" else hashes.SHA1()
        text = ses.signed_text(
            told, told["Type"] if told["Type"] in ("Notification", ses.CONFIRMATION) else "Notification"
        )
        signature = self.private.sign(text, padding.PKCS1v15(), digest)
        body = {**told, "Signature": base64.b64encode(signature).decode()}
        return Post("/hooks/ses", json.dumps(body).encode(), {"Content-Type": "text/plain; charset=UTF-8"})

    def brings(self, mime: bytes, *, to: str, at: datetime = NOW) -> Post:
        receipt = {"recipients": [to], "action": {"type": "SNS", "encoding": "BASE64"}}
        content = base64.b64encode(mime).decode()
        return self.notifies(
            json.dumps({"notificationType": "Received", "receipt": receipt, "content": content}), id="mail-1", at=at
        )


@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Aws:
    """What stands behind the two addresses of AWS that may be asked for; `asked` is what was."""

    def __init__(self, certificate: bytes) -> None:
        self.shown = {CERTIFICATE: certificate}
        self.asked: list[str] = []

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url in self.shown:
            return self.shown[url]
        if url.startswith("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&"):
            return b"<ConfirmSubscriptionResponse/>"
        raise OSError("not there")


@cache
def callers() -> tuple[Caller, ...]:
    """One of each; their keys are made once."""
    return (Ses(), SendGrid(), Postmark(), Mailgun(), Generic())


def caller(name: str) -> Any:
    return next(one for one in callers() if one.name == name)
