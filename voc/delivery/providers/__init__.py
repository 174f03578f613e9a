"""Mail providers' webhooks: is this call theirs, and what does it say. One module each, one shape, all of it pure.

`verify` looks at a call as it came and gives the reason to refuse it, or None. `pieces` splits what
was verified into events, each with the provider's own id, as they are kept. `read` says later what
a kept piece means. Whatever a provider, or somebody in its name, sends: none of the three raises.
"""

from voc.delivery.providers import generic, mailgun, postmark, sendgrid, ses
from voc.delivery.providers.model import Provider

PROVIDERS: dict[str, Provider] = {
    "ses": Provider("ses", ses.verify, ses.pieces, ses.read, ses.TYPES, ses.LARGEST, ses.glance),
    "sendgrid": Provider(
        "sendgrid", sendgrid.verify, sendgrid.pieces, sendgrid.read, sendgrid.TYPES, sendgrid.LARGEST, sendgrid.glance
    ),
    "postmark": Provider(
        "postmark", postmark.verify, postmark.pieces, postmark.read, postmark.TYPES, postmark.LARGEST, postmark.glance
    ),
    "mailgun": Provider(
        "mailgun", mailgun.verify, mailgun.pieces, mailgun.read, mailgun.TYPES, mailgun.LARGEST, mailgun.glance
    ),
    "generic": Provider(
        "generic", generic.verify, generic.pieces, generic.read, generic.TYPES, generic.LARGEST, generic.glance
    ),
}
