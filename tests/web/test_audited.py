"""What must be in the audit log: every export, and every change of settings, access, exclusions and follow-ups.

From the router, so that a new route must be put on one side or the other.
"""

from typing import Any

from sqlalchemy import func, select

from tests.web.people import visitor
from tests.web.test_routes import OPEN, PEOPLE, TABLE, call, objects
from voc.base import audit, schema
from voc.base.words import StaffRole
from voc.web.context import App

__all__ = ["objects"]

# POST routes with a form that changes something, and the kind of thing the log then names. `{}` as in the table.
CHANGES: dict[str, tuple[dict[str, str], str]] = {
    "POST /accounts/{account}/exclusions": ({}, "exclusion"),
    "POST /exclusions/{exclusion}/end": ({}, "exclusion"),
    "POST /sync/settle": ({}, "contact"),
    "POST /settings/group/company": (
        {
            "company": "Kestrel Works",
            "reporting_currency": "EUR",
            "default_time_zone": "Europe/Berlin",
            "default_country": "DE",
        },
        "setting",
    ),
    "POST /settings/test-mode": ({"do": "on", "test_address": "us@vendor.example"}, "setting"),
    "POST /settings/roles": ({"weight:small:champion": "2", "count:small:champion": "1"}, "role_matrix"),
    "POST /settings/crm": ({}, "setting"),
    "POST /settings/crm/schedule": ({}, "setting"),
    "POST /settings/crm/remove": ({}, "setting"),
    "POST /settings/webhooks/{provider}": ({}, "webhook"),
    "POST /staff": ({}, "staff"),
    "POST /staff/{staff}/invite": ({}, "staff"),
    "POST /staff/{staff}/access": ({"do": "end"}, "staff"),
    "POST /campaigns": ({}, "campaign"),
    "POST /campaigns/{campaign}/switch": ({}, "campaign"),
    "POST /delivery/pause": ({}, "installation"),
    "POST /delivery/resume": ({}, "installation"),
    "POST /delivery/copied": ({}, "installation"),
    "POST /follow-ups/{follow_up}/{act}": ({}, "follow_up"),
    "POST /follow-ups/away": ({}, "csm"),
    "POST /follow-ups/away/{deputy}/end": ({}, "csm"),
    "POST /heads-ups/{invitation}": ({}, "invitation"),
    "POST /you-said/{line}": ({}, "you_said"),
    "POST /forest/comments/{response}": ({}, "comment"),
    "POST /forest/sorting/{response}": ({}, "comment"),
    "POST /forest/code-book": ({}, "theme"),
    "POST /forest/code-book/{theme}": ({}, "theme"),
    "POST /improvements": ({}, "improvement"),
    "POST /improvements/{improvement}": ({}, "improvement"),
    "POST /accounts/{account}/escalation": ({}, "account"),
    "POST /scorecards/{card}/copy": ({}, "scorecard"),
    "POST /scorecards/{card}/use": ({"version": "1"}, "scorecard"),
    "POST /scorecards/{card}/months/{month}/correct": ({}, "scorecard"),
    "POST /accounts/{account}/escalation/end": ({}, "account"),
    "POST /contacts/{contact}/consent": ({}, "contact"),
    "POST /contacts/{contact}/works-again": ({}, "contact"),
}
# Told in the log by the store's own tests, or kept in a history of its own.
ELSEWHERE = {
    "POST /guesses": "each guess is a row of its own with its moment; nothing counts it",
    "POST /signout": "nothing is changed",
    "POST /reviews/call": "a history of its own: a review is never changed",
    "POST /reviews/hand-over": "a history of its own: a review is never changed",
    "POST /reviews/{review}/withdraw": "tests/metrics/cards/test_reviews.py",
    "POST /reviews/templates/{template}": "tests/metrics/cards/test_reviews.py",
    "POST /scorecards/{card}/edit": "tests/web/test_cards.py",
    "POST /scorecards/{card}/months/{month}/approve": "tests/metrics/cards/test_months.py",
    "POST /me/second-step": "tests/web/test_second_step.py",
    "POST /phone-answers/{invitation}": "tests/responses/test_phone.py",
    "POST /me/unlink": "tests/web/test_single_sign_on.py",
    "POST /staff/{staff}/way-in": "tests/web/test_second_step.py",
    "POST /accounts/{account}/people": "the contact's own history",
    "POST /accounts/{account}/places": "the contact's own history",
    "POST /contacts/{contact}": "the contact's own history",
    "POST /suggestions/{suggestion}": "the contact's own history",
    "POST /delivery/dns": "nothing is changed: DNS is asked",
    "POST /sync/now": "a reading, with a page of its own",
    "POST /sync/{run}/release": "tests/accounts: a held run is released",
    "POST /settings/crm/check": "nothing is changed: the CRM is asked",
    "POST /settings/crm/try": "nothing is changed: a reading in a copy",
    "POST /settings/crm/map/{object}": "with a connection: tests/web/test_crm_pages.py",
    "POST /settings/crm/words": "with a connection: tests/web/test_crm_pages.py",
    "POST /settings/crm/write-back": "with a connection: tests/web/test_write_back_pages.py",
    "POST /settings/crm/write-back/again": "with a connection: tests/web/test_write_back_pages.py",
    "POST /campaigns/{campaign}": "tests/web/test_campaigns.py",
    "POST /waves/launch": "tests/campaigns: a launch",
    "POST /waves/{wave}/act": "tests/campaigns: a wave's acts",
    "POST /silent/{account}/follow-up": "tests/web/test_silent.py: where an account is silent",
    "POST /nudges/{invitation}": "tests/campaigns: a nudge, where one may go",
    "POST /delivery/{message}/settle": "tests/delivery: settling",
}


