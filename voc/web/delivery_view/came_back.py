"""What came back: by class, by domain, and by which way it reached us."""

from collections.abc import Mapping, Sequence

from voc.base.words import InboundKind
from voc.delivery.model import Standing
from voc.delivery.store.tally import CameBack
from voc.delivery.store.ways import Provider
from voc.web import view
from voc.web.delivery_view.parts import ClassRow, DomainRow, Filter, Line, Moment

MOST_DOMAINS = 20

BOUNCES: Mapping[InboundKind, tuple[str, str]] = {
    InboundKind.HARD_BOUNCE: ("Address gone", "not mailed again; the CSM is asked for a new address"),
    InboundKind.SOFT_BOUNCE: ("For now not delivered", "the next step of the chase tries again"),
    InboundKind.POLICY_BOUNCE: (
        "Refused for our reputation",
        "says nothing about the person: look at the sending domain",
    ),
    InboundKind.COMPLAINT: ("Reported as unwanted", "not mailed again; two in a small wave stop it"),
}


def class_rows(back: Sequence[CameBack], chosen: Filter) -> list[ClassRow]:
    totals = {kind: sum(one.kinds.get(kind, 0) for one in back) for kind in BOUNCES}
    refused = sum(one.refused for one in back)
    found = [
        ClassRow(
            BOUNCES[kind][0],
            view.number(count),
            chosen.path("/delivery/messages", show="back", kind=kind),
            BOUNCES[kind][1],
        )
        for kind, count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        if count
    ]
    if refused:
        follows = "the mail server said no while we handed it over; it never left"
        found.append(ClassRow("Refused on the spot", view.number(refused), chosen.rows("failed"), follows))
    return found


def domain_row(one: CameBack, chosen: Filter) -> DomainRow:
    kinds = [
        f"{BOUNCES[kind][0].lower()} {view.number(number)}"
        for kind, number in sorted(one.kinds.items())
        if kind in BOUNCES
    ]
    kinds += [f"refused on the spot {view.number(one.refused)}"] if one.refused else []
    narrowed = Filter(chosen.days, chosen.wave_id, one.domain)
    return DomainRow(
        one.domain, narrowed.path("/delivery"), view.number(one.sent), view.number(one.number), ", ".join(kinds)
    )


def more_domains(number: int) -> str:
    rest = number - MOST_DOMAINS
    return f"And {view.count(rest, 'domain')} with fewer." if rest > 0 else ""


def mailbox_line(one: Standing, moment: Moment) -> Line:
    read = f"last read {moment(one.read_at)}" if one.read_at else "not read yet"
    if one.trouble:
        since = f" since {moment(one.trouble_since)}" if one.trouble_since else ""
        return Line(one.name, "late", f"trouble{since}", (read,), _with_set_aside(one, moment))
    if one.set_aside:
        said = f"{view.count(len(one.set_aside), 'mail')} set aside"
        return Line(one.name, "half", said, (read,), _with_set_aside(one, moment))
    return Line(one.name, "ok" if one.read_at else "none", "well" if one.read_at else "waiting", (read,))


def _with_set_aside(one: Standing, moment: Moment) -> str:
    """What is wrong, and which mails somebody should look at, with what to do."""
    said = [f"{one.trouble.rstrip('.')}."] if one.trouble else []
    said += [f"Mail number {mail.uid} of {moment(mail.at)}: {mail.reason.rstrip('.')}." for mail in one.set_aside]
    if one.set_aside:
        said.append(
            "They are where they were, unread. Open the folder with a mail program and do what they ask;"
            " moved to another folder and back they are read again."
        )
    return " ".join(said)


def provider_line(one: Provider, moment: Moment) -> Line:
    came = f"{view.count(one.events, 'event')} in 7 days" + (f", the last {moment(one.last_at)}" if one.last_at else "")
    name = f"Webhook of {one.name}"
    refused = sum(one.refused.values())
    if refused:
        why = ", ".join(f"{reason.replace('_', ' ')} {view.number(number)}" for reason, number in one.refused.items())
        mend = "" if one.has_key else " No key is set: enter it under Settings > Webhooks."
        said = f"{view.count(refused, 'call')} refused"
        return Line(
            name,
            "late" if not one.has_key else "half",
            said,
            (came,),
            f"{why}; the last {moment(one.refused_at)}.{mend}",
        )
    if one.waiting:
        return Line(name, "half", f"{view.count(one.waiting, 'event')} to act on", (came,))
    return Line(name, "ok" if one.events else "none", "well" if one.events else "nothing came yet", (came,))
