"""Everything that was looked at, in the order of the mail’s way."""

from collections.abc import Sequence

from voc.delivery.dns_check.dkim_key import dkim_findings
from voc.delivery.dns_check.dmarc_policy import dmarc_findings
from voc.delivery.dns_check.model import DnsFinding, Sending, Verdict
from voc.delivery.dns_check.spf_record import spf_findings
from voc.delivery.dns_check.ways import link_findings, mail_findings
from voc.delivery.spf import Known


def findings(sending: Sending, known: Known) -> list[DnsFinding]:
    """Everything that was looked at, the good too, in the order of the mail's way: out, read, back, clicked."""
    return [
        *spf_findings(sending, known),
        *dkim_findings(sending, known),
        *(one for domain in sending.from_domains for one in dmarc_findings(sending, domain, known)),
        *mail_findings(sending, known),
        *link_findings(sending, known),
    ]


def amiss(found: Sequence[DnsFinding]) -> list[DnsFinding]:
    """What a person should know before a wave: wrong, or not known."""
    return [one for one in found if one.verdict in (Verdict.WRONG, Verdict.UNKNOWN)]
