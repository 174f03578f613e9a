"""The state of every account at once (3-metrics 4.1) and its silent score; as `silence` says of one. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voc.base.words import AccountState, Disposition, FollowUpKind
from voc.metrics.columns.kinds import MISSING, Column, any_of, count_of, here, numbered, sum_of
from voc.metrics.columns.model import DAY, KINDS, ROLES, Company, bits_of
from voc.metrics.columns.places import WIDE, Places
from voc.metrics.columns.rows import Rows
from voc.metrics.model import NO_RATE
from voc.metrics.silence import SENIOR, WINDOW, Limits
from voc.metrics.units import NOT_ASKED
from voc.statistics.silence import DECISION_MAKER_POINTS, DETRACTOR_POINTS

STATES = tuple(AccountState)
_WINDOW = WINDOW.days * DAY


def states(company: Company, places: Places, *, limits: Limits) -> Column:
    """Each account's state as its place in STATES: the first that applies."""
    accounts, asked, moment = company.accounts, company.asked, company.at
    count = len(accounts)
    census = count_of(places.account, count) > 0
    answers = (asked.answered > moment - _WINDOW) & (asked.answered <= moment)
    last = accounts.last_answered
    heard = any_of(asked.account, answers, count) | ((last > moment - _WINDOW) & (last <= moment))
    recent = lately(company)
    rows = np.flatnonzero(recent)
    account = asked.account[rows]

    def some(flags: Column) -> Column:
        return any_of(account, flags[rows], count)

    invited = count_of(account, count) > 0
    planned = any_of(asked.account, asked.planned, count)
    arrived = some(~(here(asked.bounced) | asked.is_(Disposition.UNKNOWN)))
    secret = some(asked.confidential & ~here(asked.bounced))
    due = some(here(asked.due) & (asked.due <= moment))
    people = _People(company, rows)
    too_new = here(accounts.since_on) & (moment // DAY - accounts.since_on < limits.too_new.days)
    silent = people.silent(moment, limits, count)
    return np.select(
        [
            ~census,
            heard,
            ~invited & planned,
            ~invited,
            ~arrived,
            people.all_opted_out(count),
            secret,
            ~due,
            too_new,
            silent >= limits.people,
        ],
        [
            STATES.index(one)
            for one in (
                AccountState.NO_CENSUS,
                AccountState.HEARD,
                AccountState.IN_FLIGHT,
                AccountState.NOT_ASKED,
                AccountState.UNREACHABLE,
                AccountState.ALL_OPTED_OUT,
                AccountState.IN_CONFIDENCE,
                AccountState.IN_FLIGHT,
                AccountState.TOO_NEW,
                AccountState.SILENT,
            )
        ],
        STATES.index(AccountState.QUIET),
    )


def lately(company: Company) -> Column:
    """Everybody invited in the 180 days, in confidence too."""
    asked, moment = company.asked, company.at
    at = np.where(here(asked.sent), asked.sent, asked.bounced)
    return here(at) & asked.eligible & (at > moment - _WINDOW) & (at <= moment)


class _People:
    """Who was delivered to, each once an account."""

    def __init__(self, company: Company, rows: Column) -> None:
        asked = company.asked
        self._asked, self._rows = asked, rows[asked.delivered[rows]]
        self._person, self._count, first = numbered(asked.account[self._rows], asked.contact[self._rows])
        self._account = asked.account[self._rows][first]
        self._out = any_of(self._person, asked.opted_out[self._rows], self._count)

    def all_opted_out(self, accounts: int) -> Column:
        reached = count_of(self._account, accounts)
        found: Column = (reached > 0) & (sum_of(self._account, self._out, accounts) == reached)
        return found

    def silent(self, moment: int, limits: Limits, accounts: int) -> Column:
        """How many were asked enough and had not opted out."""
        due = self._asked.due[self._rows]
        after = limits.after.days * DAY
        long_ago = any_of(self._person, here(due) & (due + after <= moment), self._count)
        often = count_of(self._person, self._count) >= limits.invitations
        return sum_of(self._account, (long_ago | often) & ~self._out, accounts)


def silent_figures(revenue: Column, state: Column) -> Iterator[tuple[str, Rows]]:
    """Books are accounts; `revenue` of one whose currency has no rate is no number."""
    asked = ~np.isin(state, [STATES.index(one) for one in NOT_ASKED])
    is_silent = state == STATES.index(AccountState.SILENT)
    book = np.flatnonzero(state != STATES.index(AccountState.NO_CENSUS))
    yield "silent_accounts", Rows(book, is_silent[book] * 1.0, asked[book] * 1.0, state[book], STATES)
    book = np.flatnonzero(asked)
    arr = revenue[book]
    known = ~np.isnan(arr)
    weight = np.where(known, arr, 0.0)
    label = np.where(known, state[book], len(STATES))
    yield "silent_arr", Rows(book, weight * is_silent[book], weight, label, (*STATES, NO_RATE))


@dataclass(frozen=True)
class Scores:
    """The seven parts and their total, by account; `there` where there is a score at all."""

    there: Column
    parts: dict[str, Column]


def scores(company: Company, places: Places, state: Column) -> Scores:
    """Of silent, quiet and heard accounts with a census that anything ever reached."""
    accounts, asked, moment = company.accounts, company.asked, company.at
    count = len(accounts)
    since = np.where(here(accounts.last_answered), accounts.last_answered, accounts.first_delivered)
    scored = np.isin(
        state, [STATES.index(one) for one in (AccountState.SILENT, AccountState.QUIET, AccountState.HEARD)]
    )
    there = scored & here(since) & ~np.isnan(places.covered)
    rows = np.flatnonzero(lately(company) & ~asked.confidential)
    days = (moment - np.where(here(since), since, moment)) / DAY
    parts = {
        "recency": 25 * np.clip((days - 90) / 275, 0, 1),
        "roles": _roles(company, places, rows),
        "decision_maker": _decision_maker(company, rows, count),
        "coverage": 10 * (1 - np.nan_to_num(places.covered)),
        "bounces": _bounces(company, rows, count),
        "detractor": _detractor(company, count),
    }
    so_far = sum(parts.values())
    soon = here(accounts.renewal_on)
    left = np.where(soon, accounts.renewal_on, 0) - moment // DAY
    near = np.where(soon, np.clip((180 - left) / 150, 0, 1), 0)
    parts["renewal"] = 10 * near * so_far / 90
    parts["total"] = so_far + parts["renewal"]
    return Scores(there, parts)


def heard_lately(company: Company, rows: Column) -> Column:
    answered = company.asked.answered[rows]
    return (answered > company.at - _WINDOW) & (answered <= company.at)


def _roles(company: Company, places: Places, rows: Column) -> Column:
    asked, count = company.asked, len(company.accounts)
    heard = heard_lately(company, rows)
    whole, silent = np.zeros(count), np.zeros(count)
    weights = company.weights
    for role in range(WIDE):
        chosen = (asked.roles[rows] >> role) & 1 > 0
        invited = any_of(asked.account[rows][chosen], np.ones(int(chosen.sum()), np.bool_), count)
        told = any_of(asked.account[rows][chosen], heard[chosen], count)
        whole += weights[:, role] * invited
        silent += weights[:, role] * (invited & ~told)
    return np.divide(20 * silent, whole, out=np.zeros(count), where=whole > 0)


def _decision_maker(company: Company, rows: Column, count: int) -> Column:
    asked, holders = company.asked, company.holders
    senior = rows[asked.roles[rows] & bits_of(*SENIOR) > 0]
    answered = any_of(asked.account[senior], heard_lately(company, senior), count)
    silent = any_of(asked.account[senior], asked.delivered[senior], count)
    posts = np.isin(holders.role, [ROLES.index(role) for role in SENIOR])
    reachable = any_of(holders.account, posts & holders.reachable, count)
    points = DECISION_MAKER_POINTS
    otherwise = np.where(reachable, points["not_asked"], points["unreachable"])
    return np.where(answered, points["answered"], np.where(silent, points["silent"], otherwise))


def _bounces(company: Company, rows: Column, count: int) -> Column:
    asked = company.asked
    person, people, first = numbered(asked.account[rows], asked.contact[rows])
    bounced = any_of(person, here(asked.bounced[rows]), people)
    account = asked.account[rows][first]
    invited = count_of(account, count)
    back = sum_of(account, bounced, count)
    found: Column = np.divide(5 * back, invited, out=np.zeros(count), where=invited > 0)
    return found


def _detractor(company: Company, count: int) -> Column:
    cases = company.cases
    open_ = (cases.kind == KINDS.index(FollowUpKind.DETRACTOR)) & ~here(cases.resolved)
    limit = np.where(here(cases.contacted), cases.resolve_by, cases.contact_by)
    late = open_ & (limit != MISSING) & (limit < company.at)
    found = np.where(any_of(cases.account, open_, count), DETRACTOR_POINTS["open"], 0.0)
    return np.where(any_of(cases.account, late, count), DETRACTOR_POINTS["overdue"], found)
