"""What each figure means."""

from typing import Any

from litestar import Response, get

from voc.metrics import catalogue
from voc.metrics.store import numbers
from voc.web import csms_view, pages
from voc.web.given import GivenApp, GivenVisit
from voc.web.visit import EVERYBODY, roles


@get("/definitions", sync_to_thread=True, opt=roles(*EVERYBODY))
def definitions_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    groups: dict[str, list[catalogue.Definition]] = {}
    with app.database.read() as db:
        own = numbers.kinds(db)
    for one in catalogue.CATALOGUE:
        groups.setdefault(one.kind.value, []).append(one)
    if outside := [catalogue.BY_NAME[name] for name in own if name in catalogue.BY_NAME]:
        groups["own"] = outside
    beside = [one for name, one in catalogue.OPENS.items() if name not in catalogue.BY_NAME]
    told: dict[str, Any] = {
        "groups": groups,
        "beside": beside,
        "version": catalogue.VERSION,
        "power": csms_view.power(),
    }
    return pages.page(app, visit, "leader/definitions.html", **told)


HANDLERS: list[Any] = [definitions_page]
