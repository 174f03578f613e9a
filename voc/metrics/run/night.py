"""The night: figures are counted once and kept for good; accounts that fell silent become follow-ups."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from voc.base import leases
from voc.base import preferences as settings
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.words import AccountState, FigureState, Scope
from voc.followup import run as followup
from voc.metrics import cohorts, silence, store
from voc.metrics.catalogue import CATALOGUE, VERSION
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.states import STATES, scores
from voc.metrics.confidential import divide
from voc.metrics.model import AccountFacts, Figure, Shown
from voc.metrics.run import standings
from voc.metrics.run.kept import WINDOWS, all_of, last_night
from voc.metrics.run.looking import Asking, CompanyLook, count, in_portions, limits_of, terms_of
from voc.metrics.run.subjects import Question, Shared
from voc.metrics.silence import Limits
from voc.metrics.store import confidential as store_confidential
from voc.metrics.store import kept_pages
from voc.metrics.store import standings as stood
from voc.metrics.store.company import Ground, company
from voc.metrics.units import Terms

RELEASED_AFTER = timedelta(hours=1)  # drafts and doubted answers have settled by then
PORTION = 1000  # accounts whose facts are in memory at once
ACCOUNTS_EVERY = timedelta(days=7)
_KINDS = (Scope.CSM, Scope.TEAM, Scope.SEGMENT, Scope.REGION, Scope.TOTAL)


def release(db: Connection, now: datetime) -> int:
    """Count each confidential wave that is over into groups, once and for good; how many waves. Idempotent.

    What comes afterwards (a late answer, an erasure, another CSM) changes nothing of it: a difference
    between two days would be a person.
    """
    found = 0
    for wave_id in store_confidential.to_release(db, closed_by=now - RELEASED_AFTER):
        groups, withheld = divide(store_confidential.told(db, wave_id))
        found += store_confidential.add_release(db, wave_id, groups, withheld=withheld, now=now)
    return found


def catch_up(db: Connection, now: datetime) -> int:
    """Open a follow-up for each account that is silent, once per spell; returns how many are new. Idempotent.

    It begins with whoever of the silent people weighs most: a decision maker before an end user.
    """
    known = settings.load(db)
    limits, opened = limits_of(known), 0
    for chosen in in_portions(_silent(db, now, known), PORTION):
        facts = store.facts(db, moment=now, window_days=known.window_days, preferences=known, account_ids=chosen)
        opened += sum(_open_if_silent(db, one, limits=limits, now=now) for one in facts.accounts)
    return opened


def _silent(db: Connection, now: datetime, known: Preferences) -> list[str]:
    found = company(db, moment=now, window_days=known.window_days, preferences=known)
    counting = Counting(found, terms_of(Asking(now, preferences=known), now, known))
    silent = counting.states == STATES.index(AccountState.SILENT)
    return [found.accounts.ids[at] for at in silent.nonzero()[0].tolist()]


def _open_if_silent(db: Connection, account: AccountFacts, *, limits: Limits, now: datetime) -> bool:
    if silence.state(account, moment=now, limits=limits) != AccountState.SILENT:
        return False
    return followup.open_silent(
        db,
        account_id=account.account_id,
        spell_on=silence.spell_on(account, moment=now, limits=limits),
        now=now,
        contact_id=silence.whom_to_call(account, moment=now),
    )


def is_over(db: Connection, now: datetime) -> bool:
    """Whether everything that follows from the figures of the day that ended last is done too."""
    return kept_pages.read(db, last_night(now.date()), _OVER, int) is not None


def end(db: Connection, now: datetime) -> None:
    """Say so: a night that was broken off before goes on with the next tick."""
    kept_pages.keep(db, last_night(now.date()), _OVER, 1)


_OVER = "over"


def snapshot(database: Database, now: datetime) -> int:
    """Keep the figures as they stood when yesterday ended, for each standard window; how many.

    Written once: what comes in later (a merge, a hand-over, a late answer) changes nothing of it. A night that
    was broken off is begun anew, for its mark is written last. Of two who count the same night at once the one that
    began last goes on, and the other is Refused at its next portion.
    """
    on = last_night(now.date())
    with database.read() as db:
        if store.is_counted(db, on):
            return 0
        known = settings.load(db)
    with database.begin() as db:
        if store.is_counted(db, on):
            return 0
        fence = leases.take(db, _FENCE, holder=_FENCE, now=now, lasts=timedelta())
        store.drop_unfinished(db, on)
    kept = 0
    with database.read() as db:
        for portion in _portions(_figures(database, db, on, known, now)):
            with database.begin() as writing:
                _must_be_last(writing, fence, now)
                store.keep(writing, portion)
            kept += len(portion)
    with database.begin() as db:
        _must_be_last(db, fence, now)
        store.mark_counted(db, on)
        stood.drop(db, but=on)
    return kept


_FENCE = "figures of the night"


def _must_be_last(db: Connection, fence: int | None, now: datetime) -> None:
    """Whoever begins a night drops what another has kept of it: that one may add nothing to it any more."""
    if fence is None or not leases.keep(db, _FENCE, fence=fence, now=now, lasts=timedelta()):
        raise Refused("Another worker has begun to count this night anew")


def _portions(figures: Iterator[Figure]) -> Iterator[list[Figure]]:
    """No more are held than one transaction writes."""
    while portion := list(islice(figures, store.KEPT_AT_ONCE)):
        yield portion


def _figures(database: Database, db: Connection, on: date, known: Preferences, now: datetime) -> Iterator[Figure]:
    moment = store.moment_of(on, now=now)
    windows = sorted({*WINDOWS, known.window_days})
    ground = Ground(db, moment, known)
    found = company(db, moment=moment, window_days=max(windows), preferences=known, ground=ground)
    shared = Shared(db, Question(moment, max(windows), known), ground)

    def terms(days: int) -> Terms:
        return terms_of(Asking(now, on, days, preferences=known), moment, known)

    standing = Counting(found, terms(known.window_days))  # where accounts stand, which no window changes
    for days in windows:  # what one of them needs is let go before the next
        looked = count(db, Counting(found, terms(days), beside=standing), known, shared=shared)
        if days == known.window_days:
            standings.keep(database, on, standing, looked.counted.norms)
        yield from _of_window(looked)
        del looked
    if not store.accounts_kept_between(db, on - ACCOUNTS_EVERY, on):
        yield from _of_accounts(standing)


def _of_window(looked: CompanyLook) -> Iterator[Figure]:
    names = [one.name for one in CATALOGUE]
    for scope in _KINDS:
        for key in looked.keys(scope):
            yield from all_of(looked, key, names)


def _of_accounts(counting: Counting) -> Iterator[Figure]:
    """The silent score of each customer with its seven parts, once a week; `reason` is the account's state."""
    found, accounts = counting.states, counting.company.accounts
    points = scores(counting.company, counting.places, found)
    window = cohorts.window(counting.company.moment, counting.terms.days)
    for at in accounts.customer.nonzero()[0].tolist():
        there = bool(points.there[at])
        parts = {name: float(values[at]) for name, values in points.parts.items()} if there else {}
        total = parts.get("total")
        yield Figure(
            name="silent_score",
            scope=Scope.ACCOUNT,
            scope_id=accounts.ids[at],
            value=total,
            numerator=total,
            denominator=100.0 if there else None,
            interval=None,
            state=FigureState.OK if there else FigureState.NO_DATA,
            reason=str(STATES[found[at]]),
            shown=Shown.COUNTS if there else Shown.REASON,
            counted=1,
            accounts=1,
            window=window,
            as_of=window.to_on,
            definition_version=VERSION,
            extra=dict(parts),
        )
