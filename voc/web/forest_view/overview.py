"""The forest: themes by accounts, revenue and detractors, their order as far as it is certain, and one cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.followup.improving import Improvement
from voc.metrics.forest.growing import Line
from voc.metrics.forest.people import BELOW, Cut
from voc.metrics.run.forest.views import EVERYTHING, NO_THEME, Asked, ForestPage
from voc.web import view
from voc.web.charts_forest import share_bar
from voc.web.forest_view import sentences, words
from voc.web.forest_view.cut import CutTable, cut_table
from voc.web.parts import Choice, Link, Mark, choice, files

SORTS = {"accounts": "accounts", "revenue": "revenue", "below": "scores of 0 to 8", "detractors": "detractors"}


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    department: str
    bar: Markup
    accounts: str
    people: str
    below: str
    below_people: str
    below_mark: Mark | None
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
        heading=sentences.heading(found, lines, by),
        lede=sentences.lede(found),
        refused=_refused(found),
        refused_link=None if found.near is None else _back(found.near, found),
        filters=_filters(found, cut),
        rows=[_row(one, found, doing.get(one.theme_id, ()), lines) for one in lines],
        sorts=[
            Link(name, words.forest_address(asked, cut=chosen["cut"], by=key), current=key == by)
            for key, name in SORTS.items()
        ],
        links=_links(asked),
        few=sentences.few(found),
        none=sentences.nobody(found),
        footer=sentences.footer(forest),
        themeless=_themeless(found),
        all=None if not found.comments else Link("All comments", words.comments_address(found.asked, EVERYTHING)),
        cut=None if found.table is None else cut_table(found),
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
        case "below":
            return sorted(lines, key=lambda one: (-(one.below.accounts if one.below else -1), one.rank or 0))
        case "detractors":
            return sorted(
                lines, key=lambda one: (-(one.detractors if one.detractors is not None else -1), one.rank or 0)
            )
        case _:
            return list(lines)


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
        below=view.DASH if line.below is None else view.count(line.below.accounts, "account"),
        below_people="" if line.below is None else view.count(line.below.people, "person", "people"),
        below_mark=_below(line, found.asked),
        order=_order(line),
        uncertain=line.uncertain,
        revenue=view.DASH if line.arr is None else view.money(line.arr, found.currency),
        revenue_note="one account holds most of it" if line.of_one else "",
        detractors=view.DASH if line.detractors is None else view.number(line.detractors),
        detractors_href=words.comments_address(found.asked, line.theme_id, Cut.SCORE, "detractor")
        if line.detractors
        else "",
        before=view.DASH if line.before is None else view.number(line.before),
        mark=words.accounts_mark(line.count.accounts, words.comments_address(found.asked, line.theme_id)),
        detractors_mark=_detractors(line, found.asked),
        improvements=[Link(one.title, f"/improvements/{one.id}") for one in doing if one.open],
        improve=f"/improvements/new?theme={line.theme_id}",
    )


def _below(line: Line, asked: Asked) -> Mark | None:
    if line.below is None or not line.below.people:
        return None
    return words.accounts_mark(line.below.accounts, words.comments_address(asked, line.theme_id, Cut.SCORE, BELOW))


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


def _themeless(found: ForestPage) -> Link | None:
    if found.forest is None or not found.forest.themeless:
        return None
    people = view.count(found.forest.themeless, "person", "people")
    return Link(f"{people} wrote of no theme in the code book", words.comments_address(found.asked, NO_THEME))
