"""The list of scorecards: what is in use and where its last month stands, what is ours, what ships."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voc.metrics.cards import files, months
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Month, Scorecard
from voc.metrics.store.cards import File, Frozen, InUse, OfCsm
from voc.web import cards_view, view
from voc.web.cards_view import Amounts


@dataclass(frozen=True)
class MonthRow:
    words: str
    href: str
    state: str
    late: bool


def month_row(name: str, month: Month, frozen: Frozen | None, today: date) -> MonthRow:
    words = cards_view.month_words(month)
    href = cards_view.month_path(name, month)
    if frozen is not None:
        state = f"approved by {frozen.approved_by}" if frozen.approved_at else "not approved yet"
        more = f", revision {frozen.revision}" if frozen.revision > 1 else ""
        return MonthRow(words, href, state + more, frozen.approved_at is None)
    return MonthRow(words, href, "so far" if month.last_on >= today else "frozen tonight", False)


@dataclass(frozen=True)
class CardRow:
    name: str
    path: str
    title: str
    about: str
    of: str
    pays: str
    shares: Sequence[tuple[str, str, float]]
    months: Sequence[MonthRow]
    mistakes: str = ""


@dataclass(frozen=True)
class OwnRow:
    title: str
    words: str
    href: str
    points: str
    share: float | None
    paid: str
    state: str


@dataclass(frozen=True)
class ListPage:
    heading: str
    lede: str
    in_use: Sequence[CardRow]
    ours: Sequence[CardRow]
    shipped: Sequence[CardRow]
    own: Sequence[OwnRow]


def page(
    *,
    in_use: Mapping[str, InUse],
    newest: Sequence[File],
    shipped: Mapping[str, str],
    frozen: Sequence[Frozen],
    own: Sequence[OfCsm],
    csm_id: str | None,
    today: date,
    amounts: Amounts,
) -> ListPage:
    used = [_used(held, frozen, today, amounts, csm_id) for held in in_use.values()]
    mine = {one.name for one in newest}
    titles = {row.name: row.title for row in used}
    return ListPage(
        heading=_finding(in_use, frozen),
        lede="What a CSM is measured by is a file: lines with a figure, a standard and a weight. Each month is frozen "
        "in its last night, and nobody is paid from one that is not approved.",
        in_use=used,
        ours=[_row(one.name, one.text, _saved(one), amounts) for one in newest if one.name not in in_use],
        shipped=[_row(name, text, "", amounts) for name, text in shipped.items() if name not in mine],
        own=[_own(one, titles, amounts) for one in own[:12]],
    )


def _finding(in_use: Mapping[str, InUse], frozen: Sequence[Frozen]) -> str:
    if not in_use:
        return "No scorecard is in use"
    latest: dict[tuple[str, date], Frozen] = {}
    for one in frozen:
        latest.setdefault((one.name, one.month.first_on), one)
    waiting = [one for one in latest.values() if one.approved_at is None and one.name in in_use]
    told = f"{view.count(len(in_use), 'scorecard')} in use"
    if not waiting:
        return told
    return f"{told}; {view.count(len(waiting), 'month')} not approved yet"


def _used(held: InUse, frozen: Sequence[Frozen], today: date, amounts: Amounts, csm_id: str | None) -> CardRow:
    name = held.file.name
    kept = [one for one in frozen if one.name == name]
    recent = cards_view.recent_months(today, held.since_on, kept)[:3]
    told = f"version {held.file.number}, from {cards_view.month_words(months.month_of(held.since_on))}"
    rows = [month_row(name, month, one, today) for month, one in recent]
    if csm_id is not None:
        rows = [
            MonthRow(row.words, cards_view.csm_path(name, month, csm_id), row.state, row.late)
            for row, (month, _one) in zip(rows, recent, strict=True)
        ]
    return _row(name, held.file.text, told, amounts, rows)


def _saved(file: File) -> str:
    return f"version {file.number}, saved by {file.saved_by} on {view.day(file.saved_at)}"


def _row(name: str, text: str, told: str, amounts: Amounts, rows: Sequence[MonthRow] = ()) -> CardRow:
    path = cards_view.card_path(name)
    try:
        card = files.load(name, text)
    except CardMistakes as wrong:
        return CardRow(name, path, name, "", told, "", (), rows, str(wrong.mistakes[0]))
    return CardRow(
        name=name,
        path=path,
        title=card.title,
        about=card.about,
        of=", ".join(one for one in (view.count(len(card.lines), "line"), told) if one),
        pays=f"pays up to {amounts.exact(card.amount)} a month" if card.amount else "",
        shares=_shares(card),
        months=rows,
    )


def _shares(card: Scorecard) -> list[tuple[str, str, float]]:
    found = [cards_view.defined(one) for one in card.lines]
    return [(one.label, one.weight, one.share) for one in found]


def _own(one: OfCsm, titles: Mapping[str, str], amounts: Amounts) -> OwnRow:
    frozen, result = one.month, one.result
    return OwnRow(
        title=titles.get(frozen.name, frozen.name),
        words=cards_view.month_words(frozen.month),
        href=cards_view.csm_path(frozen.name, frozen.month, result.id),
        points=view.DASH if result.points is None else f"{result.points:.0f} of 100",
        share=None if result.points is None else result.points / 100,
        paid=amounts.exact(result.money) if result.money is not None else "",
        state="approved" if frozen.approved_at else "not approved yet",
    )
