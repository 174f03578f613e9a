"""SPF: which servers may send for the domain of the return path."""

import re
from collections.abc import Sequence

from voc.delivery import spf
from voc.delivery.dns_check.model import ONLY_HERE, DnsFinding, Record, Sending, Verdict, not_answered
from voc.delivery.dns_check.questions import is_number_address
from voc.delivery.spf import Known, Seen

# What these providers ask for in their own set-up pages. Told, never judged: a provider may use a
# return path of its own, and then this record is not looked at.
_ASKED_BY_PROVIDERS = (
    ("sendgrid.net", "sendgrid.net"),
    ("amazonaws.com", "amazonses.com"),
    ("mailgun.org", "mailgun.org"),
    ("postmarkapp.com", "spf.mtasv.net"),
    ("office365.com", "spf.protection.outlook.com"),
    ("outlook.com", "spf.protection.outlook.com"),
    ("gmail.com", "_spf.google.com"),
    ("google.com", "_spf.google.com"),
    ("mailjet.com", "spf.mailjet.com"),
    ("mandrillapp.com", "spf.mandrillapp.com"),
    ("sparkpostmail.com", "sparkpostmail.com"),
)

_MOST_NAMES, _LONGEST_NAME, _LONGEST_TO_PUBLISH = 12, 80, 2000
_SPF_WHY = "Receivers ask it which servers may send for this domain; without it our mail is often taken for forged."


def spf_findings(sending: Sending, known: Known) -> list[DnsFinding]:
    domain = sending.return_domain
    answer = known.get((domain, "TXT"))
    if answer is None or answer.seen is Seen.FAILED:
        return [not_answered("SPF", domain, answer, _SPF_WHY)]
    found = spf.records(answer)
    if not found:
        mend = Record(domain, "TXT", f"v=spf1 {_needed(sending)} ~all")
        what = f"{domain} has no SPF record; it is the domain of the return path, which is where receivers look."
        return [DnsFinding(Verdict.WRONG, "SPF", domain, what, _SPF_WHY, mend)]
    if len(found) > 1:
        terms = dict.fromkeys(term for one in found for term in one.split()[1:] if term.lstrip("+-~?") != "all")
        joined = " ".join(("v=spf1", *terms, "~all"))
        one = Record(domain, "TXT", joined) if len(joined) <= _LONGEST_TO_PUBLISH else None
        what = f"{domain} has {len(found)} SPF records, and one is allowed: receivers then read none of them."
        return [DnsFinding(Verdict.WRONG, "SPF", domain, what, _SPF_WHY, one)]
    wrong = _spf_wrong(domain, found[0], spf.walk(domain, known))
    return [*(wrong or [_spf_well(domain, found[0], known)]), *_spf_told(sending, found[0], known)]


def _needed(sending: Sending) -> str:
    """What the record must name, as far as we can know it."""
    includes = [include for host in sending.relay_hosts if (include := _provider_include(host)) is not None]
    hosts = [f"a:{host}" for host in sending.relay_hosts if _provider_include(host) is None and _is_public(host)]
    return " ".join(dict.fromkeys([*(f"include:{one}" for one in includes), *hosts])) or "a mx"


def _is_public(host: str) -> bool:
    return "." in host and not is_number_address(host) and host.rpartition(".")[2] not in ONLY_HERE


def _provider_include(host: str) -> str | None:
    for ending, include in _ASKED_BY_PROVIDERS:
        if host == ending or host.endswith(f".{ending}"):
            return include
    return None


def _spf_wrong(domain: str, record: str, walk: spf.Walk) -> list[DnsFinding]:
    def wrong(what: str, why: str, mend: str | None = None) -> DnsFinding:
        publish = None if mend is None else Record(domain, "TXT", mend)
        return DnsFinding(Verdict.WRONG, "SPF", domain, what, why, publish)

    found = []
    if spf.all_qualifier(record) == "+":
        what = f"The SPF record of {domain} lets every server of the world send for it (+all)."
        mend = re.sub(r"(?i)(?<=\s)\+?all\b", "~all", record)
        found.append(wrong(what, "Anybody may then send in your name, and receivers trust it less.", mend))
    if walk.in_a_circle:
        found.append(
            wrong(f"The SPF record of {domain} includes itself in a circle.", "Receivers then read none of it.")
        )
    if walk.lookups > spf.MOST_LOOKUPS:
        what = (
            f"The SPF record of {domain} costs {walk.lookups} lookups, and {spf.MOST_LOOKUPS} are allowed:"
            f" {_listed(walk.names)}."
        )
        found.append(
            wrong(what, "Receivers stop there and take the whole record as broken. Take out what no longer sends.")
        )
    if walk.without_record:
        what = (
            f"The SPF record of {domain} refers to {_listed(walk.without_record)}, which has no SPF record of its own."
        )
        found.append(wrong(what, "Receivers take the whole record as broken. Take it out, or correct the name."))
    if walk.unanswered:
        what = f"{_listed(walk.unanswered)}, to which the SPF record of {domain} refers, gave no answer."
        found.append(DnsFinding(Verdict.UNKNOWN, "SPF", domain, what, _SPF_WHY))
    elif walk.wanted and not found:
        what = f"The SPF record of {domain} leads to more records than could be looked up: {_listed(walk.names)}."
        found.append(DnsFinding(Verdict.UNKNOWN, "SPF", domain, what, _SPF_WHY))
    return found


def _listed(names: Sequence[str]) -> str:
    """A record of somebody else may hold any number of names, of any length."""
    once = [name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…" for name in dict.fromkeys(names)]
    more = [f"and {len(once) - _MOST_NAMES} more"] if len(once) > _MOST_NAMES else []
    return ", ".join(once[:_MOST_NAMES] + more)


def _spf_well(domain: str, record: str, known: Known) -> DnsFinding:
    walk = spf.walk(domain, known)
    what = f"SPF of {domain} is there and costs {walk.lookups} of {spf.MOST_LOOKUPS} lookups: {record[:300]}"
    return DnsFinding(Verdict.WELL, "SPF", domain, what, _SPF_WHY)


def _spf_told(sending: Sending, record: str, known: Known) -> list[DnsFinding]:
    domain, told = sending.return_domain, []
    names = spf.walk(domain, known).names
    ending = spf.all_qualifier(record)
    if ending in (None, "?") and spf.redirect(record) is None:
        what = f"The SPF record of {domain} does not say what becomes of mail from other servers; end it with ~all."
        mend = Record(domain, "TXT", f"{re.sub(r'(?i)[?]all', '', record).strip()} ~all")
        told.append(DnsFinding(Verdict.TOLD, "SPF", domain, what, "Forged mail is otherwise as good as yours.", mend))
    for host in dict.fromkeys(sending.relay_hosts):
        include = _provider_include(host)
        if include is not None and include not in names:
            what = (
                f"Our mail goes out by {host}, whose provider usually asks for include:{include}; the record of"
                f" {domain} does not name it. If the provider puts its own return path on our mail, that is right."
            )
            told.append(DnsFinding(Verdict.TOLD, "SPF", domain, what, _SPF_WHY))
    return told
