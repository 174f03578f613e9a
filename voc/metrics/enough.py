"""When a figure that rests on too few will be enough, in words: what is missing, and by when it is likely there. Pure.

Likely is what is on its way: invitations that come due on a known day, else the next wave by its cadence, as large
as the last one was. Where nothing is on its way, a period is named that would have been long enough at the same pace.
What is under way is invitations, so only what counts invitations is forecast by it: not people, nor answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc.base.words import Scope
from voc.metrics.catalogue import OPENS, Measure, Owner, Spread
from voc.metrics.compare import Comparison
from voc.metrics.model import Figure, FigureState, Shown

LEAST_COMPARED, LEAST_ACCOUNTS, LEAST_EFFECTIVE = 10, 3, 8  # 3-metrics 2.6
LONGEST_PERIOD = 1_000  # days: what one may ask for
_OF_INVITATIONS = frozenset({"response_rate"})


@dataclass(frozen=True)
class Coming:
    """Invitations of one scope that come due on a day; `accounts` are told of those that need more of them."""

    on: date
    rows: int
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outlook:
    """What one scope can expect: invitations under way by their day, and the next wave by its cadence."""

    coming: Sequence[Coming] = ()
    wave_on: date | None = None  # when most of its invitations are due
    wave_rows: int = 0  # as the last one had
    wave_accounts: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()  # accounts that the figure counts already: one of these is not one more


NOTHING = Outlook()


@dataclass(frozen=True)
class Missing:
    """`have` of `least` rows, and of the accounts they must lie in; `what` is one row in the plural."""

    what: str
    have: int
    least: int
    accounts: int = 0
    least_accounts: int = 0

    @property
    def rows(self) -> int:
        return max(self.least - self.have, 0)

    @property
    def more_accounts(self) -> int:
        return max(self.least_accounts - self.accounts, 0)


def of_figure(figure: Figure, outlook: Outlook = NOTHING) -> str | None:
    """The reason of a figure with too few rows, with what would be enough; of every other figure as it was."""
    definition = OPENS[figure.name]
    score = definition.measure == Measure.SCORE and definition.spread in (Spread.SCORE, Spread.ACCOUNTS)
    if score and figure.shown == Shown.COUNTS:
        return _of_score(figure)
    if figure.state != FigureState.TOO_FEW:
        return figure.reason
    what = definition.rows or definition.counts
    missing = Missing(what, figure.counted, definition.least)
    told = words(missing, outlook if figure.name in _OF_INVITATIONS else NOTHING, days=_days(figure))
    return f"Too few for a percentage: {figure.counted} {_named(figure.counted, what)}; {told}."


def _named(count: int, what: str) -> str:
    return what if count != 1 else "person" if what == "people" else what.removesuffix("s")


def _of_score(figure: Figure) -> str:
    """People, however few accounts they are of; and three accounts, unless it is an account's own."""
    people = round(figure.extra.get("people") or figure.counted)
    accounts = 0 if figure.scope == Scope.ACCOUNT else LEAST_ACCOUNTS
    missing = Missing("people", people, LEAST_COMPARED, figure.accounts, accounts)
    return f"Too few for a score: {people} people; {words(missing, NOTHING, days=_days(figure))}."


def _days(figure: Figure) -> int | None:
    """Of what is as it stands today no longer period has more."""
    return None if OPENS[figure.name].owner in (Owner.TODAY, Owner.CHAIN) else figure.window.days


def of_comparison(found: Comparison, outlook: Outlook, *, days: int) -> str:
    """What a comparison of one book lacks; empty where it can be told."""
    if found.state != "too_few":
        return ""
    missing = Missing("invitations", found.invitations, LEAST_COMPARED, found.accounts, LEAST_ACCOUNTS)
    if missing.rows or missing.more_accounts:
        return f"{words(missing, outlook, days=days)}."
    # Colleagues answer alike: so many invitations say as much as fewer would of strangers.
    needed = -(-LEAST_EFFECTIVE * found.invitations // max(int(found.effective), 1))
    told = f"they say as much as {found.effective:.0f} of strangers would"
    return f"{told}; {words(Missing('invitations', found.invitations, needed), outlook, days=days)}."


def words(missing: Missing, outlook: Outlook, *, days: int | None) -> str:
    """As in: enough from 10 invitations of 3 accounts: 4 more, likely on 24 March, when 6 under way are due."""
    of = f" of {missing.least_accounts} accounts" if missing.least_accounts else ""
    more = []
    if missing.rows:
        more.append(f"{missing.rows} more")
    if missing.more_accounts:
        more.append(f"{missing.more_accounts} more {'account' if missing.more_accounts == 1 else 'accounts'}")
    told = f"enough from {missing.least} {missing.what}{of}: {' and '.join(more) or 'a little more'}"
    when = _when(missing, outlook, days)
    return f"{told}, {when}" if when else told


def _when(missing: Missing, outlook: Outlook, days: int | None) -> str:
    rows, accounts = 0, set[str]()
    for one in sorted(outlook.coming, key=lambda coming: coming.on):
        rows, accounts = rows + one.rows, accounts | (one.accounts - outlook.known)
        if rows >= missing.rows and len(accounts) >= missing.more_accounts:
            return f"likely on {one.on.day} {one.on:%B}, when {rows} under way are due"
    then = rows + outlook.wave_rows, len(accounts | (outlook.wave_accounts - outlook.known))
    if outlook.wave_on is not None and then[0] >= missing.rows and then[1] >= missing.more_accounts:
        return f"likely after the next wave, in {outlook.wave_on:%B %Y}"
    longer = _longer(missing, days)
    return f"{_PERIOD}{longer} days has as many" if longer else ""


_PERIOD = "a period of about "


def _longer(missing: Missing, days: int | None) -> int | None:
    """The period that would have had as many at the same pace, in whole months; None: no period one may ask for."""
    if days is None or not missing.have:
        return None
    needed = -(-days * missing.least // missing.have)
    longer = -(-needed // 30) * 30
    return longer if days < longer <= LONGEST_PERIOD else None


def longer_period(figure: Figure) -> int | None:
    """The days that the reason of a figure names, if it names a longer period as enough."""
    named = (figure.reason or "").partition(_PERIOD)[2].partition(" ")[0]
    return int(named) if figure.shown == Shown.COUNTS and named.isdecimal() else None
