"""What goes back into the CRM: collected from all stages in portions, rehearsed, handed to `accounts.run`.

The least that helps: a task says whom to call and by when and links to the follow-up; why, and in
which words, stays here with whoever may see it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from voc.accounts import writing
from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import Connector, Outside, WriteWhat
from voc.accounts.run import connect, writing_back
from voc.accounts.store import connections, history, written_back
from voc.accounts.store.written_back import LastRun
from voc.accounts.writing import CONTACT_FIELDS, Planned, Wanted, planned
from voc.base import installations, preferences
from voc.base.db import Database
from voc.base.errors import Refused, VocError
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.words import FollowUpKind
from voc.followup.hours import of_owner
from voc.followup.wording import moment
from voc.reports import store_write_back as store
from voc.reports.store_write_back import Case, Person
from voc.stakeholders.store import teams

_PORTION = 1_000
_TEAMS = 500
_LONGEST_SUBJECT = 250  # Salesforce takes 255


@dataclass(frozen=True)
class Terms:
    """What collecting needs to know beside the tables."""

    connection: Connection
    since: dict[Switch, datetime]
    preferences: Preferences
    base_url: str
    now: datetime


def is_due(database: Database, *, now: datetime) -> bool:
    """Whether something is switched on, the CRM is read on schedule, and it is time again."""
    with database.read() as db:
        connection = connections.load_connection(db)
        if connection is None or not connection.on or not connection.writes:
            return False
        last, read = written_back.standing(db).last, history.last_complete(db)
    return writing.is_due(last.at if last else None, read.finished_at if read else None, now=now)


def bring_back(
    database: Database,
    *,
    vault: Vault,
    outside: Outside,
    base_url: str,
    now: datetime,
    holder: str,
    progress: Callable[[int], None] | None = None,
) -> LastRun | None:
    """Open the connection that is set up and write back what is switched on; None where nothing is.

    Refused for a rehearsal's invented days, and while our records are those of another CRM.
    """
    with database.read() as db:
        connection = connections.load_connection(db)
    if connection is None or not connection.writes:
        return None
    try:
        connector = _opened(database, connection, vault=vault, outside=outside)
    except VocError as error:
        with database.begin() as db:
            writing_back.note_unable(db, str(error), now=now)
        raise
    try:
        return write_back(database, connector, connection, base_url=base_url, now=now, holder=holder, progress=progress)
    finally:
        connector.close()


def _opened(database: Database, connection: Connection, *, vault: Vault, outside: Outside) -> Connector:
    with database.read() as db:
        secrets = connections.stored_secrets(db, vault)
        last = history.last_complete(db)
        if installations.load(db).rehearsal:
            raise Refused("This is a rehearsal: its days are invented, and nothing of them is written into a CRM.")
    connector = connect(connection, secrets, outside)
    if (why := _why_not_its_records(last, connector)) is not None:
        connector.close()
        raise Refused(f"Our records {why}. Read {connector.name} first: its records are found by their ids.")
    return connector


def _why_not_its_records(last: history.SyncRun | None, connector: Connector) -> str | None:
    """The name does not tell two accounts at one address apart; the fingerprint does."""
    if last is None:
        return "were not read yet"
    if last.source != connector.name:
        return f"were read from {last.source}"
    if last.fingerprint != connector.fingerprint:
        return "were read before the connection was changed"
    return None


def write_back(
    database: Database,
    connector: Connector,
    connection: Connection,
    *,
    base_url: str,
    now: datetime,
    holder: str,
    progress: Callable[[int], None] | None = None,
) -> LastRun:
    """Bring everything into the CRM that is switched on and not there yet; see `accounts.run.writing_back`."""
    with database.begin() as db:
        standing = writing_back.note_switches(db, connection, now=now)
        terms = Terms(connection, standing.since, preferences.load(db), base_url, now)
    chunks = collect(database, terms)
    return writing_back.write_back(database, connector, chunks, now=now, holder=holder, progress=progress)


def rehearse(database: Database, connection: Connection, *, base_url: str, now: datetime) -> Iterator[Planned]:
    """What a run now would write, and what waits or was refused. Nothing is sent or noted.

    Switches that are on here and not yet in force begin now.
    """
    with database.read() as db:
        since = written_back.standing(db).since
        chosen = {one: since.get(one, now) for one in connection.writes}
        terms = Terms(connection, chosen, preferences.load(db), base_url, now)
    for chunk in collect(database, terms):
        with database.read() as db:
            told = written_back.told(db, [one.key for one in chunk])
        for wanted in chunk:
            plan = planned(wanted, told.get(wanted.key), now=now)
            if plan is not None:
                yield plan


def collect(database: Database, terms: Terms) -> Iterator[Sequence[Wanted]]:
    """Everything the CRM should say, tasks first. Each portion is a look of its own: none is open while one writes."""
    if Switch.TASKS in terms.since:
        yield from _tasks(database, terms)
    columns = {one: column for one, column in terms.connection.write_columns.items() if one in terms.since and column}
    if told := {one: columns[one] for one in CONTACT_FIELDS if one in columns}:
        yield from _people(database, terms, told)
    if Switch.COVERAGE in columns:
        yield from _coverage(database, terms, columns[Switch.COVERAGE])


def _tasks(database: Database, terms: Terms) -> Iterator[Sequence[Wanted]]:
    after = 0
    while True:
        with database.read() as db:
            cases = store.cases(db, since=terms.since[Switch.TASKS], after=after, limit=_PORTION)
        yield [task(one, terms) for one in cases]
        if len(cases) < _PORTION:
            return
        after = cases[-1].id


def task(case: Case, terms: Terms) -> Wanted:
    """The task of one follow-up."""
    hours = of_owner(case.owner_zone, terms.preferences)
    path = f"/follow-ups/{case.id}"
    due = f"Get in touch by {moment(case.contact_by, hours)} ({hours.zone})."
    return Wanted(
        key=f"followup:{case.id}",
        what=WriteWhat.TASK,
        record_id=None,
        values={
            "subject": _subject(case),
            "body": f"{due}\nWhat it is about: {terms.base_url.rstrip('/')}{path}",
            "due_on": hours.local(case.contact_by).date().isoformat(),
            "owner_id": case.owner_id or "",
            "contact_id": case.contact_id or "",
            "account_id": case.account_id,
            "closed": "1" if case.closed else "",
        },
        about=_subject(case),
        path=path,
    )


def _subject(case: Case) -> str:
    if case.kind == FollowUpKind.SILENT_ACCOUNT or case.contact_name is None:
        text = f"Get in touch with {case.account_name}"
    else:
        text = f"Get back to {case.contact_name} at {case.account_name}"
    return text if len(text) <= _LONGEST_SUBJECT else f"{text[: _LONGEST_SUBJECT - 1]}…"


def _people(database: Database, terms: Terms, columns: dict[Switch, str]) -> Iterator[Sequence[Wanted]]:
    after = ""
    while True:
        with database.read() as db:
            people = store.people(db, after=after, limit=_PORTION)
        yield [fields(one, columns, terms) for one in people]
        if len(people) < _PORTION:
            return
        after = people[-1].id


def fields(person: Person, columns: dict[Switch, str], terms: Terms) -> Wanted:
    """The fields of one contact, by the CRM's column; days are those of our company's zone."""
    zone = ZoneInfo(terms.preferences.default_time_zone)

    def day(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(zone).date().isoformat()

    values = {
        Switch.LAST_ASKED: day(person.asked_at),
        Switch.LAST_ANSWERED: day(person.answered_at),
        Switch.SCORE: "" if person.score is None else str(person.score),
    }
    return Wanted(
        key=f"contact:{person.id}",
        what=WriteWhat.CONTACT,
        record_id=person.id,
        values={column: values[switch] for switch, column in columns.items()},
        about=person.name,
        path=f"/contacts/{person.id}",
    )


def _coverage(database: Database, terms: Terms, column: str) -> Iterator[Sequence[Wanted]]:
    after = ""
    while True:
        with database.read() as db:
            customers = store.customers(db, after=after, limit=_TEAMS)
            found = teams(db, [id for id, _ in customers], now=terms.now, preferences=terms.preferences)
        covered = {id: team.coverage.fresh for id, team in found.items() if team.coverage is not None}
        yield [
            Wanted(
                key=f"account:{id}",
                what=WriteWhat.ACCOUNT,
                record_id=id,
                values={column: f"{covered[id] * 100:.0f}" if id in covered else ""},
                about=name,
                path=f"/accounts/{id}",
            )
            for id, name in customers
        ]
        if len(customers) < _TEAMS:
            return
        after = customers[-1][0]
