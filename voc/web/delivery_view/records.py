"""What the last look at SPF, DKIM and DMARC found."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from voc.delivery.dns_check import DnsFinding, Verdict, amiss
from voc.delivery.run.dns import Checked
from voc.web import view
from voc.web.delivery_view.parts import DnsPart, DnsRow, Moment

_VERDICTS = {
    Verdict.WRONG: ("late", "Mend"),
    Verdict.UNKNOWN: ("half", "Not known"),
    Verdict.TOLD: ("none", "Worth knowing"),
    Verdict.WELL: ("ok", "Well"),
}

_ORDER = tuple(_VERDICTS)
_OLD = timedelta(days=2)


def dns_part(checked: Checked | None, moment: Moment, *, not_checked: str | None, now: datetime) -> DnsPart:
    """What the last look at SPF, DKIM and DMARC found; the worst first."""
    if not_checked is not None and (checked is None or not checked.found):
        return DnsPart(f"SPF, DKIM and DMARC cannot be looked up: {not_checked}", "none", "Not checked", "", [])
    if checked is None:
        return DnsPart("SPF, DKIM and DMARC were not looked up yet", "none", "Not checked", "", [])
    wrong = [one for one in checked.found if one.verdict is Verdict.WRONG]
    doubtful = len(amiss(checked.found)) - len(wrong)
    old = " That is long ago." if now - checked.at > _OLD else ""
    rows = [_dns_row(one) for one in sorted(checked.found, key=lambda one: _ORDER.index(one.verdict))]
    glyph, state = ("late", "Mend") if wrong else ("half", "Not known") if doubtful else ("ok", "Well")
    return DnsPart(dns_words(checked.found), glyph, state, f"Looked up {moment(checked.at)}.{old}", rows)


def dns_words(found: Sequence[DnsFinding]) -> str:
    """In one line, for the heading and before a wave."""
    wrong = [one for one in found if one.verdict is Verdict.WRONG]
    unknown = [one for one in found if one.verdict is Verdict.UNKNOWN]
    if wrong:
        names = view.listed(list(dict.fromkeys(one.about for one in wrong)))
        rest = f"; {view.count(len(unknown), 'answer')} did not come" if unknown else ""
        return f"{names} of our mail need{'s' if len({one.about for one in wrong}) == 1 else ''} mending{rest}"
    if unknown:
        names = view.listed(list(dict.fromkeys(one.about for one in unknown)))
        return f"The DNS gave no answer on {names}: whether our mail is trusted is not known"
    return "SPF, DMARC, the way of bounces and of links are in order"


def _dns_row(one: DnsFinding) -> DnsRow:
    glyph, state = _VERDICTS[one.verdict]
    record = f"{one.record.name}  {one.record.type}  {one.record.value}" if one.record is not None else ""
    return DnsRow(glyph, state, one.about, one.what, one.why, record)
