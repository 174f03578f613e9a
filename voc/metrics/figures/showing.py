"""How much may be shown, and why there is nothing (3-metrics 0, 1.7)."""

from voc.base.words import FigureState, Scope
from voc.metrics import units
from voc.metrics.catalogue import Definition, Measure, Owner, Spread
from voc.metrics.model import Shown, Tally

LEAST_PEOPLE_FOR_SCORE, LEAST_ACCOUNTS = 10, 3


def shown_of(definition: Definition, tally: Tally, *, scope: Scope, people: int | None = None) -> Shown:
    """What the number of rows behind a figure allows.

    A score is told from ten `people` on, of three accounts unless it is an account's own. Of our own records, which
    are no sample, a share has no range, and its percentage from the same number of rows on as any other.
    """
    if tally.whole <= 0:
        return Shown.REASON
    if definition.spread == Spread.NONE:
        return Shown.COUNTS if _is_few(definition, tally, scope=scope) else Shown.PERCENT
    behind = tally.counted if people is None else people
    few = tally.accounts < LEAST_ACCOUNTS
    if definition.measure == Measure.SCORE and definition.spread in (Spread.SCORE, Spread.ACCOUNTS):
        if behind < LEAST_PEOPLE_FOR_SCORE or (few and scope != Scope.ACCOUNT):
            return Shown.COUNTS
    elif behind < definition.least:
        return Shown.COUNTS
    if behind < definition.least_for_interval or few or scope == Scope.ACCOUNT:
        return Shown.PERCENT
    return Shown.TREND if behind >= 30 else Shown.INTERVAL


def _is_few(definition: Definition, tally: Tally, *, scope: Scope) -> bool:
    """Of an account its own page tells all; points are weights of places, no rows that one could count out."""
    share = definition.measure == Measure.SHARE and definition.counts != "points"
    return share and scope != Scope.ACCOUNT and tally.counted < definition.least


UNTOLD = frozenset({FigureState.NONE_ASKED, FigureState.IN_FLIGHT, FigureState.NO_DATA, FigureState.SUPPRESSED})


def state_of(definition: Definition, tally: Tally, *, scope: Scope, flying: int) -> tuple[FigureState, str | None]:
    if tally.whole <= 0 or _nothing_is_due(definition, tally):
        return _nothing(definition, tally, flying=flying)
    few = tally.counted < definition.least
    if definition.spread == Spread.NONE:
        few = _is_few(definition, tally, scope=scope)
    if few:
        told = f"{tally.counted} {definition.rows or definition.counts}"
        return FigureState.TOO_FEW, f"Too few for a percentage: {told}."
    return FigureState.OK, None


def _nothing_is_due(definition: Definition, tally: Tally) -> bool:
    """There are places, but no invitation has come due yet: a participation of 0 would read as silence."""
    return definition.name == "participation" and not _anybody_invited(tally)


def _anybody_invited(tally: Tally) -> bool:
    return any(tally.labels[label] for label in units.INVITED)


def _nothing(definition: Definition, tally: Tally, *, flying: int) -> tuple[FigureState, str]:
    if tally.left_out:
        return FigureState.NO_DATA, f"No exchange rate for {', '.join(sorted(set(tally.left_out)))}."
    if definition.owner == Owner.FACT:
        return FigureState.NO_DATA, definition.nothing
    if definition.owner in (Owner.ASKED, Owner.CHAIN):
        if flying:
            return FigureState.IN_FLIGHT, f"{flying} invitations are under way, none is due yet."
        chain_without_asking = definition.owner == Owner.CHAIN and not _anybody_invited(tally)
        if not tally.labels or chain_without_asking:
            return FigureState.NONE_ASKED, "Nobody was asked in this period."
        if definition.name == "places_answered" or set(tally.labels) <= {"unknown", "not_eligible"}:
            return FigureState.NO_DATA, "No mail arrived."
        return FigureState.NO_DATA, "Nobody answered this."
    if definition.owner == Owner.FOLLOW_UP:
        pending = tally.labels["pending"]
        return FigureState.NO_DATA, f"None is due yet, {pending} open." if pending else "No follow-up was due."
    if definition.name in ("silent_accounts", "silent_arr"):
        return FigureState.NONE_ASKED, "Nobody was asked in 180 days."
    return FigureState.NO_DATA, "No account with required roles."
