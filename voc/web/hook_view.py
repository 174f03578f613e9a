"""What Settings > Webhooks says about each provider: steps to click, what the key is, how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.delivery.providers.model import EventKind, WhyNot
from voc.delivery.store.events import Standing
from voc.delivery.store.hook_keys import SetUp
from voc.web import view


@dataclass(frozen=True)
class Offer:
    """One provider. `key` is the label of what is pasted here; None: the secret is made here."""

    name: str
    title: str
    line: str
    key: str | None
    key_help: str
    steps: Sequence[str]
    mail_steps: Sequence[str]
    mail_path: str = ""  # what the address for mails ends with
    mail_secret: bool = False  # mails come in by an address with a secret in it


OFFERS: dict[str, Offer] = {
    one.name: one
    for one in (
        Offer(
            "ses",
            "Amazon SES",
            "Events and mails come through an SNS topic, signed by AWS.",
            "ARN of the SNS topic",
            "Calls of any other topic are refused. The topic entered before stays good until you drop it, so one for"
            " events and one for mails work side by side.",
            (
                "In Amazon SNS, create a topic of type Standard in the region of your SES. Leave"
                " “Delivery policy” as it is.",
                "Copy the topic's ARN and save it here, before the next step.",
                "In the topic, create a subscription: protocol HTTPS, endpoint the address above. Leave “Enable raw"
                " message delivery” off: it removes the signature. We confirm it by ourselves within seconds.",
                "In Amazon SES, under Configuration sets, add an event destination of type SNS with this topic."
                " Tick Sends, Hard bounces, Complaints, Deliveries, Delivery delays and Rejects, not opens and clicks.",
                "Make that configuration set the default one of your sending identity (Identities, Configuration set).",
            ),
            (
                "In SES, Email receiving, create a receipt rule for your bounce domain or reply address with the action"
                " “Publish to Amazon SNS topic”, encoding Base64.",
                "Subscribe the address above to that topic too, if it is another one. SNS takes mails up to 150 KB;"
                " larger ones bounce, so a mailbox read by IMAP is the better way for long replies.",
            ),
        ),
        Offer(
            "sendgrid",
            "SendGrid",
            "Events are signed with a key pair whose public half you paste here.",
            "Verification key",
            "Public, and kept encrypted all the same. SendGrid makes a new one when signing is switched off and on.",
            (
                "In SendGrid, Settings, Mail Settings, Event Webhooks: create a new webhook with the address above.",
                "Tick Processed, Deferred, Delivered, Bounced, Dropped and Spam Reports; leave opens and clicks off.",
                "Under Security features switch “Signature verification” on, save, and copy the verification key here.",
                "Use “Test your integration” there: its sample events show here as “none of ours”.",
            ),
            (
                "Make an address for mails below. Who knows it may bring us mail, so keep it to yourself.",
                "In SendGrid, Settings, Inbound Parse: add your bounce domain (its MX must be mx.sendgrid.net) with"
                " that address and tick “POST the raw, full MIME message”.",
            ),
            mail_secret=True,
        ),
        Offer(
            "postmark",
            "Postmark",
            "Postmark signs nothing: a name and a password in the address say who calls.",
            None,
            "Made here and shown once, inside the address to paste.",
            (
                "Make the address below and copy it.",
                "In Postmark, open the server, its message stream, Webhooks, Add webhook, and paste it as the URL.",
                "Tick Delivery, Bounce, Spam complaint and Subscription change; leave Open and Link click off. Leave"
                " “Include bounce content” off: we do not need it.",
                "Press “Send test”: it shows here as “none of ours”.",
            ),
            (
                "In Postmark, open the inbound stream, Settings, and paste the same address as the inbound webhook.",
                "Tick “Include raw email content in JSON payload”: else a bounce's report is lost on the way.",
            ),
        ),
        Offer(
            "mailgun",
            "Mailgun",
            "Each call carries a token signed with your account's key; a token is good once, for five minutes.",
            "HTTP webhook signing key",
            "In Mailgun under Settings, API Security. Not the API key.",
            (
                "In Mailgun, Settings, API Security: copy the HTTP webhook signing key and save it here.",
                "Under Sending, Webhooks, choose your domain and add the address above for Accepted, Delivered,"
                " Permanent failure, Temporary failure and Spam complaints.",
                "Use “Test webhook” there: it shows here as “none of ours”.",
            ),
            (
                "Under Receiving, create a route that matches your bounce domain with the action Forward to the address"
                " for mails. It ends with “mime” so that Mailgun brings the mail whole.",
            ),
            mail_path="/mime",
        ),
        Offer(
            "generic",
            "Anything that can sign",
            "A mail server of your own, a script, or a provider that is not listed: HMAC-SHA256 over time and body.",
            None,
            "Made here and shown once.",
            (
                "Make the key below and put it where your program can read it.",
                "Send events as JSON, or whole mails as message/rfc822, to the address above, with the two headers of"
                " the example. Each call is good for five minutes, each event counts once by its id.",
            ),
            (),
        ),
    )
}

REASONS: Mapping[WhyNot, str] = {
    WhyNot.NO_KEY: "nothing is set up for it here",
    WhyNot.WRONG_TYPE: "of another content type than it sends",
    WhyNot.TOO_LARGE: "too large",
    WhyNot.UNREADABLE: "cut off or not readable",
    WhyNot.UNSIGNED: "without a signature or password",
    WhyNot.FORGED: "with a signature or password that does not fit",
    WhyNot.OLD: "too old, or our clock is wrong",
    WhyNot.WRONG_TOPIC: "of a topic that is not entered here",
    WhyNot.WRONG_HOST: "with a certificate or confirmation from elsewhere",
    WhyNot.NO_CERTIFICATE: "AWS did not show its certificate",
}
_KINDS: Mapping[str, str] = {
    "": "waiting to be read",
    EventKind.ACCEPTED: "accepted",
    EventKind.DELIVERED: "delivered",
    EventKind.DEFERRED: "put off",
    EventKind.BOUNCED: "bounced",
    EventKind.COMPLAINED: "reported as unwanted",
    EventKind.UNSUBSCRIBED: "unsubscribed at the provider",
    EventKind.MAIL: "mails",
    EventKind.CONFIRM: "subscriptions confirmed",
    EventKind.IGNORED: "others",
}


def reasons(standing: Standing) -> list[tuple[str, int]]:
    """Why calls were refused in the last week, the most frequent first."""
    return sorted(
        ((REASONS[why], number) for why, number in standing.refused.items()), key=lambda one: (-one[1], one[0])
    )


def today(standing: Standing) -> str:
    """ "312 delivered, 4 bounced", or nothing yet."""
    most = sorted(standing.today.items(), key=lambda one: (-one[1], one[0]))
    named = [f"{number:,} {_KINDS.get(kind, kind)}" for kind, number in most]
    return view.listed(named) if named else "nothing yet"


def chip(set_up: SetUp, standing: Standing) -> tuple[str, str]:
    """Class and words of a provider's state."""
    if not set_up:
        return "none", "Not set up"
    if standing.troubles:
        return "late", f"{standing.troubles} to look at"
    if standing.last_at is None or (standing.refused_at is not None and standing.refused_at > standing.last_at):
        return ("late", "Refused") if standing.refused else ("half", "Nothing came yet")
    return "done", "Works"


def heading(standings: Sequence[Standing], set_up: Mapping[str, SetUp]) -> str:
    """What an admin should know first."""
    on = [one for one in standings if set_up[one.provider]]
    if not on:
        return "No provider tells us yet what became of our mail"
    broken = [OFFERS[one.provider].title for one in on if chip(set_up[one.provider], one)[0] == "late"]
    if broken:
        return f"Calls of {view.listed(broken)} are refused or could not be acted on"
    silent = [OFFERS[one.provider].title for one in on if one.last_at is None]
    if silent:
        return f"{view.listed(silent)} is set up; nothing came yet"
    return f"{view.listed([OFFERS[one.provider].title for one in on])} tells us what became of our mail"
