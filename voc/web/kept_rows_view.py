"""The rows behind a line of a frozen month: those that were counted, whatever came later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import Scope
from voc.metrics.cards.model import Scorecard
from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import CONFIDENTIAL, CountedRow
from voc.metrics.store.cards import Frozen
from voc.web import cards_view, rows_view, view
from voc.web.parts import Link, address, files
from voc.web.tables import Cell

ON_A_PAGE = 200


@dataclass(frozen=True)
class Shown:
    account: str
    href: str
    note: str
    person: str
    role: str
    csm: str
    state: str
    when: str
    part: str
    whole: str
    counts: tuple[float, float]  # the same as numbers


@dataclass(frozen=True)
class Page:
    heading: str
    lede: str
    title: str
    card: str
    label: str
    month: Link
    counted: str
    rows: Sequence[Shown]
    links: Sequence[Link]
    pages: Sequence[Link]


@dataclass(frozen=True)
class KeptRows:
    """Rows that count first, then those that stand beside the figure."""

    card: Scorecard
    frozen: Frozen
    figure: str
    days: int
    scope: Scope
    id: str
    rows: Sequence[CountedRow]
    names: Mapping[str, str]  # of our people

    @property
    def file_name(self) -> str:
        return f"{self.card.name}-{self.frozen.month.first_on:%Y-%m}-{self.figure.replace('_', '-')}"

    @property
    def _path(self) -> str:
        return f"{cards_view.month_path(self.card.name, self.frozen.month)}/rows"

    def _address(self, **more: str | int | None) -> str:
        of: dict[str, str | int | None] = {"figure": self.figure, "days": self.days, "scope": self.scope.value}
        return address(self._path, revision=self.frozen.revision, **of, id=self.id, **more)

    def page(self, *, start: int) -> Page:
        counted = [row for row in self.rows if row.whole > 0]
        ordered = [*counted, *(row for row in self.rows if row.whole <= 0)]
        label, when = _label(self.figure), cards_view.month_words(self.frozen.month)
        beside = len(ordered) - len(counted)
        also = f", and {view.count(beside, 'row')} beside it" if beside else ""
        return Page(
            heading=f"{label}, {self._who()}, {when}",
            lede=f"The rows as they were counted on {view.day(self.frozen.frozen_at)}, revision "
            f"{self.frozen.revision}. What came later, a merge, a hand-over, a late answer, changes nothing here.",
            title=self.card.title,
            card=self.card.name,
            label=label,
            month=Link(when, cards_view.month_path(self.card.name, self.frozen.month)),
            counted=f"{view.count(len(counted), 'row')} counted{also}",
            rows=[self._shown(row) for row in ordered[start : start + ON_A_PAGE]],
            links=[
                Link("Definition", f"/definitions#{self.figure}", f"of {label}"),
                *files(self._address(), "of all rows"),
            ],
            pages=self._pages(start, len(ordered)),
        )

    def _pages(self, start: int, count: int) -> list[Link]:
        found = []
        if start > 0:
            found.append(Link("The page before", self._address(start=max(0, start - ON_A_PAGE) or None)))
        if start + ON_A_PAGE < count:
            found.append(Link("The next page", self._address(start=start + ON_A_PAGE)))
        return found

    def _who(self) -> str:
        if self.scope == Scope.TOTAL:
            return "all teams"
        name = self.names.get(self.id, "a CSM the CRM does not know")
        return f"team of {name}" if self.scope == Scope.TEAM else name

    def _shown(self, row: CountedRow) -> Shown:
        account, href, note = row.account_name, f"/accounts/{row.account_id}", ""
        if row.kind == CONFIDENTIAL:
            href, note = f"/waves/{row.id}", "in confidence: nobody’s row"
        elif not row.account_id:
            account, href, note = self.names.get(row.csm_id or "", view.DASH), "", view.low_word(row.kind)
        elif row.handed_over:
            href, note = "", "handed over since"
        return Shown(
            account,
            href,
            note,
            row.contact_name or view.DASH,
            view.word(row.role),
            self.names.get(row.csm_id or "", view.DASH),
            rows_view.label(row.label),
            rows_view.when(row),
            rows_view.number(row.part),
            rows_view.number(row.whole),
            (row.part, row.whole),
        )

    def file_rows(self) -> Iterable[Sequence[Cell]]:
        return rows_view.file_rows(self.rows, self.names)


def _label(figure: str) -> str:
    return BY_NAME[figure].label if figure in BY_NAME else figure
