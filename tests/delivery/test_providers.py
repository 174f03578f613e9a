"""What each provider's own examples mean, and what a bounce says about whom. Pure: no database, no network."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.delivery.callers import CERTIFICATE, Aws, Ses, caller
from voc.base.words import InboundKind
from voc.delivery.fetching import Outgoing
from voc.delivery.providers import PROVIDERS, echo, reading, ses
from voc.delivery.providers.model import Call, EventKind, Keys, Report, Says, WhyNot
from voc.delivery.providers.verdict import bounce_kind

HARD, SOFT, POLICY = InboundKind.HARD_BOUNCE, InboundKind.SOFT_BOUNCE, InboundKind.POLICY_BOUNCE


def read(provider: str, **event: Any) -> Any:
    return PROVIDERS[provider].read(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("code", "text", "says", "kind"),
    [
        ("5.1.1", "550 5.1.1 user unknown", None, HARD),
        ("5.1.1", "550 5.1.1 user unknown", Says.PASSING, SOFT),
        ("5.1.1", "550 5.1.1 user unknown", Says.REPUTATION, POLICY),
        ("5.7.1", "550 5.7.1 blocked", Says.GONE, POLICY),
        ("5.2.2", "552 mailbox full", Says.GONE, SOFT),
        ("4.4.1", "timeout", Says.GONE, SOFT),
        (None, "", Says.GONE, HARD),
        ("5.0.0", "smtp;550 rejected", Says.GONE, HARD),
        (None, "", Says.REPUTATION, POLICY),
        (None, "", None, SOFT),
    ],
)
def test_a_provider_can_soften_a_bounce_and_decides_only_where_the_server_gave_no_cause(
    code: str | None, text: str, says: Says | None, kind: InboundKind
) -> None:
    assert bounce_kind(Report("ana@calder.example", code, text), says) is kind


def test_postmarks_general_explanation_of_a_class_is_not_taken_for_the_servers_words() -> None:
    general = "The server was unable to deliver your message (ex: unknown user, mailbox not found)."
    event = read("postmark", RecordType="Bounce", Type="SoftBounce", Email="a@b.example", Description=general)
    assert bounce_kind(event.reports[0], event.says) is SOFT


def test_what_a_mailbox_provider_reports_as_no_spam_is_no_complaint() -> None:
    told = {"complaintFeedbackType": "not-spam", "complainedRecipients": [{"emailAddress": "a@b.example"}]}
    assert read("ses", eventType="Complaint", complaint=told).kind is EventKind.IGNORED


def test_an_address_on_the_providers_own_list_is_gone_and_one_on_another_list_says_nothing() -> None:
    gone = read("sendgrid", event="dropped", email="a@b.example", reason="Bounced Address")
    other = read("sendgrid", event="dropped", email="a@b.example", reason="Spam Reporting Address")
    assert [bounce_kind(one.reports[0], one.says) for one in (gone, other)] == [HARD, SOFT]


def test_mailguns_temporary_failure_is_only_put_off() -> None:
    body = {"event-data": {"event": "failed", "severity": "temporary", "recipient": "a@b.example"}}
    assert read("mailgun", **body).kind is EventKind.DEFERRED


def test_the_mail_carries_its_id_for_the_providers_that_would_not_tell_it() -> None:
    found = dict(echo.headers("<0123@kestrel.example>", providers={"sendgrid", "postmark", "ses"}))
    assert found == {
        "X-SMTPAPI": '{"unique_args":{"voc_message_id":"0123@kestrel.example"}}',
        "X-PM-KeepID": "true",
        "X-PM-Metadata-voc-message-id": "0123@kestrel.example",
    }
    assert echo.headers("<0123@kestrel.example>", providers={"ses", "mailgun", "generic"}) == ()


def test_sns_signs_in_two_ways_and_both_are_known() -> None:
    for version in ("1", "2"):
        post = Ses(version=version).notifies("{}", id="x")
        keys = Keys((caller("ses").key,), certificate=Outgoing(Aws(caller("ses").certificate).get).certificate)
        call = Call({"content-type": "text/plain; charset=UTF-8"}, post.body)
        assert ses.verify(call, keys, NOW) is None


def test_a_certificate_that_has_ended_proves_nothing() -> None:
    one = Ses()
    aws = Aws(one.certified(NOW - timedelta(days=9), NOW - timedelta(days=1)))
    call = Call({"content-type": "text/plain"}, one.notifies("{}", id="x").body)
    assert ses.verify(call, Keys((one.key,), certificate=aws.get), NOW) is WhyNot.FORGED


def test_a_certificate_is_fetched_once() -> None:
    aws = Aws(b"pem")
    outgoing = Outgoing(aws.get)
    assert [outgoing.certificate(CERTIFICATE) for _ in range(3)] == [b"pem"] * 3
    assert aws.asked == [CERTIFICATE]
    with pytest.raises(OSError, match="not known"):
        Outgoing(aws.get).known_certificate(CERTIFICATE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@given(event=JSON, place=st.sampled_from(["event-data", "bounce", "mail", "delivery-status", "signature", "Metadata"]))
def test_whatever_comes_is_read_without_an_error(event: Any, place: str) -> None:
    for raw in (
        json.dumps(event).encode(),
        json.dumps({"eventType": "Bounce", "event": "bounce", place: event}).encode(),
    ):
        for provider in PROVIDERS.values():
            provider.read(raw)
            call = Call({"content-type": "application/json"}, raw)
            provider.verify(call, Keys(("a key",)), NOW)
            provider.pieces(call)


@given(raw=st.binary(max_size=60))
def test_whatever_form_comes_is_read_without_an_error(raw: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"):
        for provider in PROVIDERS.values():
            call = Call({"content-type": kind}, raw)
            provider.verify(call, Keys(("a key",), ("0" * 64,)), NOW)
            provider.pieces(call)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "99999999999999", "now", ""]
)
def test_a_moment_that_no_clock_shows_is_none(text: str) -> None:
    assert reading.moment(text) is None
