"""Accounts and contacts: whom to call, whom we should know, what they said. What changes is in `voc.web.acts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.accounts.store import ProblemRow, escalations, last_complete, problems
from voc.accounts.store import book as accounts
from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.preferences import Preferences
from voc.base.words import AccountState, AccountStatus, Role, Scope, Segment, Sign
from voc.campaigns.countries import country_code
from voc.campaigns.store import heads_ups, to_nudge
from voc.followup import store as followup
from voc.followup.store import lines
from voc.metrics import run as metrics
from voc.metrics import wording
from voc.metrics.model import Standing
from voc.metrics.run import kept_pages
from voc.metrics.run.stands import Stands
from voc.responses.store import heard as responses
from voc.stakeholders import recruiting
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import ActKind, Place, Step, Team
from voc.stakeholders.store import consents
from voc.web import account_view, came_back_view, heads_up_view, pages, store, view, you_said, you_said_view
from voc.web.account_view import score_parts, score_reasons
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.parts import address, files
from voc.web.store.came_back import came_back
from voc.web.visit import EVERYBODY, Visit, roles
from voc.web.you_said_view import LineCard

PAGE = 50

Word = TypeVar("Word", AccountState, AccountStatus, Segment, accounts.Order)


@dataclass(frozen=True)
class Asked:
    """What the list of accounts was asked to show."""

    words: str = ""
    state: AccountState | None = None
    segment: Segment | None = None
    csm: str = ""
    status: AccountStatus | None = AccountStatus.CUSTOMER
    order: accounts.Order = accounts.Order.NAME
    after: str = ""

    def address(self, **changed: str | None) -> str:
        """The same list, with something else about it."""
        mine: dict[str, str | None] = {
            "q": self.words,
            "state": self.state,
            "segment": self.segment,
            "csm": self.csm,
            "status": "all" if self.status is None else self.status,
            "order": self.order,
        }
        return address("/accounts", **{**mine, **changed})


def asked_of(query: Mapping[str, str]) -> Asked:
    """A word that is not ours is taken as not given: an old address should still show something."""
    status = query.get("status", "")
    return Asked(
        words=query.get("q", "").strip()[:100],
        state=_word(AccountState, query.get("state", "")),
        segment=_word(Segment, query.get("segment", "")),
        csm=query.get("csm", "")[:64],
        status=None if status == "all" else _word(AccountStatus, status) or AccountStatus.CUSTOMER,
        order=_word(accounts.Order, query.get("order", "")) or accounts.Order.NAME,
        after=query.get("after", "")[:64],
    )


def _word(kind: type[Word], text: str) -> Word | None:
    return kind(text) if text in set(kind) else None


@dataclass(frozen=True)
class Row:
    """An account in the list, with what other stages know of it."""

    facts: accounts.AccountRow
    team: Team
    standing: Standing | None
    steps: int


@get("/accounts", sync_to_thread=True, opt=roles(*EVERYBODY))
def accounts_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """My accounts: what to do, most valuable first, then the list."""
    asked = asked_of(request.query_params)
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        values = preferences.load(db)
        stands = metrics.stands(db, viewer, now=now, preferences=values)
        wanted = within(asked, stands)
        rows = accounts.accounts(db, viewer, wanted, order=asked.order, after=asked.after or None, limit=PAGE + 1)
        totals = accounts.totals(db, viewer, wanted)
        owners = accounts.owners_visible(db, viewer)
        shown = [row.id for row in rows[:PAGE]]
        teams = stakeholders.teams(db, shown, now=now, preferences=values)
        standings = stands.of(shown)
        steps = [] if viewer.sees_all else stakeholders.recruiting(db, viewer, now=now, preferences=values)
        known = kept_pages.signs_known(db, viewer, stands.on, now=now)
        announced = [] if viewer.sees_all else heads_ups.to_go(db, viewer)
        silent_ones = [] if viewer.sees_all else to_nudge(db, None, viewer, now=now)
        silent = stands.count(AccountState.SILENT)
    this_week, later = recruiting.fold(steps)
    per_account: dict[str, int] = {}
    for step in steps:
        per_account[step.account.account_id] = per_account.get(step.account.account_id, 0) + 1
    context: dict[str, Any] = {
        "asked": asked,
        "rows": [Row(row, teams[row.id], standings.get(row.id), per_account.get(row.id, 0)) for row in rows[:PAGE]],
        "more": asked.address(after=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        "totals": totals,
        "owners": owners,
        "steps": this_week,
        "later": later,
        "known": known,
        "silent": silent,
        "states": list(AccountState),
        "segments": list(Segment),
        "statuses": list(AccountStatus),
        "orders": list(accounts.Order),
        "Role": Role,
        "announced": [one for one in announced if one.open],
        "silent_ones": silent_ones,
        "files": files(asked.address(), "of these accounts"),
        "contact_files": files("/contacts", "of their contacts"),
        "step_files": files("/accounts/next-steps", "of next steps"),
    }
    return pages.page(app, visit, "accounts.html", **context)


def within(asked: Asked, stands: Stands) -> accounts.Filter:
    """What the list was asked for, with the state as it stands now or stood last night."""
    state, on = asked.state, stands.on
    return accounts.Filter(
        words=asked.words,
        segment=asked.segment,
        status=asked.status,
        csm_id=asked.csm,
        ids=stands.ids(state) if state is not None and on is None else None,
        stood=accounts.Stood(on, state) if state is not None and on is not None else None,
    )


# --- one account --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chair:
    """A place as its card shows it: who sits there, or what filling it is worth and how."""

    place: Place
    points: int  # of 100, what it weighs
    step: Step | None  # what to do about it, if there is something
    asked: dict[str, list[store.Asked]] = field(default_factory=dict)  # by holder


@get("/accounts/{account_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def account_page(app: GivenApp, visit: GivenVisit, account_id: FromPath[str]) -> Response[Any]:
    """Everything about one account. An id of a record that was merged leads to its winner."""
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        facts = accounts.account_facts(db, account_id, viewer)
        if facts.id != account_id:
            return Redirect(f"/accounts/{facts.id}", status_code=301)
        values = preferences.load(db)
        team = stakeholders.team(db, facts.id, now=now, preferences=values)
        carried = stakeholders.carried(db, facts.id, now=now, activity_kinds=values.activity_kinds)
        steps = stakeholders.recruiting(db, viewer, now=now, preferences=values, account_id=facts.id)
        asked = store.asked_of(db, facts.id, until=now)
        counted = metrics.figures(
            db,
            scope=Scope.ACCOUNT,
            ids=[facts.id],
            now=now,
            preferences=values,
            viewer=viewer,
            names=account_view.FIGURES,
        )[0]
        standing = counted.standing
        context: dict[str, Any] = {
            "facts": facts,
            "team": team,
            "chairs": _chairs(team, steps, asked),
            "suggested": [step for step in steps if step.suggestion is not None],
            "asked": asked,
            "standing": standing,
            "cards": account_view.cards(counted, team, carried, values),
            "carried": carried,
            "carried_told": account_view.carried_told(carried),
            "follow_ups": followup.of_account(db, facts.id, viewer, now=now, preferences=values),
            "heard": responses.heard(db, viewer, account_id=facts.id, company=values.company, until=now),
            "timeline": store.timeline(db, account_id=facts.id, until=now),
            "exclusions": stakeholders.exclusions(db, viewer, today=now.date(), account_id=facts.id),
            "escalation": escalations.standing(db, facts.id, today=now.date()),
            "owners": accounts.owners(db, facts.id),
            "problems": _problems(db, facts.id, visit),
            "score_parts": score_parts(standing),
            "score_reasons": score_reasons(standing, now.date()),
            "surprise": wording.surprise(standing) if standing is not None else None,
            "announced": [
                heads_up_view.row(one, (), moment=partial(view.moment, zone=ZoneInfo(values.default_time_zone)))
                for one in heads_ups.to_go(db, viewer, account_id=facts.id)
            ],
            "told": _told(db, app, facts.id, viewer),
            "ActKind": ActKind,
            "Role": Role,
        }
    return pages.page(app, visit, "account.html", **context)


def _told(db: Connection, app: App, account_id: str, viewer: Viewer) -> list[LineCard]:
    """The lines that customers here are told, with who reads each next."""
    found = lines.listing(db, viewer, account_id=account_id, limit=20)
    return you_said_view.cards(found, you_said.readers(db, found, app))


def _problems(db: Connection, account_id: str, visit: Visit) -> list[ProblemRow]:
    """What the last complete run found wrong here, for the CSM to mend in the CRM."""
    last = last_complete(db)
    return [] if last is None else problems(db, last.id, visit.viewer, account_id=account_id, limit=20)


def _chairs(team: Team, steps: list[Step], asked: dict[str, list[store.Asked]]) -> list[Chair]:
    found = []
    for place in team.places:
        chosen = next((step for step in steps if place.role in step.roles and step.suggestion is None), None)
        mine = {holder.contact_id: asked.get(holder.contact_id, []) for holder in place.holders}
        found.append(Chair(place, team.points(place.weight), chosen, mine))
    return found


# --- one contact --------------------------------------------------------------------------------


@get("/contacts/{contact_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def contact_page(app: GivenApp, visit: GivenVisit, contact_id: FromPath[str]) -> Response[Any]:
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        facts = accounts.contact_facts(db, contact_id, viewer)
        if facts.id != contact_id:
            return Redirect(f"/contacts/{facts.id}", status_code=301)
        values = preferences.load(db)
        team = stakeholders.team(db, facts.account_id, now=now, preferences=values)
        holder = next((one for one in (*team.people, *team.others) if one.contact_id == facts.id), None)
        context: dict[str, Any] = {
            "facts": facts,
            "holder": holder,
            "held": accounts.roles_of(db, facts.id, viewer),
            "signs": stakeholders.signs(db, facts.id),
            "suppressions": stakeholders.suppressions(db, facts.email) if facts.email else [],
            "bounced_in_crm": stakeholders.bounced_address(db, facts.id)[1],
            "changes": accounts.changes_of(db, facts.id),
            "heard": responses.heard(db, viewer, contact_id=facts.id, company=values.company, until=now),
            "came_back": came_back_view.lines(came_back(db, facts.id, until=now)),
            "timeline": store.timeline(db, contact_id=facts.id, until=now),
            "exclusions": [
                one
                for one in stakeholders.exclusions(db, viewer, today=now.date(), account_id=facts.account_id)
                if one.contact_id in (None, facts.id)
            ],
            "consents": consents.of_contact(db, facts.id),
            "wants_consent": _wants_consent(db, facts, values),
            "unanswered": to_nudge(db, None, viewer, now=now, contact_id=facts.id, after_days=0),
            "Role": Role,
            "Sign": Sign,
        }
    return pages.page(app, visit, "contact.html", **context)


def _wants_consent(db: Connection, facts: accounts.ContactFacts, values: Preferences) -> bool:
    """Whether they live where nobody is asked without recorded consent."""
    at = accounts.account_facts(db, facts.account_id, TERMINAL).country if values.consent_countries else None
    country = country_code(facts.country) or country_code(at) or values.default_country
    return country in values.consent_countries


@get("/exclusions", sync_to_thread=True, opt=roles(*EVERYBODY))
def exclusions_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    """Who is not asked, until when and why: what the leader reads."""
    with app.database.read() as db:
        found = stakeholders.exclusions(db, visit.viewer, today=app.now().date())
    return pages.page(app, visit, "exclusions.html", exclusions=found, files=files("/exclusions", "of this list"))


HANDLERS = [accounts_page, account_page, contact_page, exclusions_page]
