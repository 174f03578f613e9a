"""The page as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.model import Figure, Shown
from voc.metrics.moved import NOBODY_GONE, Gone
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.run import Beside
from voc.web import figure_view, view
from voc.web.engagement_view import not_told
from voc.web.engagement_view.cards import figure_cards, more_cards
from voc.web.engagement_view.chain import participation_chain
from voc.web.engagement_view.filters import filters
from voc.web.engagement_view.lines import csm_row, total_row
from voc.web.engagement_view.parts import EngagementPage, Wanted
from voc.web.engagement_view.periods import periods_of
from voc.web.figure_view import Asking
from voc.web.parts import Card, Link, Mark, Told, files


def page(
    found: Engagement,
    *,
    total: ScopeFigures,
    wanted: Wanted,
    teams: Mapping[str, str],
    preferences: Preferences,
    own_csm_id: str | None,
    today: date,
    periods: Beside | None = None,
    gone: Gone = NOBODY_GONE,
) -> EngagementPage:
    """`total` is the last line of the table: the viewer's whole, or for a CSM everybody's, without its rows.

    `teams` are those one may choose from, empty for whoever sees one.
    """
    asked = wanted
    if found.kept:
        # The rows behind a night's figures are those of its moment.
        wanted = replace(wanted, as_of=found.window.to_on)
    whole, asking = found.whole, wanted.asking
    beside = [one for one in found.lines if one.id == (wanted.csm or own_csm_id) and one.id != whole.id]
    shared = total is not whole
    return EngagementPage(
        heading=_heading(whole, teams, wanted),
        book=_book_words(found),
        revenue=view.money(whole.arr, found.currency) if whole.arr else "",
        window=f"Invitations due in the {found.window.days} days to {view.day(found.window.to_on)}.",
        filters=filters(wanted, teams, regions=found.regions),
        as_of=found.window.to_on.isoformat(),
        today=today.isoformat(),
        chain_links=_chain_links(whole.figures["participation"], asking),
        chains=[participation_chain(one, asking, is_whole=one is whole) for one in (whole, *beside)],
        figures=_with_longer(figure_cards(whole, asking, found.currency), whole, asked),
        in_flight=_in_flight(whole, asking),
        not_told=not_told.words(found.not_told, teams),
        instead=not_told.instead(found.not_told, teams, wanted),
        recommend=_recommend(whole, asking),
        table_heading="By CSM, in alphabetical order" if len(found.lines) > 1 else "Your book",
        table_links=[
            Link("Drawn, with what chance allows", wanted.address("/csms", csm="") + "#h-funnel"),
            *files(wanted.address("/engagement/by-csm"), "of the table"),
        ],
        standard=view.percent(preferences.response_standard),
        rows=[csm_row(one, found, wanted, own=one.id in (own_csm_id, wanted.csm)) for one in found.lines],
        total=total_row(total, found, replace(asking, mine=not shared)),
        footer=" ".join(one for one in (_between(found, total), wording.footer(found.comparisons), _FOOTER) if one),
        counted=counted_words(found.window.to_on, kept=found.kept, past=asked.as_of is not None),
        count_now=Link("Count now", replace(asked, as_of=None).address(live=True)) if found.kept else None,
        kept_choices=_kept_choices(asked),
        beside_to=asked.beside if asked.beside != "previous" else "",
        beside=None if periods else _beside_link(wanted),
        periods=None
        if periods is None
        else periods_of(periods, wanted.asking, (whole.scope, whole.id), scores=found.not_told is None),
        more=_with_longer(more_cards(whole, asking, found.currency), whole, asked),
        accounts_words=_accounts_words(whole, gone, past=found.window.to_on < today - timedelta(days=1)),
    )


def _kept_choices(wanted: Wanted) -> list[tuple[str, str]]:
    before = wanted.beside if wanted.beside == "previous" else ""
    choices = (("csm", wanted.csm), ("trend", wanted.trend), ("beside", before))
    return [(name, value) for name, value in choices if value]


def _beside_link(wanted: Wanted) -> Link:
    return Link("Compare with the period before", wanted.address(beside="previous") + "#h-beside")


def counted_words(to_on: date, *, kept: bool, past: bool) -> str:
    """Whether a night stands behind the page; what of a past day counted anew is of today."""
    if kept:
        return f"As counted in the night after {view.day(to_on)}; it stays as it is."
    told = "Counted now for a past day: its accounts are of that day; their roles, segments and teams are of today."
    return told if past else ""


_FOOTER = (
    "Rows under 10 invitations or 3 accounts show counts and no comparison. "
    "The same figures are on each CSM’s own page."
)


def _heading(whole: ScopeFigures, teams: Mapping[str, str], wanted: Wanted) -> str:
    segment = "".join(f", {one}" for one in (wanted.segment, wanted.region) if one)
    if whole.scope == Scope.CSM:
        return f"Engagement, your book{segment}"
    if whole.scope == Scope.TEAM:
        return f"Engagement, team of {teams.get(whole.id, whole.name)}{segment}"
    return f"Engagement, all teams{segment}"


def _between(found: Engagement, total: ScopeFigures) -> str:
    """Why the lines add up to less than the last one; nothing where they do, or where they are not everybody's."""
    if total is not found.whole or total.scope == Scope.CSM:
        return ""
    told = []
    for name, one in (("participation", "place"), ("response_rate", "invitation")):
        apart = total.figures[name].counted - sum(line.figures[name].counted for line in found.lines)
        if apart > 0:
            told.append(view.count(apart, one))
    if not told:
        return ""
    return f"Between the lines and “All”: {' and '.join(told)}, of accounts just handed over or without a CSM."


