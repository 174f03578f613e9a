"""The forest: themes by accounts, revenue and detractors, their order as far as it is certain, and one cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.followup.improving import Improvement
from voc.metrics.forest.cutting import ANY
from voc.metrics.forest.growing import Forest, Line
from voc.metrics.forest.people import Count, Cut
from voc.metrics.run.forest.views import EVERYTHING, NO_THEME, Asked, ForestPage
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.charts_forest import share_bar
from voc.web.forest_view import words
from voc.web.parts import Choice, Link, Mark, choice, files

SORTS = {"accounts": "accounts", "revenue": "revenue", "detractors": "detractors"}


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    department: str
    bar: Markup
    accounts: str
    people: str
    order: str
    uncertain: bool
    revenue: str
    revenue_note: str
    detractors: str
    detractors_href: str
    before: str
    mark: Mark
    detractors_mark: Mark | None
    improvements: Sequence[Link]
    improve: str


@dataclass(frozen=True)
class TableCell:
    words: str
    of: str
    href: str
    mark: Mark | None = None


@dataclass(frozen=True)
class CutRow:
    name: str
    cells: Sequence[TableCell]


@dataclass(frozen=True)
class CutTable:
    heading: str
    heads: Sequence[str]
    rows: Sequence[CutRow]
    note: str
    files: Sequence[Link]


@dataclass(frozen=True)
class Page:
    crumb: str
    heading: str
    lede: str
    refused: str
    refused_link: Link | None
    filters: Sequence[Choice]
    rows: Sequence[Row]
    sorts: Sequence[Link]
    links: Sequence[Link]
    few: str
    none: str
    footer: str
    themeless: Link | None
    all: Link | None
    cut: CutTable | None
    waiting: str
    empty: bool
    may_change: bool


def page(
    found: ForestPage,
    *,
    cut: Cut | None,
    by: str,
    improvements: Sequence[Improvement],
    may_change: bool,
) -> Page:
    asked, forest = found.asked, found.forest
    doing = _doing(improvements)
    lines = [] if forest is None else _sorted([one for one in forest.lines if one.rank is not None], by)
    chosen = {"cut": cut.value if cut else "", "by": by if by != "accounts" else ""}
    return Page(
        crumb=_crumb(found),
        heading=_heading(found, lines, by),
        lede=_lede(found),
        refused=_refused(found),
        refused_link=None if found.near is None else _back(found.near, found),
        filters=_filters(found, cut),
        rows=[_row(one, found, doing.get(one.theme_id, ()), lines) for one in lines],
        sorts=[
            Link(name, words.forest_address(asked, cut=chosen["cut"], by=key), current=key == by)
            for key, name in SORTS.items()
        ],
        links=_links(asked),
        few=_few(found),
        none=_none(found),
        footer=_footer(forest),
        themeless=_themeless(found),
        all=None if not found.comments else Link("All comments", words.comments_address(found.asked, EVERYTHING)),
        cut=None if found.table is None else _cut_table(found),
        waiting="Some comments are not read yet: a worker does it within a minute or so." if found.unread else "",
        empty=found.comments == 0 and found.near is None,
        may_change=may_change,
    )


def _crumb(found: ForestPage) -> str:
    told = f"The last {words.period(found.asked.days).removeprefix('a ')}"
    return told if found.kept_on is None else f"{told}, as of last night"


def _doing(improvements: Sequence[Improvement]) -> Mapping[int, Sequence[Improvement]]:
    found: dict[int, list[Improvement]] = {}
    for one in improvements:
        found.setdefault(one.theme_id, []).append(one)
    return found


def _sorted(lines: Sequence[Line], by: str) -> list[Line]:
    """Most first; whatever is not shown comes last."""
    match by:
        case "revenue":
            return sorted(lines, key=lambda one: (-(one.arr or 0.0), one.rank or 0))
        case "detractors":
            return sorted(
                lines, key=lambda one: (-(one.detractors if one.detractors is not None else -1), one.rank or 0)
            )
        case _:
            return list(lines)


def _heading(found: ForestPage, lines: Sequence[Line], by: str) -> str:
    if found.near is not None:
        return "This view is not shown"
    if not lines or found.forest is None:
        return "No theme yet" if found.comments == 0 else "Too few comments to tell themes from people"
    first = lines[0]
    name = found.themes[first.theme_id].name
    if by == "revenue" and first.arr is not None:
        return f"{name}: raised by accounts with {view.money(first.arr, found.currency)}"
    if by == "detractors" and first.detractors:
        return f"{name}: {view.count(first.detractors, 'detractor')} wrote about it"
    told = f"{name}: {view.of(first.count.accounts, found.forest.whole.accounts)} accounts that wrote"
    others = sum(one.first == 1 for one in lines) - 1
    if others:
        return f"{told}. {view.count(others, 'other theme')} could be the first as well"
    return told


def _lede(found: ForestPage) -> str:
    forest = found.forest
    if forest is None or not forest.whole.people:
        return "What customers write, sorted by what it is about. Comments come with the answers."
    written = view.count(found.comments, "comment")
    people = view.count(forest.whole.people, "person", "people")
    told = [f"{people} at {view.count(forest.whole.accounts, 'account')} wrote {written}."]
    if len(forest.covered) >= 3:
        reached = view.of(forest.covered[2], forest.whole.accounts)
        told.append(f"The first three themes reach {reached} accounts.")
    told.append("A theme is what a comment is about, praise or not: the score says which.")
    return " ".join(told)


def _refused(found: ForestPage) -> str:
    if found.near is None:
        return ""
    return (
        f"Beside another view ({_name(found.near, found)}) it would tell what fewer than five people wrote: the one "
        "less the other leaves them."
    )


def _name(asked: Asked, found: ForestPage) -> str:
    team = found.teams.get(asked.team)
    return f"{words.period(asked.days)}, {f'team of {team}' if team else 'all teams'}"


def _back(near: Asked, found: ForestPage) -> Link:
    return Link(f"Show {_name(near, found)}", words.forest_address(near))


def _filters(found: ForestPage, cut: Cut | None) -> list[Choice]:
    filters = [choice("days", "Period", words.PERIOD_OPTIONS, str(found.asked.days))]
    if found.teams:
        teams = [("", "All teams"), *((id, f"Team of {name}") for id, name in found.teams.items())]
        filters.append(choice("team", "Team", teams, found.asked.team))
    cuts = [("", "not cut"), *((one.value, f"by {name}") for one, name in words.CUTS.items())]
    filters.append(choice("cut", "Cut", cuts, cut.value if cut else ""))
    return filters


def _row(line: Line, found: ForestPage, doing: Sequence[Improvement], lines: Sequence[Line]) -> Row:
    assert found.forest is not None
    assert line.low is not None
    assert line.high is not None
    theme, whole = found.themes[line.theme_id], found.forest.whole.accounts
    most = max((one.high or 0.0 for one in lines), default=1.0)
    name = theme.name
    return Row(
        name=name,
        href=words.comments_address(found.asked, line.theme_id),
        department=theme.department,
        bar=share_bar(line.count.accounts / whole, line.low, line.high, most=most),
        accounts=view.of(line.count.accounts, whole),
        people=view.count(line.count.people, "person", "people"),
        order=_order(line),
        uncertain=line.uncertain,
        revenue=view.DASH if line.arr is None else view.money(line.arr, found.currency),
        revenue_note="one account holds most of it" if line.of_one else "",
        detractors=view.DASH if line.detractors is None else view.number(line.detractors),
        detractors_href=words.comments_address(found.asked, line.theme_id, Cut.SCORE, "detractor")
        if line.detractors
        else "",
        before=view.DASH if line.before is None else view.number(line.before),
        mark=Mark(
            "theme", line.count.accounts, line.count.accounts, words.comments_address(found.asked, line.theme_id)
        ),
        detractors_mark=_detractors(line, found.asked),
        improvements=[Link(one.title, f"/improvements/{one.id}") for one in doing if one.open],
        improve=f"/improvements/new?theme={line.theme_id}",
    )


def _mark(accounts: int, rows: str) -> Mark:
    return Mark("theme", accounts, accounts, rows)


def _detractors(line: Line, asked: Asked) -> Mark | None:
    if not line.detractors:
        return None
    rows = words.comments_address(asked, line.theme_id, Cut.SCORE, "detractor")
    return Mark("theme_people", line.detractors, line.detractors, rows)


def _order(line: Line) -> str:
    return f"{line.rank}" if not line.uncertain else f"{line.first} to {line.last}"


def _links(asked: Asked) -> list[Link]:
    return [
        Link("Improvements", "/improvements"),
        Link("Code book", "/forest/code-book"),
        Link("Drivers", "/forest/drivers"),
        *files(words.forest_address(asked), "of themes"),
    ]


def _few(found: ForestPage) -> str:
    if found.forest is None:
        return ""
    names = [found.themes[one.theme_id].name for one in found.forest.lines if one.hidden]
    return f"Too few to show ({words.TOO_FEW}): {view.listed(sorted(names))}." if names else ""


def _none(found: ForestPage) -> str:
    if found.forest is None:
        return ""
    names = [found.themes[one.theme_id].name for one in found.forest.lines if not one.count.people]
    return f"Nobody wrote of {view.listed(sorted(names))}." if names else ""


def _footer(forest: Forest | None) -> str:
    if forest is None:
        return ""
    told = "Each account counts once for a theme, however loud. The line on a bar is the 95% interval of its share."
    if any(one.detractors is None for one in forest.lines if not one.hidden):
        told += " A dash under detractors: so few of them, or of the others, that it would tell of single people."
    if forest.without_rate:
        told += f" No revenue or no exchange rate for {view.listed(forest.without_rate)}: left out of the revenue."
    return told


def _themeless(found: ForestPage) -> Link | None:
    if found.forest is None or not found.forest.themeless:
        return None
    people = view.count(found.forest.themeless, "person", "people")
    return Link(f"{people} wrote of no theme in the code book", words.comments_address(found.asked, NO_THEME))


# --- one cut ------------------------------------------------------------------------------------


def _cut_table(found: ForestPage) -> CutTable:
    table = found.table
    assert table is not None
    order = [one.theme_id for one in found.forest.lines] if found.forest else []
    shown = [ANY, *(one for one in order if any(cell.count and cell.count.people for cell in table.rows[one].values()))]
    left = [one for one in order if one not in shown and any(cell.count is None for cell in table.rows[one].values())]
    note = f"Too few: {words.TOO_FEW}, or a number from which such a one could be worked out."
    if table.cut is Cut.ROLE:
        note += " Whoever holds several roles is counted under the first, in the order of the columns."
    if left:
        note += f" Too few in every part: {view.listed([found.themes[one].name for one in left])}."
    return CutTable(
        heading=f"By {words.CUTS[table.cut]}",
        heads=[words.part_words(table.cut, part) for part in table.parts],
        rows=[
            CutRow(
                "Everybody who wrote" if theme == ANY else found.themes[theme].name,
                [_cell(found, theme, part) for part in table.parts],
            )
            for theme in shown
        ],
        note=note if table.hides else "",
        files=files(words.cut_address(found.asked, table.cut), f"of themes by {words.CUTS[table.cut]}"),
    )


def _cell(found: ForestPage, theme: int, part: str) -> TableCell:
    assert found.table is not None
    count = found.table.rows[theme][part].count
    if count is None:
        return TableCell("too few", "", "")
    if not count.people:
        return TableCell("0", "", "")
    of_theme = EVERYTHING if theme == ANY else theme
    href = words.comments_address(found.asked, of_theme, found.table.cut, part)
    mark = _mark(count.accounts, href)
    return TableCell(view.count(count.accounts, "account"), view.count(count.people, "person", "people"), href, mark)


FILE_COLUMNS = (
    Column("Theme"),
    Column("Department"),
    Column("State", meaning="too few: hidden, as on the page"),
    Column("Accounts", Kind.WHOLE),
    Column("Of accounts", Kind.WHOLE),
    Column("Share low", Kind.SHARE),
    Column("Share high", Kind.SHARE),
    Column("Rank", Kind.WHOLE),
    Column("First possible rank", Kind.WHOLE),
    Column("Last possible rank", Kind.WHOLE),
    Column("People", Kind.WHOLE),
    Column("Detractors", Kind.WHOLE),
    Column("Revenue", Kind.MONEY),
    Column("Currency"),
    Column("Accounts in the period before", Kind.WHOLE),
)


def file_rows(found: ForestPage) -> list[Sequence[Cell]]:
    """What is hidden on the page is empty here."""
    if found.forest is None:
        return []
    return [_file_row(one, found, found.forest.whole.accounts) for one in found.forest.lines]


def _file_row(line: Line, found: ForestPage, whole: int) -> Sequence[Cell]:
    theme = found.themes[line.theme_id]
    if line.hidden:
        return (theme.name, theme.department, "too few", *[None] * 12)
    low, high = (None if one is None else round(one, 4) for one in (line.low, line.high))
    return (
        theme.name,
        theme.department,
        "ok" if line.count.people else "none",
        line.count.accounts,
        whole,
        low,
        high,
        line.rank,
        line.first,
        line.last,
        line.count.people,
        line.detractors,
        None if line.arr is None else round(line.arr, 2),
        found.currency,
        line.before,
    )


CUT_COLUMNS = (
    Column("Cut", meaning="By what everybody is divided: score, segment, role or region; each person is in one part"),
    Column("Part"),
    Column("Theme", meaning="Everybody who wrote, or those who wrote of it"),
    Column("State", meaning="too few: hidden, as on the page"),
    Column("Accounts", Kind.WHOLE),
    Column("People", Kind.WHOLE),
)


def cut_rows(found: ForestPage) -> list[Sequence[Cell]]:
    """One line a cell; what is hidden on the page is empty here."""
    table = found.table
    if table is None or found.forest is None:
        return []
    order = [ANY, *(one.theme_id for one in found.forest.lines)]
    return [
        (words.CUTS[table.cut], words.part_words(table.cut, part), _theme_name(found, theme), *_counted(cell.count))
        for theme in order
        for part, cell in table.rows[theme].items()
    ]


def _theme_name(found: ForestPage, theme: int) -> str:
    return "Everybody who wrote" if theme == ANY else found.themes[theme].name


def _counted(count: Count | None) -> tuple[str, int | None, int | None]:
    if count is None:
        return "too few", None, None
    return ("ok" if count.people else "none"), count.accounts, count.people
