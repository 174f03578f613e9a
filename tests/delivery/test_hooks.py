"""Webhooks of mail providers: taken when they prove themselves, acted on once, for our own recipient only."""

import email
import json
from collections.abc import Iterator

import pytest

from tests.delivery.callers import TOPIC, caller, callers
from tests.delivery.hooked import Hooked, hooked
from tests.delivery.world import frozen
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault


@pytest.fixture
def lite(sqlite: Database, vault: Vault) -> Iterator[Hooked]:
    """For what does not touch SQL itself."""
    with hooked(sqlite, vault) as found:
        found.enter_keys()
        yield found


@pytest.fixture
def desk(database: Database, vault: Vault) -> Iterator[Hooked]:
    with hooked(database, vault, people=8) as found:
        found.enter_keys()
        yield found


def test_what_each_provider_says_becomes_of_the_mail_what_it_should(desk: Hooked) -> None:
    for number, one in enumerate(callers()):
        desk.lose(number)
        posts = [
            *one.tells(desk.said("delivered", number)),
            *one.tells(desk.said("bounced", number, code="5.1.1", text="550 5.1.1 user unknown")),
        ]
        assert [answer.status_code for answer in desk.post(*posts)] == [200, 200], one.name
    desk.catch_up()
    for number, one in enumerate(callers()):
        expected = ("sent", "5.1.1", "bounced", ["bounced"], ["hard_bounce"])
        assert desk.became(number) == expected, one.name


REPLY = (
    "From: Ana Ruiz <{sender}>\r\nTo: feedback@kestrel.example\r\nSubject: Re: hello\r\n"
    "Message-ID: <answer-{name}@calder.example>\r\nIn-Reply-To: {answers}\r\n\r\nLet us talk on Friday.\r\n"
)


def test_a_reply_that_a_provider_brings_is_a_reply(desk: Hooked) -> None:
    posts = []
    for number, one in enumerate(callers()):
        mail = desk.sent[number]
        text = REPLY.format(sender=mail.address, name=one.name, answers=mail.message_id)
        posts.append(one.brings(text.encode(), to=mail.return_path))
    assert {answer.status_code for answer in desk.post(*posts, *posts)} == {200}
    desk.catch_up()
    for number, one in enumerate(callers()):
        assert desk.became(number) == ("sent", None, "replied", [], ["reply"]), one.name
        assert desk.events(one.name) == {"mail": 1}
    assert {row.source for row in desk.rows(schema.inbound)} == {one.name for one in callers()}


def test_a_delivery_that_came_before_we_knew_that_we_do_not_know_settles_it(lite: Hooked) -> None:
    lite.post(*caller("ses").tells(lite.said("delivered", 0)))
    lite.catch_up()
    lite.lose(0)
    assert lite.catch_up() == {"settled": 1}
    assert lite.became(0)[0] == "sent"


def test_what_is_said_of_a_mail_in_test_mode_teaches_nothing_about_the_contact(sqlite: Database, vault: Vault) -> None:
    with hooked(sqlite, vault, people=5, test_mode=True, test_address="try@kestrel.example") as desk:
        desk.enter_keys()
        for number, one in enumerate(callers()):
            desk.post(*one.tells(desk.said("bounced", number, code="5.1.1", text="550 5.1.1 unknown")))
            desk.post(*one.tells(desk.said("complained", number, id=f"complaint-{number}")))
        desk.catch_up()
        assert [desk.became(number) for number in range(5)] == [("sent", None, None, [], [])] * 5
        assert desk.rows(schema.inbound) == []


def test_somebody_who_unsubscribes_at_the_provider_is_not_written_to_again(lite: Hooked) -> None:
    lite.post(*caller("mailgun").tells(lite.said("unsubscribed", 0)))
    lite.catch_up()
    assert lite.became(0) == ("sent", None, "opted_out", ["opt_out"], [])


def test_two_complaints_stop_the_wave(lite: Hooked) -> None:
    lite.post(*caller("postmark").tells(lite.said("complained", 0), lite.said("complained", 1)))
    lite.catch_up()
    assert [row.state for row in lite.rows(schema.wave)] == ["paused"]


def test_aws_is_told_that_we_subscribe_to_the_topic_that_was_entered_and_to_no_other(lite: Hooked) -> None:
    ses = caller("ses")
    posts = (ses.asks_to_subscribe(), ses.asks_to_subscribe(TopicArn=TOPIC + "-of-others"))
    assert [answer.status_code for answer in lite.post(*posts)] == [200, 401]
    lite.catch_up()
    assert [url for url in lite.aws.asked if "Confirm" in url] == [
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Akestrel-mail"
        "&Token=2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92768dd60a747ba6f3beb71854e285d6ad"
    ]


def test_mail_carries_its_id_for_the_providers_that_are_set_up(sqlite: Database, vault: Vault) -> None:
    """SendGrid reports spam, and Postmark everything, without the Message-ID of the mail."""
    with hooked(sqlite, vault, people=1, keys_first=True) as desk:
        headers = email.message_from_bytes(frozen(sqlite, desk.sent[0], vault))
        bare = desk.sent[0].message_id.strip("<>")
    assert headers["X-PM-Metadata-voc-message-id"] == bare
    assert json.loads(headers["X-SMTPAPI"]) == {"unique_args": {"voc_message_id": bare}}