def _with_longer(cards: Sequence[Card], one: ScopeFigures, wanted: Wanted) -> list[Card]:
    """Where a longer period would have enough, the way to it."""
    return [
        replace(card, links=[*card.links, *figure_view.longer(one.figures[card.mark.figure], wanted, "/engagement")])
        if card.mark is not None
        else card
        for card in cards
    ]


def _accounts_words(one: ScopeFigures, gone: Gone, *, past: bool) -> str:
    """Accounts reached in the period, accounts of the day, those that can be silent: three numbers, and why.

    The Silent page is about today.
    """
    reached = round(one.figures["account_response"].denominator or 0)
    asked = round(one.figures["silent_accounts"].denominator or 0)
    if not reached or (reached == asked == one.accounts):
        return ""
    told = [f"{view.number(count)} {words} since" for count, words in gone.told]
    here = reached - gone.left - gone.handed_over
    others = asked - here
    words = f"{view.count(reached, 'account')} had an invitation that reached somebody and came due in the period"
    words += f": {view.listed(told)}, {view.number(here)} still here. " if told else ". "
    if others > 0:
        words += f"With {view.number(others)} more asked, not due then or not reached, "
    elif others < 0:
        words += f"Without {view.number(-others)} where nobody is to be asked, "
    counted = f"{view.number(asked)} of the {view.count(one.accounts, 'account')} of {'that day' if past else 'today'}"
    if others:
        return f"{words}{counted} can be silent or heard{'' if past else '; the Silent page counts these'}."
    return (
        f"{words}These are the {counted} that can be silent or heard{'' if past else ', whom the Silent page counts'}."
    )


def _book_words(found: Engagement) -> str:
    accounts = view.count(found.whole.accounts, "account")
    return accounts if found.whole.scope == Scope.CSM else f"{view.count(len(found.lines), 'CSM')}, {accounts}"


def _chain_links(participation: Figure, asking: Asking) -> list[Link]:
    found = [Link("Definition", figure_view.definition("participation"), "of participation")]
    if participation.counted:
        found.append(Link(f"The {view.count(participation.counted, 'place')}", asking.rows(participation)))
    return found


def _in_flight(whole: ScopeFigures, asking: Asking) -> Told | None:
    if whole.flight is None:
        return None
    heading = wording.heading_for(whole.flight)
    flying = f"{view.count(whole.flight.invitations, 'invitation')} not due yet"
    pace = f". {wording.pace(whole.flight)}"
    rows = asking.rows_of("under_way", (whole.scope, whole.id))
    mark = Mark("under_way", whole.flight.answered, whole.flight.invitations, rows)
    return Told(flying, mark, before="In flight: ", after=f"{pace} {heading}" if heading else pace)


def _recommend(whole: ScopeFigures, asking: Asking) -> list[Told]:
    """By person with the worst case; of one book the accounts first, which are its headline."""
    accounts, people = whole.figures["nps_accounts"], whole.figures["nps_people"]
    told = []
    if whole.scope == Scope.CSM and accounts.shown not in (Shown.REASON, Shown.COUNTS):
        note = wording.few_accounts(accounts)
        words = f"{wording.value(accounts)} from {wording.counts(accounts)}.{f' {note}' if note else ''}"
        told.append(_scored(_titled("Recommend score by account", accounts), words, accounts, asking))
    worst = wording.worst_case(people)
    if worst is not None:
        name = "By person" if told else "Recommend score"
        told.append(_scored(_titled(name, people), worst, people, asking))
    return told


def _titled(name: str, figure: Figure) -> str:
    span = figure_view.span(figure)
    return f"{name} ({span})" if span else name


def _scored(name: str, words: str, figure: Figure, asking: Asking) -> Told:
    """The first sentence opens the rows; what follows it is no link."""
    counted, _, rest = words.partition(".")
    return Told(counted, figure_view.mark(figure, asking), before=f"{name}: ", after=f".{rest}")
