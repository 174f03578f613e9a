"""DMARC: the policy of the domain that readers see, and whether our mail passes it."""

from voc.delivery.dns_check.dkim_key import tags_of
from voc.delivery.dns_check.model import DnsFinding, Record, Sending, Verdict, not_answered
from voc.delivery.dns_check.questions import upwards
from voc.delivery.spf import Known, Seen

_DMARC_WHY = (
    "It says what becomes of mail that only pretends to come from you. Large providers ask for it from everybody"
    " who sends much, and without it your name is easier to forge."
)


def dmarc_findings(sending: Sending, domain: str, known: Known) -> list[DnsFinding]:
    for place in upwards(domain):
        answer = known.get((f"_dmarc.{place}", "TXT"))
        if answer is None or answer.seen is Seen.FAILED:
            return [not_answered("DMARC", f"_dmarc.{place}", answer, _DMARC_WHY)]
        found = [value for value in answer.values if value.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) > 1:
            what = f"{domain} has {len(found)} DMARC records at _dmarc.{place}, and one is allowed: none counts."
            return [
                DnsFinding(Verdict.WRONG, "DMARC", domain, what, _DMARC_WHY, Record(f"_dmarc.{place}", "TXT", found[0]))
            ]
        if found:
            tags = tags_of(found[0])
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
        what = f"The DMARC record at {name} names no policy that exists (p={policy[:40] or ' is missing'})."
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
    common = [one for one in upwards(domain) if other.endswith(f".{one}")]
    return any(
        answer is not None and any("v=dmarc1" in value.lower().replace(" ", "") for value in answer.values)
        for answer in (known.get((f"_dmarc.{one}", "TXT")) for one in common)
    )
