"""The state of an account, its silent score and the day its silence began (3-metrics 4.1 to 4.3). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from voc import statistics
from voc.base.words import AccountState, Disposition, FollowUpKind, Role
from voc.metrics.model import AccountFacts, Asked, Case, Norms, SilentScore, Standing
from voc.stakeholders.model import Team

WINDOW = timedelta(days=180)
SENIOR = frozenset({Role.DECISION_MAKER, Role.BUDGET_HOLDER})
SCORED = frozenset({AccountState.SILENT, AccountState.QUIET, AccountState.HEARD})
WEIGHTS_VERSION = 1


@dataclass(frozen=True)
class Limits:
    """When no answer is silence: k people, each asked m times or once with the due date long past."""

    people: int = 2
    invitations: int = 2
    after: timedelta = timedelta(days=30)
    too_new: timedelta = timedelta(days=90)


def as_of(account: AccountFacts, moment: datetime) -> AccountFacts:
    """The account as it was known at an earlier moment: nothing that came after may enter."""
    asked = tuple(
        _asked_as_of(one, moment) for one in account.asked if (one.sent_at or one.bounced_at or moment) <= moment
    )
    last = account.last_answered_at
    return replace(account, asked=asked, last_answered_at=last if last is None or last <= moment else None)


def _asked_as_of(asked: Asked, moment: datetime) -> Asked:
    return replace(
        asked,
        bounced_at=_until(asked.bounced_at, moment),
        answered_at=_until(asked.answered_at, moment),
        disposition=asked.disposition if asked.due_at is not None and asked.due_at <= moment else None,
    )


def _until(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None


def recent(account: AccountFacts, *, moment: datetime) -> list[Asked]:
    """Everybody invited by name in the 180 days; a heads-up that bounced is an invitation that did not arrive."""
    return [one for one in _recent(account, moment=moment) if not one.confidential]


def _recent(account: AccountFacts, *, moment: datetime) -> list[Asked]:
    asked = (one for one in account.asked if _asked_at(one) is not None and one.eligible)
    return [one for one in asked if moment - WINDOW < _sure(one) <= moment]


def _asked_at(asked: Asked) -> datetime | None:
    return asked.sent_at or asked.bounced_at


def _sure(asked: Asked) -> datetime:
    at = _asked_at(asked)
    assert at is not None  # `recent` tests it first
    return at


def answered_recently(account: AccountFacts, *, moment: datetime) -> bool:
    answers = [one.answered_at for one in account.asked] + [account.last_answered_at]
    return any(at is not None and moment - WINDOW < at <= moment for at in answers)


def by_person(asked: Iterable[Asked]) -> Mapping[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        found[one.contact_id].append(one)
    return found


def state(account: AccountFacts, *, moment: datetime, limits: Limits) -> AccountState:
    """The first that applies, in the order of the definition."""
    if not account.customer or account.team is None or not account.team.places:
        return AccountState.NO_CENSUS
    return state_of_asked(account, moment=moment, limits=limits)


def state_of_asked(account: AccountFacts, *, moment: datetime, limits: Limits) -> AccountState:
    """The same of an account that had a census: what was asked and answered decides."""
    if answered_recently(account, moment=moment):
        return AccountState.HEARD
    invited = _recent(account, moment=moment)
    if not invited:
        return AccountState.IN_FLIGHT if any(one.planned for one in account.asked) else AccountState.NOT_ASKED
    if all(one.bounced_at is not None or one.disposition == Disposition.UNKNOWN for one in invited):
        return AccountState.UNREACHABLE
    delivered = by_person(one for one in invited if one.delivered)
    if delivered and all(_opted_out(mails) for mails in delivered.values()):
        return AccountState.ALL_OPTED_OUT
    if any(one.confidential and one.bounced_at is None for one in invited):
        return AccountState.IN_CONFIDENCE
    if not any(one.due_at is not None and one.due_at <= moment for one in invited):
        return AccountState.IN_FLIGHT
    if account.customer_since_on is not None and moment.date() - account.customer_since_on < limits.too_new:
        return AccountState.TOO_NEW
    silent = [mails for mails in delivered.values() if not _opted_out(mails) and _asked_enough(mails, moment, limits)]
    return AccountState.SILENT if len(silent) >= limits.people else AccountState.QUIET


def _opted_out(mails: Iterable[Asked]) -> bool:
    """Listed apart, not asked again, and never counted as silent."""
    return any(one.opted_out for one in mails)


def _asked_enough(mails: list[Asked], moment: datetime, limits: Limits) -> bool:
    long_ago = any(one.due_at is not None and one.due_at + limits.after <= moment for one in mails)
    return len(mails) >= limits.invitations or long_ago


def spell_on(account: AccountFacts, *, moment: datetime, limits: Limits) -> date:
    """The first day since anyone's last answer on which the account was silent; it is silent at `moment`.

    The same day comes out each night, so that one spell opens one follow-up. Only moments at which
    the state can change are looked at.
    """
    last = account.last_answered_at
    changes = [one.due_at + limits.after for one in account.asked if one.due_at is not None]
    changes += [one.due_at for one in account.asked if one.due_at is not None]
    changes += [one.sent_at for one in account.asked if one.sent_at is not None]
    if last is not None:
        changes.append(last + WINDOW)
    if account.customer_since_on is not None:
        since = account.customer_since_on + limits.too_new
        changes.append(datetime(since.year, since.month, since.day, tzinfo=moment.tzinfo))
    for at in sorted(change for change in changes if change <= moment and (last is None or change > last)):
        if state(as_of(account, at), moment=at, limits=limits) == AccountState.SILENT:
            return at.date()
    return moment.date()


def score(account: AccountFacts, *, moment: datetime) -> SilentScore | None:
    """The seven parts; None without a census or when nothing ever arrived."""
    team, since = account.team, account.last_answered_at or account.first_delivered_at
    if team is None or team.coverage is None or since is None:
        return None
    invited = recent(account, moment=moment)
    people = by_person(invited)
    return statistics.silent_score(
        days_since_response=(moment - since) / timedelta(days=1),
        invited_roles=_invited_roles(team, invited, moment),
        decision_maker=_decision_maker(team, invited, moment),
        coverage=team.coverage.fresh,
        bounced=sum(any(one.bounced_at for one in mails) for mails in people.values()),
        invited=len(people),
        detractor=_detractor(account.cases, moment),
        days_to_renewal=None if account.renewal_on is None else (account.renewal_on - moment.date()).days,
    )


def whom_to_call(account: AccountFacts, *, moment: datetime) -> str | None:
    """Of the people who were reached and are silent, the one in the weightiest place who is likeliest still there."""
    silent = {one.contact_id for one in recent(account, moment=moment) if one.delivered and not _opted_out([one])}
    places = account.team.places if account.team else ()
    holders = [
        (-place.weight, order, -holder.freshness.value, holder.contact_id)
        for order, place in enumerate(places)
        for holder in place.reachable
        if holder.contact_id in silent
    ]
    return min(holders)[-1] if holders else None


def _heard(asked: Asked, moment: datetime) -> bool:
    return asked.answered_at is not None and moment - WINDOW < asked.answered_at <= moment


def _invited_roles(team: Team, invited: list[Asked], moment: datetime) -> list[tuple[float, bool]]:
    roles = []
    for place in team.places:
        asked = [one for one in invited if place.role in one.roles]
        if asked:
            roles.append((float(place.weight), any(_heard(one, moment) for one in asked)))
    return roles


def _decision_maker(team: Team, invited: list[Asked], moment: datetime) -> str:
    senior = [one for one in invited if one.roles & SENIOR]
    if any(_heard(one, moment) for one in senior):
        return "answered"
    if any(one.delivered for one in senior):
        return "silent"
    holders = [*team.people, *team.others]
    reachable = any(one.reachable and SENIOR & set(one.roles) for one in holders)
    return "not_asked" if reachable else "unreachable"


def _detractor(cases: Iterable[Case], moment: datetime) -> str:
    """none, open (within its limit) or overdue; a resolved case is none."""
    unresolved = [one for one in cases if one.kind == FollowUpKind.DETRACTOR and one.resolved_at is None]
    if not unresolved:
        return "none"
    return "overdue" if any(_overdue(one, moment) for one in unresolved) else "open"


def _overdue(case: Case, moment: datetime) -> bool:
    limit = case.contact_by if case.contacted_at is None else case.resolve_by
    return limit is not None and limit < moment


def standing(account: AccountFacts, *, moment: datetime, limits: Limits, norms: Norms) -> Standing:
    """Where the account stands; `norms` are what is usual here."""
    reach = norms.reach_of(account.segment)
    now = state(account, moment=moment, limits=limits)
    invited = recent(account, moment=moment)
    delivered = by_person(one for one in invited if one.delivered)
    points = score(account, moment=moment) if now in SCORED else None
    silent = now == AccountState.SILENT
    chance = None
    if silent and reach is not None:
        chance = statistics.p_silent(n=len(delivered), p=reach, rho=norms.icc)
    covered = account.team.coverage if account.team else None
    return Standing(
        account_id=account.account_id,
        name=account.name,
        csm_id=account.csm_id,
        segment=account.segment,
        state=now,
        arr=account.arr,
        amount=account.amount,
        currency=account.currency,
        renewal_on=account.renewal_on,
        last_answered_at=account.last_answered_at,
        coverage_fresh=covered.fresh if covered else None,
        coverage_named=covered.named if covered else None,
        people=len(delivered),
        answered=sum(any(_heard(one, moment) for one in mails) for mails in delivered.values()),
        asked_twice=bool(delivered) and all(len(mails) >= 2 for mails in delivered.values()),
        score=points,
        band=statistics.band(points["total"]) if points else None,
        p_silent=chance,
        spell_on=spell_on(account, moment=moment, limits=limits) if silent else None,
        note="no renewal date" if points and account.renewal_on is None else None,
    )
