"""Recovery as the follow-up page shows it: both denominators, what comes back by itself, and who fell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.recovery import Contact, Pair, Recovery, Share
from voc.metrics.run.recovery import RecoveryPage
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.parts import Card, Link, Mark, Told, address, files

CONTACTS: Mapping[Contact, str] = {
    Contact.IN_TIME: "contacted in time",
    Contact.LATE: "contacted late",
    Contact.NONE: "not contacted",
}


@dataclass(frozen=True)
class Row:
    name: str
    recovered: str
    all: str
    share: str
    span: str
    mark: Mark


@dataclass(frozen=True)
class Section:
    sentence: str
    rows: Sequence[Row]
    notes: Sequence[str]
    how: Sequence[str]
    links: Sequence[Link]


ROWS = "/follow-ups/recovery"
ELSEWHERE = "at an account of another book"
_EVERYBODY: Mapping[str, str] = {}  # narrowed to nothing


def card(found: Recovery, query: Mapping[str, str] = _EVERYBODY) -> Card:
    """14 of 25 who answered again; about 42% would without any follow-up. Of all 29: 48%.

    `query` is what the page was narrowed to; the rows are too.
    """
    again, everybody = found.again, found.all
    rows = address(ROWS, **query, of="again")
    links = [
        Link("Definition", "/definitions#recovery", "of recovery"),
        Link(view.count(again.all, "row"), rows, "behind recovery"),
    ]
    mark = Mark("recovery", again.part, again.all, rows)
    of_all = Mark("recovery_of_all", everybody.part, everybody.all, address(ROWS, **query))
    if not again.all:
        waiting = (
            f"{found.waiting} detractors not asked again yet" if found.waiting else "no detractor was asked again yet"
        )
        beside = [Told(f"of all {everybody.all} asked again", of_all)] if everybody.all else []
        return Card("Detractors recovered", view.DASH, waiting, links=links, mark=mark, beside=beside)
    without = ""
    if found.expected is not None and again.all >= 5:
        without = f"about {view.percent(found.expected)} would without any follow-up"
    few = again.all < 5
    return Card(
        name="Detractors recovered",
        value=view.of(again.part, again.all) if few else view.percent(again.value),
        of="who answered again" if few else f"{view.of(again.part, again.all)} who answered again",
        note=without,
        links=links,
        mark=mark,
        beside=[Told(f"of all {everybody.all}: {_percent(everybody)}", of_all)],
    )


def _percent(share: Share) -> str:
    return view.percent(share.value) if share.all >= 5 else f"{share.part}"


def section(found: Recovery, query: Mapping[str, str] = _EVERYBODY) -> Section:
    shares = ((Contact.IN_TIME, found.in_time), (Contact.LATE, found.late), (Contact.NONE, found.untouched))
    return Section(
        sentence=sentence(found),
        rows=[_row(kind, share, query) for kind, share in shares],
        notes=[told for told in (_credit(found), _promoters(found), _waiting(found), OWNERS) if told],
        how=[_how(found)],
        links=[
            Link("Definition", "/definitions#recovery", "of who recovered"),
            *(
                [Link(f"The {found.all.all}", address(ROWS, **query), "detractors asked again")]
                if found.all.all
                else []
            ),
        ],
    )


def sentence(found: Recovery) -> str:
    again = found.again
    if not again.all:
        return "No detractor has answered again yet: recovery is read at the next wave."
    if again.all < 5:
        return f"{view.of(again.part, again.all)} recovered of those who answered again. Too few for a percentage."
    told = f"{view.of(again.part, again.all)} recovered ({view.percent(again.value)})."
    if found.expected is not None:
        told += f" About {view.percent(found.expected)} would without any follow-up."
    silent = found.all.all - again.all
    return (
        f"{told} Of all {found.all.all} asked again: {_percent(found.all)}; {silent} were silent, which is no recovery."
    )


def _row(kind: Contact, share: Share, query: Mapping[str, str]) -> Row:
    span = view.span(*share.interval).rstrip("%") if share.interval and share.all >= 10 else ""
    return Row(
        CONTACTS[kind].capitalize(),
        view.number(share.part),
        view.number(share.all),
        view.percent(share.value) if share.all >= 5 else view.DASH,
        span,
        Mark("recovery", share.part, share.all, address(ROWS, **query, of=kind.value)),
    )


OWNERS = (
    "Each stands with the account where the first answer was given, under whoever owns that account today. Scorecards "
    "count it under who owned the account when the next wave was sent, so a hand-over in between makes two numbers."
)


def _credit(found: Recovery) -> str:
    """Only contacted in time against not contacted can say that the call did it."""
    if found.gap is None:
        few = min(found.in_time.all, found.untouched.all)
        return f"Whether the call did it can be told from 10 contacted in time and 10 not contacted; there are {few}."
    gap, low, high = (view.signed(100 * share) for share in found.gap)
    told = "more than chance would give" if found.gap[1] > 0 else "not distinguishable from no difference"
    return f"Contacted in time against not contacted: {gap} points ({low} to {high}), {told}."


def _promoters(found: Recovery) -> str:
    fell = found.promoters
    if not fell.all:
        return ""
    share = f" ({view.percent(fell.value)})" if fell.all >= 5 else ""
    far = f", {found.promoters_to_detractor} of them to 6 or less" if found.promoters_to_detractor else ""
    return f"Of {view.count(fell.all, 'promoter')} who answered again {fell.part} fell{share}{far}."


def _waiting(found: Recovery) -> str:
    return (
        f"{view.count(found.waiting, 'detractor is', 'detractors are')} not asked again yet." if found.waiting else ""
    )


def _how(found: Recovery) -> str:
    told = f"Two answers of one person go together with r = {found.r:.2f}, " + (
        f"assumed until 30 pairs that nobody contacted are there ({found.pairs} now). "
        if found.assumed
        else f"from {found.pairs} pairs that nobody contacted. "
    )
    return told + "From that and the spread of all scores follows how many would score 7 or more by themselves."


# --- the rows ---


@dataclass(frozen=True)
class PairRow:
    name: str
    account: str
    href: str
    first: str
    then: str
    contact: str
    recovered: str


@dataclass(frozen=True)
class Page:
    heading: str
    mark: Mark
    lede: str
    links: Sequence[Link]
    rows: Sequence[PairRow]
    elsewhere: str = ""


def chosen(found: RecoveryPage, of: str) -> list[Pair]:
    """Those who answered again, those with one kind of contact in between, or all."""
    if of == "again":
        return [one for one in found.recovery.rows if one.then is not None]
    if of in {one.value for one in Contact}:
        return [one for one in found.recovery.rows if one.contact == of]
    return list(found.recovery.rows)


def page(found: RecoveryPage, *, of: str = "", query: Mapping[str, str] = _EVERYBODY) -> Page:
    again, pairs = found.recovery.again, chosen(found, of)
    recovered = sum(one.recovered for one in pairs)
    which = "who answered again" if of == "again" else "asked again"
    kind = f", {CONTACTS[Contact(of)]}" if of in {one.value for one in Contact} else ""
    return Page(
        heading=f"{view.count(len(pairs), 'detractor')} {which}{kind}, {recovered} recovered",
        mark=Mark("recovery", recovered, len(pairs), address(ROWS, **query, of=of)),
        lede=f"{view.of(again.part, again.all)} of those who answered again scored 7 or more. An answer of 6 or less "
        f"and the same person’s next wave; silence there is no recovery. {OWNERS}",
        links=[
            Link("Definition", "/definitions#recovery", "of recovery"),
            *files(address(ROWS, **query), "of all rows"),
        ],
        rows=[_pair(one, found) for one in pairs],
        elsewhere=_elsewhere(sum(one.next_id in found.elsewhere for one in pairs)),
    )


def _elsewhere(count: int) -> str:
    if not count:
        return ""
    return (
        f"{count} of these rows went on at an account of another book, after records of one person were merged. They "
        "count above as they are; what the person said there is for whoever owns that account."
    )


def _pair(one: Pair, found: RecoveryPage) -> PairRow:
    who, elsewhere = found.known[one.contact_id, one.account_id], one.next_id in found.elsewhere
    then = "silent" if one.then is None else str(one.then)
    return PairRow(
        name=who.contact_name,
        account=who.account_name,
        href=f"/accounts/{who.account_id}",
        first=str(one.first),
        then=ELSEWHERE if elsewhere else then,
        contact=CONTACTS[one.contact],
        recovered="counted" if elsewhere else "yes" if one.recovered else "no",
    )


FILE_COLUMNS = (
    Column("Person"),
    Column("Account"),
    Column("First answer", Kind.WHOLE),
    Column("Next wave"),
    Column("Contact"),
    Column("Recovered"),
)


def file_rows(found: RecoveryPage) -> list[Sequence[Cell]]:
    return [
        (row.name, row.account, int(row.first), row.then, row.contact, row.recovered)
        for row in (_pair(one, found) for one in found.recovery.rows)
    ]
