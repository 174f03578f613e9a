"""Headers by which a provider gives our message id back in its events, where it would not by itself.

SES and Mailgun repeat the mail's own Message-ID; SES its return path as well.
"""

from collections.abc import Collection

import msgspec

from voc.delivery.providers import postmark, sendgrid

_POSTMARK_TAKES = 80  # characters of a value


def headers(message_id: str, *, providers: Collection[str]) -> tuple[tuple[str, str], ...]:
    """For the providers whose webhooks are set up. `message_id` with its angle brackets."""
    bare = message_id.strip("<>")
    found: list[tuple[str, str]] = []
    if "sendgrid" in providers:
        unique = msgspec.json.encode({"unique_args": {sendgrid.OWN_ID: bare}}).decode()
        found.append(("X-SMTPAPI", unique))
    if "postmark" in providers:
        found.append(("X-PM-KeepID", "true"))  # else replies and reminders would refer to an id that nobody has
        if len(bare) <= _POSTMARK_TAKES:
            found.append((f"X-PM-Metadata-{postmark.OWN_ID}", bare))
    return tuple(found)
