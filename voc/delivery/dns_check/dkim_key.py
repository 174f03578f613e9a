"""DKIM: whether the published key is the one we sign with."""

import re

from voc.delivery.dns_check.model import DnsFinding, Record, Sending, Verdict, not_answered
from voc.delivery.spf import Known, Seen

_DKIM_WHY = (
    "The signature proves that nobody changed the mail; large providers ask for it from everybody who sends much."
)


def dkim_findings(sending: Sending, known: Known) -> list[DnsFinding]:
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
        return [not_answered("DKIM", signing.name, answer, _DKIM_WHY)]
    mend = Record(signing.name, "TXT", signing.record)
    keys = [tags_of(value).get("p") for value in answer.values if "p=" in value.replace(" ", "")]
    ours = tags_of(signing.record).get("p")
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


def tags_of(text: str) -> dict[str, str]:
    """`v=DKIM1; p=AB CD` as a mapping; spaces inside a value do not count."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, equals, value in pairs if equals}
