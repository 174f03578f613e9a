"""Whether bounces and replies can come back, and links can be opened."""

from voc.delivery.dns_check.model import ONLY_HERE, DnsFinding, Record, Sending, Verdict, not_answered
from voc.delivery.dns_check.questions import addresses, exchangers, is_number_address, post_boxes
from voc.delivery.spf import Known, Seen


def mail_findings(sending: Sending, known: Known) -> list[DnsFinding]:
    found = []
    for domain in post_boxes(sending):
        about = "Bounces" if domain == sending.return_domain else "Replies"
        why = (
            "A bounce that cannot come back is never seen: the chase goes on to an address that is gone."
            if about == "Bounces"
            else "People answer the mail itself. Such an answer must reach the CSM."
        )
        found.append(_post_box(about, domain, known, why))
    return found


def _post_box(about: str, domain: str, known: Known, why: str) -> DnsFinding:
    answer = known.get((domain, "MX"))
    if answer is None or answer.seen is Seen.FAILED:
        return not_answered(about, domain, answer, why)
    hosts = exchangers(answer)
    mend = Record(domain, "MX", "10 the mail server that takes our bounces and replies")
    if answer.values and not hosts:
        return DnsFinding(
            Verdict.WRONG, about, domain, f"{domain} says that it takes no mail (an MX of “.”).", why, mend
        )
    if not hosts:
        state = _resolves(domain, known)
        if state is None:
            return not_answered(about, domain, known.get((domain, "A")), why)
        if state:
            what = f"{domain} has no MX record; mail is tried at its own address instead."
            return DnsFinding(Verdict.TOLD, about, domain, what, why, mend)
        return DnsFinding(Verdict.WRONG, about, domain, f"{domain} has no MX record and no address.", why, mend)
    states = [_resolves(host, known) for host in hosts[:4]]
    if any(states):
        return DnsFinding(Verdict.WELL, about, domain, f"Mail to {domain} goes to {', '.join(hosts[:4])}.", why)
    if None in states:
        return not_answered(about, hosts[states.index(None)], known.get((hosts[states.index(None)], "A")), why)
    what = f"The MX record of {domain} names {', '.join(hosts[:4])}, which has no address."
    return DnsFinding(Verdict.WRONG, about, domain, what, why, mend)


def _resolves(name: str, known: Known) -> bool | None:
    """None when the DNS did not say."""
    answers = [known.get(question) for question in addresses(name)]
    if any(answer is not None and answer.seen is Seen.FOUND for answer in answers):
        return True
    return None if any(answer is None or answer.seen is Seen.FAILED for answer in answers) else False


def link_findings(sending: Sending, known: Known) -> list[DnsFinding]:
    host = sending.link_host
    why = "Every link in our mail leads there: the questionnaire and the way out of it."
    if is_number_address(host) or host.rpartition(".")[2] in ONLY_HERE or "." not in host:
        what = f"Links in mails lead to {host}, which other people cannot open. Set base_url to the public address."
        return [DnsFinding(Verdict.WRONG, "Links", host, what, why)]
    state = _resolves(host, known)
    if state is None:
        return [not_answered("Links", host, known.get((host, "A")), why)]
    if not state:
        mend = Record(host, "A", "the address of this server")
        return [DnsFinding(Verdict.WRONG, "Links", host, f"{host} has no address in the DNS.", why, mend)]
    return [DnsFinding(Verdict.WELL, "Links", host, f"{host} has an address.", why)]
