"""What the DNS says about our mail: SPF, DKIM, DMARC, where bounces go, where links lead. Records in, findings out.

`still_to_ask` says which records must be looked up next, `findings` what is right, wrong or not known,
each with why it matters and the record to publish. Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489
(DMARC), RFC 7505 (a domain that takes no mail).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from voc.delivery import spf
from voc.delivery.spf import Answer, Known, Question, Seen

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
_HIGHEST = 5  # so many labels up a policy is looked for
_ONLY_HERE = ("localhost", "localdomain", "local", "invalid", "internal")


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
    if domain.strip("[]").replace(".", "").isdigit() or domain.rpartition(".")[2] in _ONLY_HERE or "." not in domain:
        return f"mails come from {domain}, which only this machine knows"
    return None


# --- what to ask --------------------------------------------------------------------------------


def still_to_ask(sending: Sending, known: Known) -> list[Question]:
    """What is not known yet; empty when everything that can be said can be said."""
    wanted: list[Question] = [*spf.walk(sending.return_domain, known).wanted]
    if sending.signing is not None:
        wanted.append((sending.signing.name, "TXT"))
    for domain in sending.from_domains:
        wanted += [(f"_dmarc.{one}", "TXT") for one in _upwards(domain)]
    for domain in _post_boxes(sending):
        wanted.append((domain, "MX"))
        answer = known.get((domain, "MX"))
        if answer is not None and answer.seen is Seen.NONE:
            wanted += _addresses(domain)
        for host in _exchangers(answer)[:4]:
            wanted += _addresses(host)
    if not _is_number(sending.link_host):
        wanted += _addresses(sending.link_host)
    return [one for one in dict.fromkeys(wanted) if one not in known]


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))][:_HIGHEST]


def _post_boxes(sending: Sending) -> list[str]:
    """Bounces go to the return path's domain, answers to the house's own address."""
    return list(dict.fromkeys((sending.return_domain, sending.from_domains[0])))


def _addresses(name: str) -> list[Question]:
    return [(name, "A"), (name, "AAAA")]


def _exchangers(answer: Answer | None) -> list[str]:
    """The hosts of an MX answer, the preferred first; without the one dot that says no mail is taken."""
    if answer is None:
        return []
    pairs = [value.split() for value in answer.values]
    told = sorted(
        (int(pair[0]), pair[1].rstrip(".").lower()) for pair in pairs if len(pair) == 2 and pair[0].isdecimal()
    )
    return [host for _, host in told if host]


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


# --- what was found -----------------------------------------------------------------------------


def findings(sending: Sending, known: Known) -> list[DnsFinding]:
    """Everything that was looked at, the good too, in the order of the mail's way: out, read, back, clicked."""
    return [
        *_spf(sending, known),
        *_dkim(sending, known),
        *(one for domain in sending.from_domains for one in _dmarc(sending, domain, known)),
        *_mail_comes_in(sending, known),
        *_links(sending, known),
    ]


def _not_answered(about: str, domain: str, answer: Answer | None, why: str) -> DnsFinding:
    trouble = answer.trouble if answer is not None and answer.trouble else "it was not asked"
    return DnsFinding(Verdict.UNKNOWN, about, domain, f"The DNS gave no answer for {domain}: {trouble}.", why)


_SPF_WHY = "Receivers ask it which servers may send for this domain; without it our mail is often taken for forged."


def _spf(sending: Sending, known: Known) -> list[DnsFinding]:
    domain = sending.return_domain
    answer = known.get((domain, "TXT"))
    if answer is None or answer.seen is Seen.FAILED:
        return [_not_answered("SPF", domain, answer, _SPF_WHY)]
    found = spf.records(answer)
    if not found:
        mend = Record(domain, "TXT", f"v=spf1 {_needed(sending)} ~all")
        what = f"{domain} has no SPF record; it is the domain of the return path, which is where receivers look."
        return [DnsFinding(Verdict.WRONG, "SPF", domain, what, _SPF_WHY, mend)]
    if len(found) > 1:
        terms = dict.fromkeys(term for one in found for term in one.split()[1:] if term.lstrip("+-~?") != "all")
        mend = Record(domain, "TXT", " ".join(("v=spf1", *terms, "~all")))
        what = f"{domain} has {len(found)} SPF records, and one is allowed: receivers then read none of them."
        return [DnsFinding(Verdict.WRONG, "SPF", domain, what, _SPF_WHY, mend)]
    wrong = _spf_wrong(domain, found[0], spf.walk(domain, known))
    return [*(wrong or [_spf_well(domain, found[0], known)]), *_spf_told(sending, found[0], known)]


def _needed(sending: Sending) -> str:
    """What the record must name, as far as we can know it."""
    includes = [include for host in sending.relay_hosts if (include := _provider_include(host)) is not None]
    hosts = [f"a:{host}" for host in sending.relay_hosts if _provider_include(host) is None and _is_public(host)]
    return " ".join(dict.fromkeys([*(f"include:{one}" for one in includes), *hosts])) or "a mx"


