"""What the DNS says about our mail: SPF, DKIM, DMARC, where bounces go, where links lead. Records in, findings out.

`still_to_ask` says which records must be looked up next, `findings` what is right, wrong or not known,
each with why it matters and the record to publish. Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489
(DMARC), RFC 7505 (a domain that takes no mail).
"""

from voc.delivery.dns_check.model import DnsFinding, Record, Sending, Signing, Verdict, why_not_checked
from voc.delivery.dns_check.questions import still_to_ask
from voc.delivery.dns_check.report import amiss, findings

__all__ = [
    "DnsFinding",
    "Record",
    "Sending",
    "Signing",
    "Verdict",
    "amiss",
    "findings",
    "still_to_ask",
    "why_not_checked",
]
