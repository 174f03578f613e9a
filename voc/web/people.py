"""People and access, and the audit log: for admins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base import audit, identities, second_steps, staff
from voc.base.errors import Refused
from voc.base.words import StaffRole
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import pages, store
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.parts import address, files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import ADMINS, Visit, roles

AUDIT_PAGE = 100
_AT_ONCE = 1_000


@get("/staff", sync_to_thread=True, opt=roles(*ADMINS))
def people_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _people(app, visit)


def _people(
    app: App,
    visit: Visit,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    refused: Refused | None = None,
    link: str | None = None,
    invited: staff.Person | None = None,
) -> Response[str]:
    with app.database.read() as db:
        people = staff.listing(db)
        candidates = staff.candidates(db)
        second = second_steps.all_on(db)
        linked = identities.linked_to(db, app.issuer.id) if app.issuer is not None else frozenset()
    return pages.page(
        app,
        visit,
        "people.html",
        status=status,
        people=people,
        candidates=candidates,
        roles=list(StaffRole),
        second=second,
        linked=linked,
        issuer=app.issuer,
        typed=typed or {},
        refused=refused,
        link=link,
        invited=invited,
    )


def _role(form: Form) -> StaffRole:
    try:
        return StaffRole(form.text("role"))
    except ValueError:
        raise Refused("Choose a role", field="role") from None


@post("/staff", sync_to_thread=True, opt=roles(*ADMINS))
def add_person(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Add and invite in one go. The link is shown once, to be sent by whatever way is safe."""
    try:
        with app.database.begin() as db:
            added = staff.add(
                db,
                email=form.text("email"),
                name=form.text("name"),
                role=_role(form),
                csm_id=form.maybe("csm_id"),
                by=visit.viewer.name,
                now=app.now(),
            )
            token = staff.invite(db, added, tokens=app.tokens, by=visit.viewer.name, now=app.now())
            person = staff.person(db, added)
    except Refused as refused:
        return _people(app, visit, status=400, typed=form.typed(), refused=refused)
    return _people(app, visit, link=f"{app.settings.base_url}/invite/{token}", invited=person)


@post("/staff/{staff_id:int}/invite", sync_to_thread=True, opt=roles(*ADMINS))
def invite_person(app: GivenApp, visit: GivenVisit, staff_id: FromPath[int]) -> Response[Any]:
    with app.database.begin() as db:
        token = staff.invite(db, staff_id, tokens=app.tokens, by=visit.viewer.name, now=app.now())
        person = staff.person(db, staff_id)
    return _people(app, visit, link=f"{app.settings.base_url}/invite/{token}", invited=person)


@post("/staff/{staff_id:int}/access", sync_to_thread=True, opt=roles(*ADMINS))
def change_access(app: GivenApp, visit: GivenVisit, staff_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """Another role or CSM, or no access at all (`active` says which)."""
    now, by = app.now(), visit.viewer.name
    with app.database.begin() as db:
        person = staff.person(db, staff_id)
        if form.text("do") == "end":
            if staff_id == visit.viewer.staff_id:
                raise Refused("You cannot end your own access: another admin can")
            staff.deactivate(db, staff_id, by=by, now=now)
            store.close_sessions_of(db, staff_id)
            said, undo = f"{person.name} has no access any more.", (f"/staff/{staff_id}/access", {"do": "give"})
        elif form.text("do") == "give":
            staff.reactivate(db, staff_id, by=by, now=now)
            said, undo = f"{person.name} has access again.", (f"/staff/{staff_id}/access", {"do": "end"})
        else:
            staff.change(db, staff_id, role=_role(form), csm_id=form.maybe("csm_id"), by=by, now=now)
            if _role(form) == StaffRole.ADMIN != person.role:
                store.close_sessions_of(db, staff_id)  # they were opened without what an admin is asked for
            said = f"{person.name} has another access, from now on."
            before = {"do": "change", "role": person.role.value, "csm_id": person.csm_id or ""}
            undo = (f"/staff/{staff_id}/access", before)
    return pages.back(app, visit, "/staff", said, undo=undo)


@post("/staff/{staff_id:int}/way-in", sync_to_thread=True, opt=roles(*ADMINS))
def take_off(app: GivenApp, visit: GivenVisit, staff_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """For a lost device, or an account at the issuer that is another's now: the person is signed out everywhere."""
    now, by = app.now(), visit.viewer.name
    if staff_id == visit.viewer.staff_id:
        raise Refused("Your own you change on the page “Your sign-in”; for a lost device ask another admin")
    with app.database.begin() as db:
        person = staff.person(db, staff_id)
        if form.text("do") == "unlink":
            identities.unlink(db, staff_id, by=by, now=now)
            said = f"{person.name} is not linked any more. A new link from here lets them in again."
        else:
            second_steps.take_off(db, staff_id, by=by, now=now)
            said = f"{person.name} has no second step any more. Make sure that it was {person.name} who asked."
        store.close_sessions_of(db, staff_id)
    return pages.back(app, visit, "/staff", said)


@dataclass(frozen=True)
class AuditPage:
    lines: list[audit.Line]
    older_than: int | None


@get("/audit", sync_to_thread=True, opt=roles(*ADMINS))
def audit_page(
    app: GivenApp,
    visit: GivenVisit,
    before: Annotated[int | None, QueryParameter(name="before")] = None,
    kind: Annotated[str, QueryParameter(name="kind")] = "",
) -> Response[str]:
    with app.database.read() as db:
        lines = audit.listing(db, before=before, object_kind=kind or None, limit=AUDIT_PAGE + 1)
        kinds = audit.kinds(db)
        broken = audit.first_broken(db)
    if kind and kind not in kinds:  # a page links to what nobody has changed yet
        kinds = sorted({*kinds, kind[:32]})
    more = len(lines) > AUDIT_PAGE
    shown = AuditPage(lines[:AUDIT_PAGE], lines[AUDIT_PAGE - 1].id if more else None)
    context: dict[str, Any] = {"shown": shown, "kinds": kinds, "kind": kind, "broken": broken, "first": before is None}
    context["files"] = files(address("/audit", kind=kind), "of the whole log")
    return pages.page(app, visit, "audit.html", **context)


def _audit_lines(db: Connection, asked: Asked) -> Iterator[Sequence[Cell]]:
    before: int | None = None
    while lines := audit.listing(db, before=before, object_kind=asked.get("kind") or None, limit=_AT_ONCE):
        for one in lines:
            detail = msgspec.json.encode(one.detail).decode() if one.detail else None
            yield one.id, one.at, one.actor, one.action, one.object_kind, one.object_id, detail
        before = lines[-1].id


AUDIT = PageTable(
    "audit",
    "Audit log",
    "/audit",
    (
        Column("Line", Kind.WHOLE),
        Column("When", Kind.MOMENT),
        Column("Who"),
        Column("What"),
        Column("Of"),
        Column("Which"),
        Column("Detail", meaning="JSON"),
    ),
    lambda db, asked: Found(_audit_lines(db, asked)),
    "Newest first. Whether the chain is whole is said by `voc audit verify`, not by a file.",
    ADMINS,
)

TABLES = (AUDIT,)
HANDLERS = [*file_handlers(*TABLES), people_page, add_person, invite_person, change_access, take_off, audit_page]
