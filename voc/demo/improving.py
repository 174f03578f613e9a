"""The stand-ins for leader and programme owner at the forest: improvements, and comments sorted blindly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from voc.base.access import Viewer
from voc.base.words import StaffRole
from voc.demo.chance import Chance
from voc.followup import improving
from voc.followup.run import improvements
from voc.metrics.run.forest import reading, sorting
from voc.metrics.store.forest import book
from voc.metrics.store.forest import comments as store
from voc.responses.run import themes as verbatims
from voc.web.context import App

Plan = Callable[[datetime, Callable[[], None]], None]
LEADER = Viewer(staff_id=None, name="Marcus Oyelaran", role=StaffRole.LEADER)
OWNER = Viewer(staff_id=None, name="Clara Wendt", role=StaffRole.ADMIN)
SORTED = 70  # comments
MISTAKE = 0.06  # how often a person sees a theme otherwise than the words do


@dataclass(frozen=True)
class Meant:
    """An improvement as it goes: opened, begun and done on these days."""

    theme: str
    title: str
    department: str
    owner: str
    opened_on: date
    due_on: date
    begun_on: date | None = None
    done_on: date | None = None
    done: str = ""
    lines: Mapping[str, str] | None = None


IMPROVEMENTS = (
    Meant(
        "support_speed",
        "Somebody answers at night",
        "Support",
        "Rosa Lindqvist",
        date(2026, 7, 6),
        date(2026, 10, 15),
        date(2026, 7, 20),
        date(2026, 10, 19),
        "Since October a named person answers from ten to six, and no ticket waits longer than a day for a first word.",
        {
            "": "You told us nobody answered at night. Since October a named person does, from ten to six.",
            "de": "Sie sagten uns, nachts sei niemand erreichbar. Seit Oktober ist jemand da, von zehn bis sechs.",
            "fr": "Vous nous disiez que personne ne répondait la nuit. Depuis octobre, quelqu’un répond de 22 h à 6 h.",
            "es": "Nos dijo que de noche nadie contestaba. Desde octubre alguien lo hace, de diez a seis.",
        },
    ),
    Meant(
        "training",
        "A course for administrators, twice a month",
        "Customer education",
        "Henrik Aas",
        date(2026, 8, 31),
        date(2026, 12, 11),
        date(2026, 9, 28),
    ),
    Meant(
        "reporting",
        "Reports that load in two seconds",
        "Product",
        "Yuki Arai",
        date(2026, 9, 7),
        date(2026, 11, 6),
        date(2026, 9, 14),
    ),
)


class Forest:
    def __init__(self, app: App, chance: Chance, plan: Plan) -> None:
        self._app = app
        self._chance = chance
        self._plan = plan
        self._ids: dict[str, int] = {}

    def schedule(self) -> None:
        for one in IMPROVEMENTS:
            self._on(one.opened_on, lambda one=one: self._open(one))  # type: ignore[misc]  # binds one now
            if one.begun_on is not None:
                self._on(one.begun_on, lambda one=one: self._begin(one))  # type: ignore[misc]  # as above
            if one.done_on is not None:
                self._on(one.done_on, lambda one=one: self._close(one))  # type: ignore[misc]  # as above
        self._on(date(2026, 10, 5), self._sort)

    def _on(self, day: date, act: Callable[[], None]) -> None:
        self._plan(datetime.combine(day, time(9, 30), UTC), act)

    def read(self) -> None:
        reading.catch_up(self._app.database, self._app.now())

    def _open(self, one: Meant) -> None:
        self.read()
        plan = improving.plan(
            title=one.title, department=one.department, owner=one.owner, due_on=one.due_on, not_before=None
        )
        with self._app.database.begin() as db:
            theme = next(theme for theme in book.themes(db) if theme.key == one.theme)
            self._ids[one.theme] = improvements.open_improvement(db, theme.id, plan, viewer=LEADER, now=self._app.now())

    def _begin(self, one: Meant) -> None:
        with self._app.database.begin() as db:
            improvements.begin(db, self._ids[one.theme], viewer=LEADER, now=self._app.now())

    def _close(self, one: Meant) -> None:
        self.read()
        lines = one.lines or {"": improving.draft(one.title, one.done)}
        with self._app.database.begin() as db:
            improvements.close(db, self._ids[one.theme], done=one.done, told=lines, viewer=LEADER, now=self._app.now())

    def _sort(self) -> None:
        """Somebody sorts comments without seeing the rule's find, and now and then sees one otherwise."""
        self.read()
        now = self._app.now()
        with self._app.database.begin() as db:
            themes, version = book.themes(db), book.version(db)
            waiting = store.to_code(db, OWNER, after=now - timedelta(days=365), until=now)
            some = sorted((key for key, _language, _text in waiting), key=sorting.place_of)[:SORTED]
            rule = store.rule_themes(db, some)
            for response_id, question in some:
                found = rule[response_id, question]
                chosen = [one.id for one in themes if (one.id in found) != self._slips(response_id, one.id, found)]
                verbatims.code(
                    db,
                    response_id,
                    question,
                    themes=chosen,
                    offered=[one.id for one in themes],
                    book=version,
                    viewer=OWNER,
                    now=now,
                )

    def _slips(self, response_id: int, theme_id: int, found: frozenset[int]) -> bool:
        often = MISTAKE * (3 if theme_id in found else 0.15)
        return self._chance.happens(often, "sorts otherwise", response_id, theme_id)
