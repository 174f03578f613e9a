"""The pages, asked for through the real application by a leader, a lead and a CSM."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.builders import NOW
from tests.web.people import Visitor, add_staff, visitor
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole
from voc.web.context import App

LEAD, CSM = "csm-0", "csm-40"
_EVERYBODY = (
    "/engagement?days=90",
    "/engagement?days=180",
    "/engagement?days=365",
    "/csms",
    "/silent",
    "/accounts",
    "/accounts?state=silent",
    "/accounts/acc-40",
    "/contacts/con-100",
    "/follow-ups",
    "/retention",
    "/forest",
    "/forest?cut=segment",
    "/improvements",
    "/scorecards",
    "/board",
    f"/csms/{CSM}",
)
_LEADERS = (
    f"/engagement?team={LEAD}",
    f"/csms?team={LEAD}",
    f"/board?team={LEAD}",
    "/scorecards/engagement",
    f"/follow-ups?team={LEAD}",
    f"/retention?team={LEAD}",
    f"/silent?team={LEAD}&segment=enterprise",
    "/silent?segment=enterprise&region=Europe",
)
_BOOK = f"/engagement/rows?figure=response_rate&scope=csm&id={CSM}&days=180"
_OWN = {"lead": f"/csms/{LEAD}", "csm": f"/csms/{CSM}"}
STANDARD = (
    *(("leader", path) for path in (*_EVERYBODY, *_LEADERS, _BOOK)),
    *(("lead", path) for path in (*_EVERYBODY[:-1], _OWN["lead"])),
    *(("csm", path) for path in _EVERYBODY),
)
_DAY = "2026-02-22"
FREE = (
    ("engagement", f"/engagement?days=137&as_of={_DAY}"),
    ("segment", "/engagement?days=180&segment=enterprise"),
    ("csms", f"/csms?days=137&as_of={_DAY}"),
    ("retention", f"/retention?days=137&as_of={_DAY}"),
    ("board", f"/board?as_of={_DAY}"),
)


class Door:
    def __init__(self, somebody: Visitor) -> None:
        self._somebody = somebody

    def get(self, path: str) -> int:
        answer = self._somebody.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        return len(answer.content)


@contextmanager
def doors(database: Database) -> Iterator[Mapping[str, Door]]:
    clock = SetClock(NOW)
    app = App(
        settings=Settings(),
        database=database,
        clock=clock,
        tokens=RandomTokens(),
        vault=Vault([new_key()]),
        questionnaires=Path("questionnaires"),
        wall=clock,
    )
    tag = app.tokens.new()[:8].lower()
    with ExitStack() as stack:
        found = {}
        for role, csm_id in ((StaffRole.LEADER, None), (StaffRole.LEAD, LEAD), (StaffRole.CSM, CSM)):
            email = f"{role}-{tag}@vendor.example"
            add_staff(app, role, csm_id=csm_id, email=email)
            somebody = stack.enter_context(visitor(app))
            somebody.sign_in(email)
            found[str(role)] = Door(somebody)
        yield found