def _is_public(host: str) -> bool:
    return "." in host and not _is_number(host) and host.rpartition(".")[2] not in _ONLY_HERE


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
            f" {', '.join(walk.names[:12])}."
        )
        found.append(
            wrong(what, "Receivers stop there and take the whole record as broken. Take out what no longer sends.")
        )
    if walk.without_record:
        names = ", ".join(dict.fromkeys(walk.without_record))
        what = f"The SPF record of {domain} refers to {names}, which has no SPF record of its own."
        found.append(wrong(what, "Receivers take the whole record as broken. Take it out, or correct the name."))
    if walk.unanswered:
        what = (
            f"{', '.join(dict.fromkeys(walk.unanswered))}, to which the SPF record of {domain} refers, gave no answer."
        )
        found.append(DnsFinding(Verdict.UNKNOWN, "SPF", domain, what, _SPF_WHY))
    return found


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


_DKIM_WHY = (
    "The signature proves that nobody changed the mail; large providers ask for it from everybody who sends much."
)


def _dkim(sending: Sending, known: Known) -> list[DnsFinding]:
    signing = sending.signing
    if signing is None:
        domain = sending.from_domains[0]
        what = (
            f"Mail is not signed here. If your mail server signs for {domain}, all is well: which key it uses cannot"
            " be seen from here. Send a test mail to yourself and look for dkim=pass in its source."
        )
        return [DnsFinding(Verdict.TOLD, "DKIM", domain, what, _DKIM_WHY)]
    answer = known.get((signing.name, "TXT"))
    if answer is None or answer.seen is Seen.FAILED:
        return [_not_answered("DKIM", signing.name, answer, _DKIM_WHY)]
    mend = Record(signing.name, "TXT", signing.record)
    keys = [_tags(value).get("p") for value in answer.values if "p=" in value.replace(" ", "")]
    ours = _tags(signing.record).get("p")
    if ours in keys:
        what = f"The key at {signing.name} is the one we sign with."
        return [DnsFinding(Verdict.WELL, "DKIM", signing.domain, what, _DKIM_WHY)]
    if not keys:
        what = f"There is no key at {signing.name}, and we sign with one: every receiver finds the signature broken."
    elif keys == [""]:
        what = f"The key at {signing.name} was taken back (p= is empty), and we still sign with it."
    else:
        what = f"The key at {signing.name} is another than the one we sign with: every signature is found broken."
    return [DnsFinding(Verdict.WRONG, "DKIM", signing.domain, what, _DKIM_WHY, mend)]


