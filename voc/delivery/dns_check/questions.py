"""What to ask the DNS."""

import ipaddress

from voc.delivery import spf
from voc.delivery.dns_check.model import Sending
from voc.delivery.spf import Answer, Known, Question, Seen

_HIGHEST = 5  # so many labels up a policy is looked for


def still_to_ask(sending: Sending, known: Known) -> list[Question]:
    """What is not known yet; empty when everything that can be said can be said."""
    wanted: list[Question] = [*spf.walk(sending.return_domain, known).wanted]
    if sending.signing is not None:
        wanted.append((sending.signing.name, "TXT"))
    for domain in sending.from_domains:
        wanted += [(f"_dmarc.{one}", "TXT") for one in upwards(domain)]
    for domain in post_boxes(sending):
        wanted.append((domain, "MX"))
        answer = known.get((domain, "MX"))
        if answer is not None and answer.seen is Seen.NONE:
            wanted += addresses(domain)
        for host in exchangers(answer)[:4]:
            wanted += addresses(host)
    if not is_number_address(sending.link_host):
        wanted += addresses(sending.link_host)
    return [one for one in dict.fromkeys(wanted) if one not in known]


def upwards(domain: str) -> list[str]:
    """The domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))][:_HIGHEST]


def post_boxes(sending: Sending) -> list[str]:
    """Bounces go to the return path's domain, answers to the house's own address."""
    return list(dict.fromkeys((sending.return_domain, sending.from_domains[0])))


def addresses(name: str) -> list[Question]:
    return [(name, "A"), (name, "AAAA")]


def exchangers(answer: Answer | None) -> list[str]:
    """The hosts of an MX answer, the preferred first; without the one dot that says no mail is taken."""
    if answer is None:
        return []
    pairs = [value.split() for value in answer.values]
    told = sorted(
        (int(pair[0]), pair[1].rstrip(".").lower()) for pair in pairs if len(pair) == 2 and pair[0].isdecimal()
    )
    return [host for _, host in told if host]


def is_number_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
