"""Whether the work of knowing customers goes on: by account, and by week (8a). Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from voc.metrics.model import AccountFacts, Book, Fact, Unit
from voc.metrics.money.facts import Week
from voc.metrics.units import Terms

WEEK = timedelta(days=7)
LEFT_LYING = timedelta(days=7)


def voc_contribution(book: Book, terms: Terms) -> list[Unit]:
    """Accounts where something was due in the period, and those of them where something was done."""
    account = book.facts
    if not account.customer:
        return []
    since = terms.moment - timedelta(days=terms.days)
    done = _done(account, terms, since)
    if not done and not _due(account, since):
        return [Unit(0.0, 0.0, "nothing_due", "account", account.account_id)]
    return [Unit(float(done), 1.0, "contributed" if done else "not_contributed", "account", account.account_id)]


def _done(account: AccountFacts, terms: Terms, since: datetime) -> bool:
    places = account.team.places if account.team else ()
    known = terms.confirmed | terms.entered
    filled = any(one.contact_id in known for place in places for one in place.holders)
    answered = any(_within(one.answered_at, since, terms.moment) for one in account.asked)
    return filled or answered or any(_within(one.resolved_at, since, terms.moment) for one in account.cases)


def _due(account: AccountFacts, since: datetime) -> bool:
    """A place without a fresh contact, somebody asked, or a follow-up open in the period."""
    gap = account.team is not None and any(not place.fresh for place in account.team.places)
    asked = any(one.sent_at is not None and (one.due_at is None or one.due_at > since) for one in account.asked)
    return gap or asked or any(one.resolved_at is None or one.resolved_at > since for one in account.cases)


def _within(at: datetime | None, since: datetime, moment: datetime) -> bool:
    return at is not None and since < at <= moment


# --- weeks ---


@dataclass(frozen=True, slots=True)
class Lying:
    """Something a CSM had to settle: open from `since` to `until` (None: still)."""

    account_id: str
    since: datetime
    until: datetime | None

    def spoils(self, week_to: datetime) -> bool:
        """Whether it had lain for over 7 days at some moment of the week that ends then."""
        late = self.since + LEFT_LYING
        return late < week_to and (self.until is None or self.until > max(late, week_to - WEEK))


def week_ends(moment: datetime, days: int) -> list[datetime]:
    """The ends of the whole weeks of the period, the latest first."""
    return [moment - number * WEEK for number in range(days // 7)]


def weeks(
    ends: Sequence[datetime],
    *,
    books: Mapping[datetime, Mapping[str, str]],
    problems: Sequence[Lying],
    suggestions: Sequence[Lying],
    csms: Mapping[datetime, Collection[str]] = MappingProxyType({}),
) -> list[Week]:
    """One per CSM and week; `books` are the owners of the accounts (account to CSM) at each week's end.

    `csms` had a customer then too, one that nothing lay at.
    """
    found = []
    for ends_at in ends:
        owners = books.get(ends_at, {})
        left = {csm_id: [0, 0] for csm_id in (*owners.values(), *csms.get(ends_at, ()))}
        for kind, lying in enumerate((problems, suggestions)):
            for one in lying:
                csm_id = owners.get(one.account_id)
                if csm_id is not None and one.spoils(ends_at):
                    left[csm_id][kind] += 1
        found += [Week(csm_id, _day(ends_at), *counts) for csm_id, counts in sorted(left.items())]
    return found


def _day(at: datetime) -> date:
    return at.date()


def crm_upkeep(weeks_found: Iterable[Week]) -> list[Fact]:
    """One row per CSM and week; it belongs to no account."""
    return [
        Fact("", week.csm_id, Unit(float(week.kept), 1.0, _label(week), "week", _id(week), None, None, week.to_on))
        for week in weeks_found
    ]


def _label(week: Week) -> str:
    return "kept" if week.kept else "problem_left" if week.problems else "suggestion_left"


def _id(week: Week) -> str:
    return f"{week.csm_id}:{week.to_on.isoformat()}"
