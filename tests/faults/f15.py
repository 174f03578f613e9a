"""F15: webhooks replayed ten times, out of order, forged, without a key, cut off, too large, too old, of others.

Each provider speaks with keys made here and calls the real application; a worker reads what was kept,
now and then. What became of each person's mail is compared with what should have, by name.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from tests.builders import NOW
from tests.delivery.callers import (
    CERTIFICATE,
    TOPIC,
    Caller,
    Generic,
    Mailgun,
    Post,
    Postmark,
    SendGrid,
    Ses,
    caller,
    callers,
)
from tests.delivery.hooked import Hooked, hooked
from tests.faults.databases import fresh
from tests.faults.table import Result, Row, on_both
from voc.base import schema
from voc.base.secrets import Vault, new_key

_PEOPLE = 8  # for each provider
_GONE = {"code": "5.1.1", "text": "550 5.1.1 user unknown"}
_FULL = {"code": "5.2.2", "text": "552 5.2.2 mailbox full"}
_BLOCKED = {"code": "5.7.1", "text": "550 5.7.1 blocked for its reputation"}
_ELSEWHERE = (
    CERTIFICATE.replace("https://", "http://"),
    CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
    CERTIFICATE.replace("amazonaws.com", "amazonaws.com@evil.example"),
    CERTIFICATE.replace("https://", "https://sns.eu-west-1.amazonaws.com@"),
    CERTIFICATE.replace("https://sns.", "https://evil.example/sns."),
    CERTIFICATE.replace("sns.eu-west-1", "sns.us-east-1"),
    CERTIFICATE.replace("sns.eu-west-1", "bucket.s3"),
    CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:8443/"),
    CERTIFICATE.replace("amazonaws.com/", "amazonaws.com./"),
    CERTIFICATE.replace("amazonaws.com/", "amazonaws.com/..%2f"),
    CERTIFICATE.replace("amazonaws.com/", "amazonaws.com/\\evil.example/"),
    CERTIFICATE.replace("sns.eu", "SNS.EU"),
    CERTIFICATE + "?Action=GetTopicAttributes",
    CERTIFICATE + "#.pem",
    CERTIFICATE.replace(".pem", ".txt"),
    "https://sns.eu-west-1.amazonaws.com/?redirect=https://evil.example/x.pem",
    "file:///etc/ssl/certs/x.pem",
    "",
)


def run(*, long: bool) -> Result:
    vault = Vault([new_key()])

    def told(engine: str) -> Row:
        return _told(engine, vault, every=1 if long else 3, rounds=5 if long else 1)

    def forged(engine: str) -> Row:
        return _forged(engine, vault)

    return on_both("F15", told, forged)


# --- ten times, in any order --------------------------------------------------------------------


def _told(engine: str, vault: Vault, *, every: int, rounds: int) -> Row:
    """Each `every`th event comes ten times."""
    tries, events, found = 0, 0, []
    for number in range(rounds):
        with fresh(engine) as database, hooked(database, vault, people=_PEOPLE * len(callers())) as desk:
            desk.enter_keys()
            news = [post for one in callers() for post in _news(desk, one)]
            calls = _shuffled(news + news[::every] * 9, f"{engine}{number}")
            for place, post in enumerate(calls):
                (answer,) = desk.post(post)
                if answer.status_code != 200:
                    found.append(f"{post.path} answered {answer.status_code} to a call that is right")
                if place % 60 == 59:
                    desk.catch_up()
            desk.catch_up()
            tries, events = tries + len(calls), events + len(news)
            found += [wrong for one in callers() for wrong in _wrong(desk, one)]
    how_many = "each" if every == 1 else f"one in {every}"
    what = f"events of {len(callers())} providers out of order, {how_many} of them ten times"
    return Row(what, engine, tries, f"{events} events counted once", tuple(found[:10]))


def _shuffled(posts: list[Post], seed: str) -> list[Post]:
    def drawn(place: int) -> bytes:
        return blake2b(f"{seed}:{place}".encode(), digest_size=8).digest()

    return [posts[place] for place in sorted(range(len(posts)), key=drawn)]


def _first(one: Caller) -> int:
    return callers().index(one) * _PEOPLE


def _news(desk: Hooked, one: Caller) -> Iterator[Post]:
    """What happens to the eight people whose mail went by this provider."""
    lost, gone, full, blocked, complains, beside, other, both = range(_first(one), _first(one) + _PEOPLE)
    desk.lose(lost)
    desk.lose(both)
    news = [
        desk.said("delivered", lost),
        desk.said("delivered", gone),
        desk.said("bounced", gone, **_GONE),
        desk.said("bounced", full, **_FULL),
        desk.said("bounced", blocked, **_BLOCKED),
        desk.said("complained", complains),
        desk.said("delivered", complains),
        # Of a colleague in copy, and of a mail that another service sent to the same person.
        desk.said("bounced", beside, **_GONE, recipient="copy@calder.example"),
        desk.said("bounced", other, **_GONE, message_id="<0000@other.example>", return_path="x@other.example"),
        desk.said("opened", other),
        desk.said("bounced", both, **_GONE),
    ]
    for said in news:
        yield from one.tells(replace(said, id=f"{one.name}-{said.id}"))


def _wrong(desk: Hooked, one: Caller) -> list[str]:
    clean: tuple[Any, ...] = ("sent", None, None, [], [])
    expected = {
        "lost": clean,
        "gone": ("sent", "5.1.1", "bounced", ["bounced"], ["hard_bounce"]),
        "full": ("sent", None, None, [], ["soft_bounce"]),
        "blocked": ("sent", None, None, [], ["policy_bounce"]),
        "complains": ("sent", None, "complained", ["complaint"], ["complaint"]),
        "beside": clean,
        "other": clean,
        "lost and gone": ("sent", "5.1.1", "bounced", ["bounced"], ["hard_bounce"]),
    }
    return [
        f"{one.name}: {name} became {became}"
        for place, (name, should) in enumerate(expected.items())
        if (became := desk.became(_first(one) + place)) != should
    ]


# --- forged -------------------------------------------------------------------------------------


def _forged(engine: str, vault: Vault) -> Row:
    found: list[str] = []
    tries = 0
    with fresh(engine) as database, hooked(database, vault, people=2) as desk:
        # Without a key nothing is taken, however right it is.
        for one in callers():
            tries += 1
            found += _refused(desk, "no key", one.tells(desk.said("bounced", 0, **_GONE))[0])
        desk.enter_keys()
        for what, post in _bad(desk):
            tries += 1
            found += _refused(desk, what, post)
        for what, post in _twice(desk):
            tries += 1
            desk.post(post)
            desk.catch_up()
            if desk.became(1) != ("sent", None, None, [], []):
                found.append(f"{what} struck somebody off: {desk.became(1)}")
        stray = [url for url in desk.aws.asked if not url.startswith("https://sns.eu-west-1.amazonaws.com/Simple")]
        found += [f"fetched {url}" for url in stray]
        desk.catch_up()
        if desk.became(0) != ("sent", None, None, [], []):
            found.append(f"something forged was believed: {desk.became(0)}")
        reasons = desk.refusals()
    return Row("calls that prove nothing", engine, tries, f"refused for {len(reasons)} reasons", tuple(found[:10]))


def _refused(desk: Hooked, what: str, post: Post) -> list[str]:
    before = desk.count(schema.provider_event)
    (answer,) = desk.post(post)
    found = []
    if answer.status_code not in (401, 413, 415, 503) or answer.headers["content-type"] != "application/problem+json":
        found.append(f"{what} at {post.path}: {answer.status_code}")
    if desk.count(schema.provider_event) != before:
        found.append(f"{what} at {post.path} was kept")
    return found


def _bad(desk: Hooked) -> Iterator[tuple[str, Post]]:
    said = desk.said("bounced", 0, **_GONE)
    for one in callers():
        (right,) = one.tells(said)
        yield "another content type", right.with_header("Content-Type", "application/xml")
        yield "no content type", right.with_header("Content-Type", None)
        yield "cut off", replace(right, body=right.body[: len(right.body) // 2])
        yield "empty", replace(right, body=b"")
        yield "packed", replace(right, body=gzip.compress(right.body)).with_header("Content-Encoding", "gzip")
    yield from _bad_hmacs(desk, said)
    yield from _bad_sendgrid(desk, said)
    yield from _bad_ses(desk, said)
    postmark = caller("postmark")
    (right,) = postmark.tells(said)
    for given in (None, "Basic", "Basic x", "Bearer " + base64.b64encode(postmark.key.encode()).decode()):
        yield f"credentials {given}", right.with_header("Authorization", given)
    yield "another password", Postmark("postmark:its-passwore").tells(said)[0]
    yield "a mail with another password", Postmark("postmark:").brings(b"Subject: x\r\n\r\nx", to="x@y.example")


def _bad_hmacs(desk: Hooked, said: Any) -> Iterator[tuple[str, Post]]:
    one, mailgun = caller("generic"), caller("mailgun")
    (right,) = one.tells(said)
    yield "another key", Generic("generic-key-0123456780").tells(said)[0]
    yield "another body", replace(right, body=right.body.replace(b"5.1.1", b"5.1.2"))
    yield "another time", right.with_header("X-Voc-Timestamp", str(int(NOW.timestamp()) + 1))
    yield "no signature", right.with_header("X-Voc-Signature", None)
    yield "an empty signature", right.with_header("X-Voc-Signature", "v1=")
    yield "signed, and no JSON", one.signed(b"[{")
    yield "signed, and endlessly deep", one.signed(b"[" * 1_000_000)
    yield "signed, and more events than anybody has", one.signed(b"[" + b"{}," * 10_000 + b"{}]")
    yield "a mail under another key", Generic("generic-key-0123456780").brings(b"Subject: x\r\n\r\nx", to="x@y.example")
    yield "another key", Mailgun("mailgun-signing-kez").tells(said)[0]
    body = json.loads(mailgun.tells(said)[0].body)
    spoilt: tuple[tuple[str, Any], ...] = (("token", "t"), ("timestamp", "1"), ("signature", ""), ("signature", None))
    for name, value in spoilt:
        changed = {**body, "signature": {**body["signature"], name: value}}
        yield f"another {name}", replace(mailgun.tells(said)[0], body=json.dumps(changed).encode())
    for caller_ in (one, mailgun):
        yield from _at_other_times(caller_, said, timedelta(seconds=301), timedelta(minutes=6))


def _at_other_times(one: Caller, said: Any, before: timedelta, after: timedelta) -> Iterator[tuple[str, Post]]:
    yield "too old", one.tells(said, at=NOW - before)[0]
    yield "of the future", one.tells(said, at=NOW + after)[0]


def _bad_sendgrid(desk: Hooked, said: Any) -> Iterator[tuple[str, Post]]:
    one = caller("sendgrid")
    (right,) = one.tells(said)
    yield "another key", SendGrid().tells(said)[0]
    yield "another body", replace(right, body=right.body.replace(b"5.1.1", b"5.1.2"))
    yield "no signature", right.with_header("X-Twilio-Email-Event-Webhook-Signature", None)
    yield "no base64", right.with_header("X-Twilio-Email-Event-Webhook-Signature", "***")
    yield "another time", right.with_header("X-Twilio-Email-Event-Webhook-Timestamp", "1")
    yield (
        "events by the secret path",
        replace(
            right.with_header("X-Twilio-Email-Event-Webhook-Signature", None), path=f"/hooks/sendgrid/{SendGrid.path}"
        ),
    )
    mail = one.brings(b"Subject: x\r\n\r\nx", to="x@y.example")
    yield "a mail by another path", replace(mail, path="/hooks/sendgrid/in-the-path-0123456780")
    yield "a mail without the path", replace(mail, path="/hooks/sendgrid")
    yield from _at_other_times(one, said, timedelta(hours=26), timedelta(minutes=6))


def _bad_ses(desk: Hooked, said: Any) -> Iterator[tuple[str, Post]]:
    one: Ses = caller("ses")

    def told(at: datetime = NOW, **values: str) -> Post:
        return one.notifies(json.dumps(one.payload(said, at)), id="forged", at=at, **values)

    yield "another topic", told(TopicArn=TOPIC + "2")
    yield "another account's topic", told(TopicArn=TOPIC.replace("1234", "4321"))
    for address in _ELSEWHERE:
        yield f"a certificate from {address}", told(SigningCertURL=address)
    yield "a certificate that is not there", told(SigningCertURL=CERTIFICATE.replace("0123", "3210"))
    yield "another version", told(SignatureVersion="3")
    yield "a hash that was not signed", told(SignatureVersion="1")
    yield "another type", told(Type="Something")
    body = json.loads(told().body)
    for name in ("Message", "MessageId", "Timestamp", "Signature"):
        changed = {**body, name: body[name].replace(body[name][5:9], "0000")}
        yield f"another {name}", replace(told(), body=json.dumps(changed).encode())
    yield "without envelope", Post("/hooks/ses", body["Message"].encode(), {"Content-Type": "text/plain"})
    yield "too large", Post("/hooks/ses", b'{"x":"' + b"x" * (1 << 20) + b'"}', {"Content-Type": "text/plain"})
    yield "a subscription elsewhere", one.asks_to_subscribe(SubscribeURL="https://evil.example/?Action=Confirm")
    yield "another topic's subscription", one.asks_to_subscribe(TopicArn=TOPIC + "2")
    yield from _at_other_times(one, said, timedelta(hours=3), timedelta(minutes=6))


def _twice(desk: Hooked) -> Iterator[tuple[str, Post]]:
    """A signature that was overheard, with other news."""
    mailgun = caller("mailgun")
    (first,) = mailgun.tells(desk.said("delivered", 1))
    yield "a delivery", first
    body = {**json.loads(first.body), "event-data": mailgun.payload(desk.said("complained", 1), NOW)}
    yield "a token used again", replace(first, body=json.dumps(body).encode())