def _tags(text: str) -> dict[str, str]:
    """`v=DKIM1; p=AB CD` as a mapping; spaces inside a value do not count."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, equals, value in pairs if equals}


_DMARC_WHY = (
    "It says what becomes of mail that only pretends to come from you. Large providers ask for it from everybody"
    " who sends much, and without it your name is easier to forge."
)


def _dmarc(sending: Sending, domain: str, known: Known) -> list[DnsFinding]:
    for place in _upwards(domain):
        answer = known.get((f"_dmarc.{place}", "TXT"))
        if answer is None or answer.seen is Seen.FAILED:
            return [_not_answered("DMARC", f"_dmarc.{place}", answer, _DMARC_WHY)]
        found = [value for value in answer.values if value.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) > 1:
            what = f"{domain} has {len(found)} DMARC records at _dmarc.{place}, and one is allowed: none counts."
            return [
                DnsFinding(Verdict.WRONG, "DMARC", domain, what, _DMARC_WHY, Record(f"_dmarc.{place}", "TXT", found[0]))
            ]
        if found:
            tags = _tags(found[0])
            policy = (tags.get("sp") if place != domain else None) or tags.get("p", "")
            return [
                _policy(domain, place, policy.lower(), found[0]),
                *_aligned(sending, domain, policy.lower(), tags, known),
            ]
    mend = Record(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:{sending.from_address}")
    return [DnsFinding(Verdict.WRONG, "DMARC", domain, f"{domain} has no DMARC record.", _DMARC_WHY, mend)]


def _policy(domain: str, place: str, policy: str, record: str) -> DnsFinding:
    name = f"_dmarc.{place}"
    if policy not in ("none", "quarantine", "reject"):
        what = f"The DMARC record at {name} names no policy that exists (p={policy or ' is missing'})."
        mend = Record(name, "TXT", "v=DMARC1; p=none")
        return DnsFinding(Verdict.WRONG, "DMARC", domain, what, _DMARC_WHY, mend)
    if policy == "none":
        what = (
            f"DMARC of {domain} only watches (p=none). That is enough to send; quarantine or reject protects your name."
        )
        return DnsFinding(Verdict.TOLD, "DMARC", domain, what, _DMARC_WHY)
    return DnsFinding(Verdict.WELL, "DMARC", domain, f"DMARC of {domain} is there: {record[:200]}", _DMARC_WHY)


def _aligned(sending: Sending, domain: str, policy: str, tags: dict[str, str], known: Known) -> list[DnsFinding]:
    """Whether SPF or our signature speaks for the very domain that readers see."""
    by_path = _same_house(domain, sending.return_domain, strict=tags.get("aspf") == "s", known=known)
    signing = sending.signing
    by_key = signing is not None and _same_house(domain, signing.domain, strict=tags.get("adkim") == "s", known=known)
    if by_path or by_key:
        ways = " and ".join(one for one, goes in (("the return path", by_path), ("our signature", by_key)) if goes)
        what = f"Mail from {domain} passes DMARC by {ways}."
        return [DnsFinding(Verdict.WELL, "DMARC", domain, what, _DMARC_WHY)]
    what = (
        f"Readers see {domain}, bounces go to {sending.return_domain}"
        + (f", we sign as {signing.domain}" if signing is not None else "")
        + f": neither speaks for {domain}. Unless your mail server signs as {domain}, DMARC fails."
    )
    verdict = Verdict.WRONG if policy in ("quarantine", "reject") else Verdict.TOLD
    why = f"By its policy ({policy}) such mail is put aside or refused. Set bounce_domain to a name below {domain}."
    return [DnsFinding(verdict, "DMARC", domain, what, why if verdict is Verdict.WRONG else _DMARC_WHY)]


def _same_house(domain: str, other: str, *, strict: bool, known: Known) -> bool:
    """Relaxed alignment: the same organisation. Below one another, or below a common name that has a policy."""
    if domain == other:
        return True
    if strict:
        return False
    if domain.endswith(f".{other}") or other.endswith(f".{domain}"):
        return True
    common = [one for one in _upwards(domain) if other.endswith(f".{one}")]
    return any(
        answer is not None and any("v=dmarc1" in value.lower().replace(" ", "") for value in answer.values)
        for answer in (known.get((f"_dmarc.{one}", "TXT")) for one in common)
    )


def _mail_comes_in(sending: Sending, known: Known) -> list[DnsFinding]:
    found = []
    for domain in _post_boxes(sending):
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
        return _not_answered(about, domain, answer, why)
    hosts = _exchangers(answer)
    mend = Record(domain, "MX", "10 the mail server that takes our bounces and replies")
    if answer.values and not hosts:
        return DnsFinding(
            Verdict.WRONG, about, domain, f"{domain} says that it takes no mail (an MX of “.”).", why, mend
        )
    if not hosts:
        state = _resolves(domain, known)
        if state is None:
            return _not_answered(about, domain, known.get((domain, "A")), why)
        if state:
            what = f"{domain} has no MX record; mail is tried at its own address instead."
            return DnsFinding(Verdict.TOLD, about, domain, what, why, mend)
        return DnsFinding(Verdict.WRONG, about, domain, f"{domain} has no MX record and no address.", why, mend)
    states = [_resolves(host, known) for host in hosts[:4]]
    if any(states):
        return DnsFinding(Verdict.WELL, about, domain, f"Mail to {domain} goes to {', '.join(hosts[:4])}.", why)
    if None in states:
        return _not_answered(about, hosts[states.index(None)], known.get((hosts[states.index(None)], "A")), why)
    what = f"The MX record of {domain} names {', '.join(hosts[:4])}, which has no address."
    return DnsFinding(Verdict.WRONG, about, domain, what, why, mend)


def _resolves(name: str, known: Known) -> bool | None:
    """None when the DNS did not say."""
    answers = [known.get(question) for question in _addresses(name)]
    if any(answer is not None and answer.seen is Seen.FOUND for answer in answers):
        return True
    return None if any(answer is None or answer.seen is Seen.FAILED for answer in answers) else False


def _links(sending: Sending, known: Known) -> list[DnsFinding]:
    host = sending.link_host
    why = "Every link in our mail leads there: the questionnaire and the way out of it."
    if _is_number(host) or host.rpartition(".")[2] in _ONLY_HERE or "." not in host:
        what = f"Links in mails lead to {host}, which other people cannot open. Set base_url to the public address."
        return [DnsFinding(Verdict.WRONG, "Links", host, what, why)]
    state = _resolves(host, known)
    if state is None:
        return [_not_answered("Links", host, known.get((host, "A")), why)]
    if not state:
        mend = Record(host, "A", "the address of this server")
        return [DnsFinding(Verdict.WRONG, "Links", host, f"{host} has no address in the DNS.", why, mend)]
    return [DnsFinding(Verdict.WELL, "Links", host, f"{host} has an address.", why)]


def amiss(found: Sequence[DnsFinding]) -> list[DnsFinding]:
    """What a person should know before a wave: wrong, or not known."""
    return [one for one in found if one.verdict in (Verdict.WRONG, Verdict.UNKNOWN)]
