"""Every route, by every role, on an object of one's own and on somebody else's: from the router, so none is forgotten.

A route that is not in the table fails the test. `own` and `foreign` are what a CSM gets for an
object of an own account and of another's; a lead of another team gets what the foreign CSM gets.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import insert, select, update

from tests.builders import NOW, add_invitation, add_message, add_suppression
from tests.campaigns.company import FILES
from tests.web import scorecards, world
from tests.web.people import Visitor, visitor
from voc.base import schema
from voc.base.words import StaffRole
from voc.metrics.run.forest import book
from voc.metrics.run.forest import book as code_book
from voc.web.context import App
from voc.web.visit import admit

CSM, LEAD, LEADER, ADMIN = StaffRole.CSM, StaffRole.LEAD, StaffRole.LEADER, StaffRole.ADMIN
ALL = frozenset(StaffRole)
FROM_LEADER = frozenset({LEADER, ADMIN})
ONLY_ADMIN = frozenset({ADMIN})
PEOPLE = {CSM: "dana", LEAD: "ingrid", LEADER: "marcus", ADMIN: "clara"}


@dataclass(frozen=True)
class Gate:
    """Who may come in, whose object the path or form names (None: no account's), and a form that is right."""

    roles: frozenset[StaffRole]
    of: str | None = None
    form: dict[str, Any] = field(default_factory=dict)
    query: str = ""


OPEN = Gate(frozenset())  # needs no session

PERSON = {"first_name": "Jon", "last_name": "Vik", "role": "champion"}
EXCLUSION = {"reason": "Merger under way", "expires_on": "2026-05-01"}
ESCALATION = {"reason": "Two outages in a week", "until_on": "2026-05-01"}
CONSENT = {"do": "record", "given_on": "2026-01-05", "source": "order form"}
PHONE = {"asked_by": "Dana Whitlock", "asked_on": "2026-04-01", "recommend": "9"}
PLAN = {"title": "Night hotline", "department": "Support", "owner": "Jo Lind", "due_on": "2026-09-01"}
AWAY = {"csm": "{csm}", "deputy": "csm-jonas", "from": "2026-06-01", "to": "2026-06-12"}
NEWCOMER = {"name": "Nora Lind", "email": "nora@vendor.example", "role": "leader"}

KEPT_ROWS = "?figure=response_rate&days=180&scope=csm&id={csm}"
TABLE: dict[str, Gate] = {
    "GET /": Gate(ALL),
    "POST /signout": Gate(ALL),
    "GET /accounts": Gate(ALL),
    "GET /accounts.csv": Gate(ALL),
    "GET /accounts/next-steps.csv": Gate(ALL),
    "GET /contacts.csv": Gate(ALL),
    "GET /accounts/{account}": Gate(ALL, "account"),
    "POST /accounts/{account}/exclusions": Gate(ALL, "account", EXCLUSION),
    "POST /accounts/{account}/people": Gate(ALL, "account", PERSON),
    "POST /accounts/{account}/places": Gate(ALL, "account", {"role": "champion", "contact_id": "{contact}"}),
    "GET /contacts/{contact}": Gate(ALL, "contact"),
    "POST /contacts/{contact}": Gate(ALL, "contact", {"do": "confirm"}),
    "POST /suggestions/{suggestion}": Gate(ALL, "suggestion", {"do": "decline"}),
    "GET /exclusions": Gate(ALL),
    "GET /exclusions.csv": Gate(ALL),
    "POST /exclusions/{exclusion}/end": Gate(ALL, "exclusion"),
    "GET /sync": Gate(ALL),
    "GET /sync/{run}": Gate(ALL),
    "GET /sync/{run}/problems.csv": Gate(ALL),
    "GET /sync/{run}/changes": Gate(FROM_LEADER),
    "POST /sync/now": Gate(ONLY_ADMIN),
    "POST /sync/{run}/release": Gate(ONLY_ADMIN),
    "POST /sync/settle": Gate(ALL, "set_aside", {"kind": "contact", "record_id": "{set_aside}", "do": "there"}),
    "GET /retention": Gate(ALL),
    "GET /retention/by-csm.csv": Gate(ALL),
    "GET /settings": Gate(ONLY_ADMIN),
    "POST /settings/group/company": Gate(ONLY_ADMIN, None, {"company": "Kestrel Works"}),
    "POST /settings/test-mode": Gate(ONLY_ADMIN, None, {"do": "on"}),
    "POST /settings/roles": Gate(ONLY_ADMIN),
    "GET /settings/crm": Gate(ONLY_ADMIN),
    "POST /settings/crm": Gate(ONLY_ADMIN, None, {"crm": "csv", "place": "/srv/export"}),
    "GET /settings/crm/permission-set.xml": Gate(ONLY_ADMIN),
    "GET /settings/crm/check": Gate(ONLY_ADMIN),
    "POST /settings/crm/check": Gate(ONLY_ADMIN),
    "GET /settings/crm/map": Gate(ONLY_ADMIN),
    "GET /settings/crm/map/{object}": Gate(ONLY_ADMIN),
    "POST /settings/crm/map/{object}": Gate(ONLY_ADMIN),
    "GET /settings/crm/words": Gate(ONLY_ADMIN),
    "POST /settings/crm/words": Gate(ONLY_ADMIN),
    "GET /settings/crm/try": Gate(ONLY_ADMIN),
    "POST /settings/crm/try": Gate(ONLY_ADMIN),
    "GET /settings/crm/schedule": Gate(ONLY_ADMIN),
    "POST /settings/crm/schedule": Gate(ONLY_ADMIN, None, {"every_minutes": "60"}),
    "POST /settings/crm/remove": Gate(ONLY_ADMIN),
    "GET /settings/webhooks": Gate(ONLY_ADMIN),
    "GET /settings/webhooks/{provider}": Gate(ONLY_ADMIN),
    "POST /settings/webhooks/{provider}": Gate(ONLY_ADMIN, None, {"do": "make"}),
    "GET /settings/crm/write-back": Gate(ONLY_ADMIN),
    "GET /settings/crm/write-back/rehearsal.csv": Gate(ONLY_ADMIN),
    "POST /settings/crm/write-back": Gate(ONLY_ADMIN, None, {"do": "rehearse"}),
    "POST /settings/crm/write-back/again": Gate(ONLY_ADMIN),
    "GET /staff": Gate(ONLY_ADMIN),
    "POST /staff": Gate(ONLY_ADMIN, None, NEWCOMER),
    "POST /staff/{staff}/invite": Gate(ONLY_ADMIN),
    "POST /staff/{staff}/access": Gate(ONLY_ADMIN, None, {"do": "give"}),
    "GET /audit": Gate(ONLY_ADMIN),
    "GET /audit.csv": Gate(ONLY_ADMIN),
    "GET /waves": Gate(ALL),
    "GET /waves.csv": Gate(ALL),
    "GET /waves/{wave}": Gate(ALL),
    "GET /campaigns": Gate(ONLY_ADMIN),
    "POST /campaigns": Gate(ONLY_ADMIN, None, {"name": "pulse-spring", "of": "relationship"}),
    "GET /campaigns/{campaign}": Gate(ONLY_ADMIN),
    "POST /campaigns/{campaign}": Gate(ONLY_ADMIN, None, {"do": "show"}),
    "POST /campaigns/{campaign}/switch": Gate(ONLY_ADMIN, None, {"do": "off"}),
    "GET /waves/{wave}/rows": Gate(ALL),
    "GET /waves/{wave}/people.csv": Gate(ALL),
    "GET /waves/{wave}/not-asked.csv": Gate(ALL),
    "GET /waves/rehearse": Gate(FROM_LEADER),
    "GET /waves/rehearse/mails": Gate(FROM_LEADER),
    "GET /waves/rehearse/mails.csv": Gate(FROM_LEADER),
    "GET /waves/{wave}/mails": Gate(ALL),
    "GET /waves/{wave}/mails.csv": Gate(ALL),
    "GET /waves/rehearse/not-asked.csv": Gate(FROM_LEADER),
    "POST /waves/launch": Gate(FROM_LEADER, None, {"campaign": "relationship"}),
    "POST /waves/{wave}/act": Gate(FROM_LEADER, None, {"do": "nothing"}),
    "GET /delivery": Gate(FROM_LEADER),
    "GET /delivery/copied": Gate(FROM_LEADER),
    "POST /delivery/copied": Gate(ONLY_ADMIN, None, {"act": "careful"}),
    "GET /delivery/messages": Gate(FROM_LEADER),
    "GET /delivery/messages.csv": Gate(FROM_LEADER),
    "GET /delivery/hours.csv": Gate(FROM_LEADER),
    "GET /delivery/back.csv": Gate(FROM_LEADER),
    "GET /delivery/messages/{message}": Gate(ALL, "message"),
    "GET /delivery/messages/{message}/html": Gate(ALL, "message"),
    "POST /delivery/dns": Gate(FROM_LEADER),
    "POST /delivery/pause": Gate(ONLY_ADMIN, None, {"reason": "The relay is moved"}),
    "POST /delivery/resume": Gate(ONLY_ADMIN),
    "POST /delivery/{message}/settle": Gate(ONLY_ADMIN, None, {"act": "nothing"}),
    "GET /engagement": Gate(ALL),
    "GET /engagement/by-csm.csv": Gate(ALL),
    "GET /engagement/trend.csv": Gate(ALL),
    "GET /engagement/rows": Gate(ALL, "csm", query="?figure=response_rate&scope=csm&id={csm}"),
    "GET /engagement/rows.csv": Gate(ALL, "csm", query="?figure=response_rate&scope=csm&id={csm}"),
    "GET /forest": Gate(ALL),
    "GET /forest.csv": Gate(ALL),
    "GET /forest/comments": Gate(ALL),
    "GET /forest/comments.csv": Gate(ALL),
    "GET /forest/cut.csv": Gate(ALL),
    "POST /forest/comments/{response}": Gate(ALL, "response", {"do": "add", "theme": "{theme}", "question": "why"}),
    "GET /forest/code-book": Gate(ALL),
    "GET /forest/code-book.csv": Gate(ALL),
    "POST /forest/code-book": Gate(FROM_LEADER, None, {"do": "theme", "name": "Parking", "word": "parking"}),
    "GET /forest/code-book/{theme}": Gate(ALL),
    "POST /forest/code-book/{theme}": Gate(FROM_LEADER, None, {"do": "retire"}),
    "GET /forest/sorting": Gate(ALL),
    "POST /forest/sorting/{response}": Gate(
        ALL, "response", {"question": "why", "theme": "{theme}", "offered": "{theme}", "version": "1"}
    ),
    "GET /forest/drivers": Gate(ALL),
    "GET /forest/drivers.csv": Gate(ALL),
    "GET /improvements": Gate(ALL),
    "GET /improvements.csv": Gate(ALL),
    "GET /improvements/new": Gate(FROM_LEADER),
    "POST /improvements": Gate(FROM_LEADER, None, {"theme": "{theme}", **PLAN}),
    "GET /improvements/{improvement}": Gate(ALL),
    "POST /improvements/{improvement}": Gate(FROM_LEADER, None, {"do": "begin"}),
    "GET /definitions": Gate(ALL),
    "GET /export": Gate(FROM_LEADER),
    "GET /export/star.zip": Gate(FROM_LEADER, query="?format=csv"),
    "GET /export/dictionary": Gate(FROM_LEADER),
    "GET /export/dictionary.csv": Gate(FROM_LEADER),
    "GET /export/kept-accounts.csv": Gate(FROM_LEADER),
    "GET /export/kept-contacts.csv": Gate(FROM_LEADER),
    "GET /export/kept-invitations.csv": Gate(FROM_LEADER),
    "GET /export/kept-answers.csv": Gate(FROM_LEADER),
    "GET /export/kept-follow-ups.csv": Gate(FROM_LEADER),
    "GET /export/kept-figures.csv": Gate(FROM_LEADER),
    "GET /board": Gate(ALL),
    "GET /board.pdf": Gate(ALL),
    "GET /board.csv": Gate(ALL),
    "GET /board/revenue.csv": Gate(ALL),
    "GET /csms": Gate(ALL),
    "GET /csms.csv": Gate(ALL),
    "GET /csms/{csm}": Gate(ALL, "csm"),
    "GET /csms/{csm}/page.pdf": Gate(ALL, "csm"),
    "GET /guesses": Gate(ALL),
    "GET /guesses.csv": Gate(ALL),
    "POST /guesses": Gate(ALL),
    "GET /scorecards": Gate(ALL),
    "GET /scorecards/{card}": Gate(ALL),
    "GET /scorecards/{card}/months/{month}": Gate(ALL),
    "GET /scorecards/{card}/months/{month}/of/{csm}": Gate(ALL, "csm"),
    "GET /scorecards/{card}/months/{month}/rows": Gate(ALL, "csm", query=KEPT_ROWS),
    "GET /scorecards/{card}/months/{month}/rows.csv": Gate(ALL, "csm", query=KEPT_ROWS),
    "POST /scorecards/{card}/months/{month}/approve": Gate(FROM_LEADER, None, {"revision": "1"}),
    "POST /scorecards/{card}/months/{month}/correct": Gate(
        FROM_LEADER, None, {"reason": "The CRM came late", "revision": "1"}
    ),
    "GET /scorecards/{card}/months/{month}/results.csv": Gate(FROM_LEADER),
    "GET /scorecards/{card}/months/{month}/results.xlsx": Gate(FROM_LEADER),
    "GET /scorecards/{card}/edit": Gate(FROM_LEADER),
    "POST /scorecards/{card}/edit": Gate(FROM_LEADER, None, {"do": "check", "text": "title = 1"}),
    "POST /scorecards/{card}/copy": Gate(FROM_LEADER, None, {"name": "another"}),
    "POST /scorecards/{card}/use": Gate(FROM_LEADER, None, {"do": "on", "version": "1"}),
    "GET /reviews": Gate(ALL),
    "GET /reviews.csv": Gate(ALL),
    "GET /reviews/call": Gate(ALL),
    "POST /reviews/call": Gate(ALL, None, {"csm_id": "csm-dana"}),
    "GET /reviews/hand-over": Gate(ALL),
    "POST /reviews/hand-over": Gate(ALL),
    "GET /reviews/{review}": Gate(ALL, "review"),
    "POST /reviews/{review}/withdraw": Gate(ALL, "review"),
    "GET /reviews/templates/{template}": Gate(frozenset({LEAD, LEADER, ADMIN})),
    "POST /reviews/templates/{template}": Gate(frozenset({LEAD, LEADER, ADMIN}), None, {"do": "check"}),
    "GET /silent": Gate(ALL),
    "GET /silent.csv": Gate(ALL),
    "GET /silent/renewals": Gate(ALL),
    "GET /silent/renewals.csv": Gate(ALL),
    "POST /silent/{account}/follow-up": Gate(ALL, "account"),
    "GET /follow-ups": Gate(ALL),
    "GET /follow-ups/all.csv": Gate(ALL),
    "GET /follow-ups/away": Gate(ALL),
    "POST /follow-ups/away": Gate(ALL, "csm", AWAY),
    "POST /follow-ups/away/{deputy}/end": Gate(ALL, "deputy"),
    "GET /follow-ups/recovery": Gate(ALL),
    "GET /follow-ups/recovery.csv": Gate(ALL),
    "GET /follow-ups/times.csv": Gate(ALL),
    "GET /follow-ups/curve.csv": Gate(ALL),
    "GET /follow-ups/times": Gate(ALL),
    "GET /follow-ups/{follow_up}": Gate(ALL, "follow_up"),
    "POST /follow-ups/{follow_up}/{act}": Gate(ALL, "follow_up"),
    "GET /heads-ups": Gate(ALL),
    "GET /heads-ups/{invitation}": Gate(ALL, "invitation"),
    "POST /heads-ups/{invitation}": Gate(ALL, "invitation", {"do": "put_back"}),
    "GET /nudges/{invitation}": Gate(ALL, "invitation"),
    "POST /nudges/{invitation}": Gate(ALL, "invitation", {"do": "by_hand"}),
    "GET /phone-answers/{invitation}": Gate(ALL, "invitation"),
    "GET /phone-answers/{invitation}/questions.css": Gate(ALL, "invitation"),
    "POST /phone-answers/{invitation}": Gate(ALL, "invitation", PHONE),
    "POST /accounts/{account}/escalation": Gate(ALL, "account", ESCALATION),
    "POST /accounts/{account}/escalation/end": Gate(ALL, "account"),
    "POST /contacts/{contact}/consent": Gate(ALL, "contact", CONSENT),
    "POST /contacts/{contact}/works-again": Gate(ALL, "contact"),
    "GET /you-said": Gate(ALL),
    "GET /you-said.csv": Gate(ALL),
    "POST /you-said/{line}": Gate(ALL, "line", {"do": "withdraw"}),
    "GET /me": Gate(ALL),
    "GET /me/link": Gate(ALL),
    "POST /me/second-step": Gate(ALL, None, {"do": "off", "code": "000000"}),
    "POST /me/unlink": Gate(ALL),
    "POST /staff/{staff}/way-in": Gate(ONLY_ADMIN, None, {"do": "device"}),
    "GET /signin": OPEN,
    "POST /signin": OPEN,
    "GET /signin/code": OPEN,
    "POST /signin/code": OPEN,
    "GET /signin/set-up": OPEN,
    "POST /signin/set-up": OPEN,
    "GET /signin/issuer": OPEN,
    "GET /signin/back": OPEN,
    "GET /invite/{token}/issuer": OPEN,
    "GET /invite/{token}": OPEN,
    "POST /invite/{token}": OPEN,
    "GET /static/{file_path}": OPEN,
    "HEAD /static/{file_path}": OPEN,
    "GET /about": OPEN,
    "HEAD /about": OPEN,
    "GET /q/about": OPEN,
    "HEAD /q/about": OPEN,
    "GET /q/{token}": OPEN,
    "HEAD /q/{token}": OPEN,
    "POST /q/{token}": OPEN,
    "POST /q/{token}/confirm": OPEN,
    "POST /q/{token}/save": OPEN,
    "GET /q/{token}/thanks": OPEN,
    "HEAD /q/{token}/thanks": OPEN,
    "POST /q/{token}/no": OPEN,
    "POST /q/{token}/colleague": OPEN,
    "GET /q/{token}/all": OPEN,
    "GET /u/{token}": OPEN,
    "HEAD /u/{token}": OPEN,
    "POST /u/{token}": OPEN,
    "POST /hooks/{provider}": OPEN,  # each call proves itself: tests/delivery/test_hooks.py, F15
    "POST /hooks/{provider}/{rest}": OPEN,
}
# They answer with another page's address, or with nothing where no issuer is set up.
_ELSEWHERE = ("GET /", "GET /me/link")
# The name of a path's parameter in the router -> in the table.
_NAMES = {
    "account_id": "account",
    "contact_id": "contact",
    "suggestion_id": "suggestion",
    "exclusion_id": "exclusion",
    "run_id": "run",
    "staff_id": "staff",
    "wave_id": "wave",
    "follow_up_id": "follow_up",
    "message_id": "message",
    "invitation_id": "invitation",
    "line_id": "line",
    "response_id": "response",
    "theme_id": "theme",
    "improvement_id": "improvement",
    "name": "campaign",
    "csm_id": "csm",
    "review_id": "review",
    "deputy_id": "deputy",
    "kind": "object",
    "key": "company",
}


def routes(site: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every route of the router as the table writes it, with its handler."""
    for route in site.routes:
        path = getattr(route, "path_format", route.path)
        for name, short in _NAMES.items():
            path = path.replace("{" + name + "}", short if name == "key" else "{" + short + "}")
        for handler in getattr(route, "route_handlers", ()):
            if "table" in handler.opt and path.endswith((".xlsx", ".parquet")):
                continue  # the same table, roles and query as its CSV: tests/web/test_tables.py
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield f"{method} {path}", handler


@pytest.fixture
def objects(app: App) -> dict[str, dict[str, Any]]:
    """Ids to put into paths: Dana's own, and those of a CSM of another team."""
    with app.database.begin() as db:
        world.build(db)
        scorecards.in_use(db)
        book.install(db, now=NOW)
        own, foreign = _objects(db, "dana", "acc-dana-1"), _objects(db, "mei", "acc-mei-1")
        for ids in (own, foreign):
            text = app.vault.encrypt(b"Subject: x\r\n\r\nx")
            ids["message"] = add_message(db, f"sent:{ids['csm']}", contact_id=ids["contact"], body=text)
    return {"own": own, "foreign": foreign}


def _objects(db: Any, who: str, account_id: str) -> dict[str, Any]:
    contacts = [f"con-{account_id.removeprefix('acc-')}-{place}" for place in range(3)]
    db.execute(update(schema.contact).where(schema.contact.c.id == contacts[2]).values(state="set_aside"))
    address = db.execute(select(schema.contact.c.email).where(schema.contact.c.id == contacts[0])).scalar_one()
    add_suppression(db, address, "bounced")
    told = {"key": f"told:{who}", "kind": "left", "account_id": account_id, "contact_id": contacts[1], "state": "open"}
    suggestion = insert(schema.suggestion).values(**told, created_at=NOW).returning(schema.suggestion.c.id)
    stands = {"account_id": account_id, "reason": "Merger", "by": who, "created_at": NOW}
    until = {"expires_on": date(2026, 5, 1)}
    exclusion = insert(schema.exclusion).values(**stands, **until).returning(schema.exclusion.c.id)
    line = {"account_id": account_id, "line": "We did", "written_at": NOW, "written_by": who}
    what_came = insert(schema.you_said).values(**line)
    of_csm = schema.follow_up.c.owner_csm_id == f"csm-{who}"
    follow_ups = list(db.execute(select(schema.follow_up.c.id).where(of_csm).order_by(schema.follow_up.c.id)).scalars())
    return {
        "account": account_id,
        "csm": f"csm-{who}",
        "follow_up": follow_ups[0],
        "contact": contacts[0],
        "set_aside": contacts[2],
        "suggestion": db.execute(suggestion).scalar_one(),
        "exclusion": db.execute(exclusion).scalar_one(),
        "run": db.execute(select(schema.sync_run.c.id)).scalar() or 1,
        "invitation": _announced(db, account_id, contacts[1]),
        "line": db.execute(what_came.returning(schema.you_said.c.id)).scalar_one(),
        "review": scorecards.review(db, f"csm-{who}", account_id),
        "deputy": _deputy(db, f"csm-{who}"),
        "template": "call",
        "card": scorecards.NAME,
        "month": scorecards.MONTH,
        "response": _commented(db, account_id),
        "theme": db.execute(select(schema.theme.c.id)).scalars().first(),
        "improvement": _improvement(db),
        "object": "account",
        "campaign": "relationship",
        "wave": db.execute(select(schema.wave.c.id)).scalar(),
        "staff": db.execute(select(schema.staff.c.id).where(schema.staff.c.name == "Jonas Brandt")).scalar(),
    }


def _deputy(db: Any, csm_id: str) -> int:
    days = {"from_on": date(2026, 3, 1), "to_on": date(2026, 3, 20)}
    row = {"csm_id": csm_id, "deputy_csm_id": "csm-jonas", "said_at": NOW, "said_by": "Marcus"}
    return int(db.execute(insert(schema.deputy).values(**row, **days).returning(schema.deputy.c.id)).scalar_one())


def _improvement(db: Any) -> int:
    code_book.install(db, now=NOW)
    theme_id = db.execute(select(schema.theme.c.id).order_by(schema.theme.c.id)).scalars().first()
    row = {"theme_id": theme_id, "title": "Night hotline", "department": "Support", "owner": "Jo Lind"}
    days = {"due_on": date(2026, 9, 1), "since_on": date(2025, 3, 1), "opened_at": NOW, "opened_by": "Marcus"}
    made = insert(schema.improvement).values(**row, **days, state="planned")
    return int(db.execute(made.returning(schema.improvement.c.id)).scalar_one())


def _commented(db: Any, account_id: str) -> int:
    """An answer of somebody there, with words."""
    invited = schema.invitation.c.id == schema.response.c.invitation_id
    query = select(schema.response.c.id).join(schema.invitation, invited)
    mine = query.where(schema.invitation.c.account_id == account_id).order_by(schema.response.c.id)
    return int(db.execute(mine).scalars().first())


def _announced(db: Any, account_id: str, contact_id: str) -> int:
    """Somebody in the running wave whose heads-up is still to go."""
    running = select(schema.wave.c.id).where(schema.wave.c.state == "running").limit(1)
    db.execute(update(schema.questionnaire_version).values(files=FILES))
    planned = {"next_step": "heads_up", "intended_on": date(2026, 3, 9), "due_at": NOW, "heads_up": True}
    people = {"contact_id": contact_id, "account_id": account_id, "csm_id": None}
    return add_invitation(db, wave_id=db.execute(running).scalar_one(), **people, **planned)


def call(somebody: Visitor, route: str, gate: Gate, ids: dict[str, Any]) -> Response:
    method, path = (
        (route + gate.query)
        .format(**ids, token="x", provider="postmark", file_path="staff.css", act="acknowledge")
        .split(" ")
    )
    form = {name: value.format(**ids) for name, value in gate.form.items()}
    sent = {"csrf": somebody.csrf, **form} if method == "POST" else None
    answer: Response = somebody.client.request(method, path, data=sent, follow_redirects=False)
    return answer


def test_every_route_of_the_router_is_in_the_table(site: Litestar) -> None:
    assert sorted(TABLE) == sorted({route for route, _ in routes(site)})


def test_every_route_that_is_not_open_stands_behind_the_guard_with_the_roles_of_the_table(site: Litestar) -> None:
    for route, handler in routes(site):
        guards = [guard for layer in handler.ownership_layers for guard in layer.guards or ()]
        if TABLE[route] is OPEN:
            assert admit not in guards, route
        else:
            assert admit in guards, route
            assert handler.opt["roles"] == TABLE[route].roles, route


def test_without_a_session_every_page_leads_to_signing_in(objects: dict[str, Any], anonymous: Visitor) -> None:
    for route, gate in TABLE.items():
        if gate is not OPEN:
            answer = call(anonymous, route, gate, objects["own"])
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/signin?"), route


@pytest.mark.parametrize("role", list(StaffRole))
def test_each_role_gets_what_the_table_says(app: App, objects: dict[str, Any], role: StaffRole) -> None:
    with ExitStack() as door:
        somebody = door.enter_context(visitor(app))
        somebody.sign_in(f"{PEOPLE[role]}@vendor.example")
        somebody.get("/accounts")
        for route, gate in TABLE.items():
            if gate is OPEN or route == "POST /signout":
                continue
            if role not in gate.roles:
                assert call(somebody, route, gate, objects["own"]).status_code == 403, route
                continue
            own = call(somebody, route, gate, objects["own"]).status_code
            assert own in ((200,) if route.startswith("GET") else (200, 303, 400, 409)) or route in _ELSEWHERE, route
            if gate.of is not None:
                foreign = call(somebody, route, gate, objects["foreign"]).status_code
                assert (foreign == 404) == (role in (CSM, LEAD)), (route, foreign)


def test_no_form_of_the_staff_is_taken_without_its_token_or_from_another_site(
    app: App, objects: dict[str, Any]
) -> None:
    with visitor(app) as clara, visitor(app) as other:
        clara.sign_in("clara@vendor.example")
        other.sign_in("dana@vendor.example")
        clara.get("/accounts")
        other.get("/accounts")
        for route, gate in TABLE.items():
            if gate is OPEN or not route.startswith("POST"):
                continue
            for csrf in ("", "x" * 80, other.csrf):
                forged = Visitor(clara.client)
                forged.page = f'name="csrf" value="{csrf}"'
                assert call(forged, route, gate, objects["own"]).status_code == 403, (route, csrf[:3])
            for header in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
                clara.client.headers.update(header)
                assert call(clara, route, gate, objects["own"]).status_code == 403, (route, header)
                for name in header:
                    del clara.client.headers[name]
