"""Files of the book: accounts and contacts one may see, what to do next about them, who is not asked."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from voc.accounts.store import book as accounts
from voc.base import preferences
from voc.metrics import run as metrics
from voc.metrics.model import Standing
from voc.reports import export
from voc.reports import store as rows
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import Step, Team
from voc.web import view
from voc.web.csm import asked_of, within
from voc.web.tables import Asked, Found, PageTable, file_handlers

_AT_ONCE = 500

ACCOUNT_COLUMNS = (
    Column("Account"),
    Column("Account id", meaning="As in the CRM"),
    Column("Segment"),
    Column("Status"),
    Column("Revenue", Kind.MONEY, "A year, in the currency beside it"),
    Column("Currency"),
    Column("CSM"),
    Column("State", meaning="Of the last 180 days: heard, silent, not asked and so on"),
    Column("Score", Kind.NUMBER, "Of silence, 0 to 100: a rule of judgement, not a probability"),
    Column("Fresh coverage", Kind.SHARE, "Weight of required places with a fresh contact"),
    Column("Named coverage", Kind.SHARE, "The same with any reachable contact"),
    Column("Renewal date", Kind.DAY),
    Column("Last answer", Kind.DAY, "Named answers alone"),
    Column("Open follow-ups", Kind.WHOLE),
)


def _accounts(db: Connection, asked: Asked) -> Found:
    return Found(_account_rows(db, asked), [("As of", asked.today.isoformat())])


def _account_rows(db: Connection, asked: Asked) -> Iterator[Sequence[Cell]]:
    """A page after the other, as the list on screen goes on."""
    wishes, values = asked_of(asked.query), preferences.load(db)
    stands = metrics.stands(db, asked.viewer, now=asked.now, preferences=values)
    wanted = within(wishes, stands)
    after: str | None = None
    while found := accounts.accounts(db, asked.viewer, wanted, order=wishes.order, after=after, limit=_AT_ONCE):
        ids = [one.id for one in found]
        teams, standings = stakeholders.teams(db, ids, now=asked.now, preferences=values), stands.of(ids)
        for one in found:
            yield _account(one, teams[one.id], standings.get(one.id))
        after = found[-1].id


def _account(one: accounts.AccountRow, team: Team, standing: Standing | None) -> Sequence[Cell]:
    score, coverage = (standing.score if standing else None), team.coverage
    return (
        one.name,
        one.id,
        one.segment,
        view.low_word(one.status),
        one.arr,
        one.currency,
        one.csm_name,
        view.low_word(standing.state) if standing else None,
        round(score["total"], 1) if score else None,
        coverage.fresh if coverage else None,
        coverage.named if coverage else None,
        one.renewal_on,
        one.last_answer_at,
        one.open_follow_ups,
    )


ACCOUNTS = PageTable(
    "accounts", "Accounts", "/accounts", ACCOUNT_COLUMNS, _accounts, "With the filters of the page; customers if none."
)


def _contacts(db: Connection, asked: Asked) -> Found:
    return Found(rows.contacts(db, asked.viewer), [("As of", asked.today.isoformat())])


CONTACTS = PageTable(
    "contacts", "Contacts", "/contacts", export.CONTACTS.columns, _contacts, "As the CRM has them, and ours."
)

STEP_COLUMNS = (
    Column("Account"),
    Column("Account id"),
    Column("CSM"),
    Column("Revenue", Kind.MONEY),
    Column("Currency"),
    Column("About"),
    Column("Step"),
    Column("Why"),
    Column("Points of coverage", Kind.WHOLE, "Of 100, for the account"),
    Column("Minutes", Kind.WHOLE),
    Column("Roles"),
)


def _steps(db: Connection, asked: Asked) -> Found:
    found = stakeholders.recruiting(db, asked.viewer, now=asked.now, preferences=preferences.load(db))
    return Found([_step(one) for one in found], [("As of", asked.today.isoformat())])


def _step(one: Step) -> Sequence[Cell]:
    return (
        one.account.name,
        one.account.account_id,
        one.account.csm_name,
        one.account.arr,
        one.account.currency,
        view.low_word(one.kind),
        one.sentence,
        one.why,
        one.points,
        one.minutes,
        view.listed([view.low_word(role) for role in one.roles]),
    )


RECRUITING = PageTable("recruiting", "Next steps, most valuable first", "/accounts/next-steps", STEP_COLUMNS, _steps)

EXCLUSION_COLUMNS = (
    Column("Account"),
    Column("Person", meaning="Empty: the whole account"),
    Column("Revenue", Kind.MONEY),
    Column("Reason"),
    Column("By"),
    Column("Since", Kind.DAY),
    Column("Until", Kind.DAY),
)


def _exclusions(db: Connection, asked: Asked) -> Found:
    found = stakeholders.exclusions(db, asked.viewer, today=asked.today)
    return Found(
        [
            (one.account_name, one.contact_name, one.arr, one.reason, one.by, one.created_at, one.expires_on)
            for one in found
        ]
    )


EXCLUSIONS = PageTable(
    "exclusions", "Who is not asked, until when and why", "/exclusions", EXCLUSION_COLUMNS, _exclusions
)

TABLES = (ACCOUNTS, CONTACTS, RECRUITING, EXCLUSIONS)
HANDLERS = file_handlers(*TABLES)
