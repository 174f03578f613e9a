"""What the page of themes says in sentences."""

from collections.abc import Sequence

from voc.metrics.forest.growing import Forest, Line
from voc.metrics.run.forest.views import ForestPage
from voc.web import view
from voc.web.forest_view import words


def heading(found: ForestPage, lines: Sequence[Line], by: str) -> str:
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
    if by == "below" and first.below is not None and first.below.people:
        return f"{name}: people at {view.count(first.below.accounts, 'account')} who scored 8 or less wrote about it"
    told = f"{name}: {view.of(first.count.accounts, found.forest.whole.accounts)} accounts that wrote"
    others = sum(one.first == 1 for one in lines) - 1
    if others:
        return f"{told}. {view.count(others, 'other theme')} could be the first as well"
    return told


def lede(found: ForestPage) -> str:
    forest = found.forest
    if forest is None or not forest.whole.people:
        return "What customers write, sorted by what it is about. Comments come with the answers."
    written = view.count(found.comments, "comment")
    people = view.count(forest.whole.people, "person", "people")
    told = [f"{people} at {view.count(forest.whole.accounts, 'account')} wrote {written}."]
    if len(forest.covered) >= 3 and forest.covered[2]:
        reached = view.of(forest.covered[2], forest.whole.accounts)
        told.append(f"The first three themes reach {reached} accounts.")
    told.append("A theme is what a comment is about, praise or not: the score says which.")
    if (cause := _first_below(forest)) is not None and cause.below is not None:
        name = found.themes[cause.theme_id].name
        told.append(f"Of scores of 8 or less most are about {name}: {view.count(cause.below.accounts, 'account')}.")
    return " ".join(told)


def _first_below(forest: Forest) -> Line | None:
    """The theme that most accounts wrote of with a score of 8 or less, if one has more of them than any other."""
    told = [(one.below.accounts, one) for one in forest.lines if not one.hidden and one.below and one.below.people]
    most = max((accounts for accounts, _ in told), default=0)
    first = [one for accounts, one in told if accounts == most]
    return first[0] if len(first) == 1 else None


def few(found: ForestPage) -> str:
    if found.forest is None:
        return ""
    names = [found.themes[one.theme_id].name for one in found.forest.lines if one.hidden]
    return f"Too few to show ({words.TOO_FEW}): {view.listed(sorted(names))}." if names else ""


def nobody(found: ForestPage) -> str:
    if found.forest is None:
        return ""
    names = [found.themes[one.theme_id].name for one in found.forest.lines if not one.count.people]
    return f"Nobody wrote of {view.listed(sorted(names))}." if names else ""


def footer(forest: Forest | None) -> str:
    if forest is None:
        return ""
    told = "Each account counts once for a theme, however loud. The line on a bar is the 95% interval of its share."
    if any(one.detractors is None or one.below is None for one in forest.lines if not one.hidden):
        told += " A dash under scores or detractors: so few, or so few others, that it would tell of single people."
    if forest.without_rate:
        told += f" No revenue or no exchange rate for {view.listed(forest.without_rate)}: left out of the revenue."
    return told
