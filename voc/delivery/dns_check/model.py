"""How our mail goes out, and what is found about it."""

from dataclasses import dataclass
from enum import StrEnum

from voc.delivery.spf import Answer

ONLY_HERE = ("localhost", "localdomain", "local", "invalid", "internal")


class Verdict(StrEnum):
    WELL = "well"
    TOLD = "told"  # worth knowing; nothing to mend for certain
    WRONG = "wrong"
    UNKNOWN = "unknown"  # the DNS did not answer


@dataclass(frozen=True)
class Record:
    """What to publish, exactly."""

    name: str
    type: str
    value: str


@dataclass(frozen=True)
class DnsFinding:
    """`what` was found, `why` it matters, and the record that mends it."""

    verdict: Verdict
    about: str  # SPF, DKIM, DMARC, Bounces, Replies, Links
    domain: str
    what: str
    why: str
    record: Record | None = None


@dataclass(frozen=True)
class Signing:
    """How we sign: `record` is what must stand at `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    record: str

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True)
class Sending:
    """How our mail goes out. `from_domains`: the house's first, then those of CSMs who are senders themselves."""

    from_domains: tuple[str, ...]
    return_domain: str
    relay_hosts: tuple[str, ...]
    link_host: str
    from_address: str
    signing: Signing | None = None


def why_not_checked(sending: Sending) -> str | None:
    """A reason why nobody's DNS can be asked, or None."""
    domain = sending.from_domains[0]
    if domain.strip("[]").replace(".", "").isdigit() or domain.rpartition(".")[2] in ONLY_HERE or "." not in domain:
        return f"mails come from {domain}, which only this machine knows"
    return None


def not_answered(about: str, domain: str, answer: Answer | None, why: str) -> DnsFinding:
    trouble = answer.trouble if answer is not None and answer.trouble else "it was not asked"
    return DnsFinding(Verdict.UNKNOWN, about, domain, f"The DNS gave no answer for {domain}: {trouble}.", why)
