"""The page as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.base.words import AccountState, Scope
from voc.metrics.board import Board
from voc.metrics.catalogue import VERSION
from voc.metrics.cost import words as cost_words
from voc.metrics.run.forest.views import PERIODS, Asked
from voc.web import view
from voc.web.board_view.causes import CauseRow, cause_row, causes_heading, causes_note
from voc.web.board_view.changed import Changed, changed_of
from voc.web.board_view.six import Six, six_of
from voc.web.board_view.states import LEAST_FOR_PERCENT, State, bar_of, revenue_heading, state_of
from voc.web.figure_view import Asking
from voc.web.parts import Choice, Link, address, choice, files

NO_CAUSE = (
    "Causes appear here when people at three accounts who scored 8 or less write of the same, and so many that it "
    "tells of nobody alone."
)
NO_FEED = "No figure on this page feeds pay or discipline by itself."


@dataclass(frozen=True)
class Page:
    crumb: str
    heading: str
    links: Sequence[Link]
    filters: Sequence[Choice]
    since: str
    six: Sequence[Six]
    revenue_heading: str
    bar: Markup
    states: Sequence[State]
    total_revenue: str
    total_share: str
    total_accounts: str
    cost: str
    causes_heading: str
    causes_of: str
    causes: Sequence[CauseRow]
    causes_note: str
    causes_none: str
    changed: Sequence[Changed]
    foot: str


def page(
    found: Board,
    *,
    preferences: Preferences,
    team: str,
    teams: Mapping[str, str],
    who: str,
    as_of: date | None,
    today: date,
) -> Page:
    """`team` is the lead's id that was asked for, `teams` those one may choose from, `who` the words for the scope."""
    money = sum(one.arr for one in found.states)
    since = (
        f"{found.before.to_on:%B %Y}"
        if found.before.to_on.year != found.window.to_on.year
        else f"{found.before.to_on:%B}"
    )
    # The rows are those of the night it is from; of a page counted when it is looked at, those of then.
    asking = Asking(found.kept_on or as_of, found.window.days, live=found.kept_on is None)
    on = found.window.to_on if as_of or found.kept_on else today
    back = {"team": team, "as_of": as_of.isoformat() if as_of else None}
    return Page(
        crumb=f"{who}, {found.window.days} days to {view.day(found.window.to_on)}; before: {found.before.days} days to "
        f"{view.day(found.before.to_on)}",
        heading=_heading(found, money),
        links=[
            Link("PDF", address("/board.pdf", **back), "of this page", file=True),
            *files(address("/board", **back), "of the six figures"),
        ],
        filters=_filters(team, teams),
        since=since,
        six=[six_of(one, preferences, asking, found.currency, found) for one in found.six],
        revenue_heading=revenue_heading(found, money),
        bar=bar_of(found.states, money, found.currency),
        states=[state_of(one, money, found, asking) for one in found.states],
        total_revenue=view.money(money, found.currency),
        total_share="100%" if money > 0 else view.DASH,
        total_accounts=view.number(sum(one.accounts for one in found.states)),
        cost=cost_words.headline(found.cost) if found.cost.renewals else "",
        causes_heading="Causes" if found.why_no_causes else causes_heading(found.causes),
        causes_of=f"Accounts of {found.heard} heard",
        causes=[cause_row(one, found, _forest(found, team, as_of)) for one in found.causes],
        causes_note=causes_note(found),
        causes_none=found.why_no_causes or NO_CAUSE,
        changed=changed_of(found, asking),
        foot=f"As of {view.day(on)}. Definitions, version {VERSION}. {NO_FEED}",
    )


def _heading(found: Board, money: float) -> str:
    if not found.states:
        return "Nothing to show yet: no account has a census"
    by_state = {one.state: one for one in found.states}
    accounts = sum(one.accounts for one in found.states)
    if money <= 0 or accounts < LEAST_FOR_PERCENT:
        heard = by_state.get(AccountState.HEARD)
        return f"We hear from {view.of(heard.accounts if heard else 0, accounts)} accounts."
    shares = {state: one.arr / money for state, one in by_state.items()}
    heard_share, silent = shares.get(AccountState.HEARD, 0.0), shares.get(AccountState.SILENT, 0.0)
    told = f"We hear from accounts carrying {view.percent(heard_share)} of revenue."
    return f"{told} {view.percent(silent)} is silent."


def _forest(found: Board, team: str, as_of: date | None) -> Asked | None:
    """The view of the Forest that shows the same; a day in the past has none."""
    return Asked(found.window.days, team) if as_of is None and found.window.days in PERIODS else None


def _filters(team: str, teams: Mapping[str, str]) -> list[Choice]:
    if not teams:
        return []
    return [choice("team", "Team", [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())], team)]


def scope_words(scope: Scope, name: str) -> str:
    return {Scope.TOTAL: "All teams", Scope.TEAM: f"Team of {name}", Scope.CSM: f"Book of {name}"}.get(scope, name)
