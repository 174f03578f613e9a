"""What a programme owner sets: groups of preferences, test mode, and the role matrix of each segment."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from voc.base import identities, preferences
from voc.base.errors import NotFound, Refused
from voc.base.words import Role, Segment
from voc.stakeholders import run as stakeholders
from voc.stakeholders import store as matrix
from voc.stakeholders.model import Requirement
from voc.web import pages, settings_fields
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.settings_fields import GROUPS, Group, Kind, Unreadable
from voc.web.visit import ADMINS, Visit, roles

Typed = dict[str, str | list[str]]


@get("/settings", sync_to_thread=True, opt=roles(*ADMINS))
def settings_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _page(app, visit)


def _page(
    app: App, visit: Visit, *, status: int = 200, typed: Typed | None = None, errors: dict[str, str] | None = None
) -> Response[str]:
    """The whole page; what was typed stands instead of what is kept, with its error above it."""
    with app.database.read() as db:
        values = preferences.load(db)
        required = matrix.role_matrix(db)
    shown: Typed = {one.name: settings_fields.shown(values, one) for group in GROUPS for one in group.fields}
    shown["test_address"] = values.test_address or ""
    for segment, requirements in required.items():
        for one in requirements:
            shown[f"weight:{segment}:{one.role}"] = str(one.weight)
            shown[f"count:{segment}:{one.role}"] = str(one.required_count)
    context: dict[str, Any] = {
        "groups": GROUPS,
        "shown": {**shown, **(typed or {})},
        "errors": errors or {},
        "days": settings_fields.DAYS,
        "Segment": Segment,
        "Role": Role,
    }
    return pages.page(app, visit, "settings.html", status=status, **context)


def _typed(form: Form, group: Group) -> Typed:
    return {one.name: form.many(one.name) if one.kind == Kind.WEEKDAYS else form.text(one.name) for one in group.fields}


@post("/settings/group/{key:str}", sync_to_thread=True, opt=roles(*ADMINS))
def change_group(app: GivenApp, visit: GivenVisit, key: FromPath[str], form: GivenForm) -> Response[Any]:
    """All fields of a group, or none: every unreadable one is named at once, with what was typed kept."""
    group = settings_fields.group(key)
    if group is None:
        raise NotFound("There is no such group of settings.")
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in group.fields:
        try:
            values[one.name] = settings_fields.parsed(one, form.text(one.name), form.many(one.name))
        except Unreadable as mistake:
            errors[one.name] = str(mistake)
    if not errors:
        try:
            with app.database.begin() as db:
                before = preferences.load(db)
                after = preferences.change(db, values, actor=visit.viewer.name, now=app.now())
                if before.passwords_allowed and not after.passwords_allowed:
                    identities.check_without_passwords(db, issuer=app.issuer_id)
        except Refused as refused:
            errors[refused.field or group.fields[0].name] = refused.reason
    if errors:
        return _page(app, visit, status=400, typed=_typed(form, group), errors=errors)
    return pages.back(app, visit, f"/settings#{key}", f"{group.title} is saved and holds from now on.")


@post("/settings/test-mode", sync_to_thread=True, opt=roles(*ADMINS))
def change_test_mode(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Every mail to one address, or real mail to real people."""
    on, address = form.text("do") != "off", form.text("test_address")
    values: dict[str, Any] = {"test_mode": on}
    if on:
        values["test_address"] = address or None
    try:
        with app.database.begin() as db:
            before = preferences.load(db)
            preferences.change(db, values, actor=visit.viewer.name, now=app.now())
    except Refused as refused:
        field = refused.field or "test_address"
        return _page(app, visit, status=400, typed={"test_address": address}, errors={field: refused.reason})
    if before.test_mode and not on:
        undo = ("/settings/test-mode", {"do": "on", "test_address": before.test_address or ""})
        return pages.back(app, visit, "/settings", "Test mode is off: mail goes to the people it is for.", undo=undo)
    return pages.back(app, visit, "/settings", "Test mode is on: no mail reaches a customer.")


@post("/settings/roles", sync_to_thread=True, opt=roles(*ADMINS))
def change_roles(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """The role matrix: a weight in a cell requires that role in that segment; an empty one does not."""
    typed: Typed = {name: form.text(name) for name in form.names() if name.startswith(("weight:", "count:"))}
    required: list[Requirement] = []
    errors: dict[str, str] = {}
    for segment in Segment:
        for role in Role:
            cell = f"{segment}:{role}"
            weight, count = form.text(f"weight:{cell}") or "0", form.text(f"count:{cell}") or "1"
            if not (weight.isascii() and weight.isdigit() and count.isascii() and count.isdigit()):
                errors[cell] = "Write whole numbers, or leave it empty"
            elif int(weight[:6]):
                required.append(Requirement(segment, role, int(weight[:6]), int(count[:6])))
    if not errors:
        try:
            with app.database.begin() as db:
                stakeholders.set_role_matrix(db, required, viewer=visit.viewer, now=app.now())
        except Refused as refused:
            errors[refused.field or "roles"] = refused.reason
    if errors:
        return _page(app, visit, status=400, typed=typed, errors=errors)
    return pages.back(app, visit, "/settings#roles", "Who we should know is saved; coverage is counted anew.")


HANDLERS = [settings_page, change_group, change_test_mode, change_roles]