def lines_after(app: App, before: int) -> list[audit.Line]:
    with app.database.read() as db:
        return [line for line in audit.listing(db, limit=20) if line.id > before]


def newest(app: App) -> int:
    with app.database.read() as db:
        return db.execute(select(func.coalesce(func.max(schema.audit.c.id), 0))).scalar_one()


def exports() -> list[str]:
    return [route for route in TABLE if route.startswith("GET") and ".csv" in route]


def test_every_staff_form_is_on_one_side_or_the_other() -> None:
    forms = {route for route, gate in TABLE.items() if route.startswith("POST") and gate is not OPEN}
    assert forms == {*CHANGES, *ELSEWHERE}


def test_every_export_says_who_took_what_and_how_much(app: App, objects: dict[str, Any]) -> None:
    with visitor(app) as clara:
        clara.sign_in(f"{PEOPLE[StaffRole.ADMIN]}@vendor.example")
        assert len(exports()) > 8
        for route in exports():
            before = newest(app)
            assert call(clara, route, TABLE[route], objects["own"]).status_code == 200, route
            (line,) = lines_after(app, before)
            assert (line.action, line.object_kind, line.actor) == ("exported", "export", "Clara Wendt"), route
            assert line.detail["rows"] >= 0, route


def test_what_was_refused_is_no_export(app: App, objects: dict[str, Any]) -> None:
    with visitor(app) as dana:
        dana.sign_in(f"{PEOPLE[StaffRole.CSM]}@vendor.example")
        before = newest(app)
        assert dana.client.get("/settings/crm/write-back/rehearsal.csv").status_code == 403
        assert dana.client.get("/waves/999/people.csv").status_code == 404
        assert lines_after(app, before) == []


def test_every_change_is_in_the_log_with_who_made_it(app: App, objects: dict[str, Any]) -> None:
    with visitor(app) as clara:
        clara.sign_in(f"{PEOPLE[StaffRole.ADMIN]}@vendor.example")
        clara.get("/accounts")
        for route, (form, kind) in CHANGES.items():
            before = newest(app)
            gate = TABLE[route]
            answer = call(clara, route, type(gate)(gate.roles, gate.of, {**gate.form, **form}), objects["own"])
            found = lines_after(app, before)
            assert found, (route, answer.status_code)
            assert {line.actor for line in found} == {"Clara Wendt"}, route
            assert kind in {line.object_kind for line in found}, route
    with app.database.read() as db:
        assert audit.first_broken(db) is None
