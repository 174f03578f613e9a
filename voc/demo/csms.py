"""The stand-ins for our own people: they work their cases and keep their stakeholder teams, each at a pace."""

from collections.abc import Callable
from datetime import datetime, timedelta

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import VocError
from voc.base.words import Cause, StaffRole, SuggestionKind
from voc.demo import people
from voc.demo import store as cases
from voc.demo.chance import Chance
from voc.demo.company import Employee, World
from voc.demo.words import WHAT_WAS_DONE
from voc.followup import run as followup
from voc.followup.run import deputies
from voc.stakeholders import run as stakeholders
from voc.stakeholders import store as teams
from voc.stakeholders.model import ActKind, Step
from voc.web.context import App

Plan = Callable[[datetime, Callable[[], None]], None]
STEPS_AT_ONCE = 12
AWAY, DEPUTY, DAYS_AWAY = "Aisha Benali", "Dana Whitlock", 11


class Csms:
    def __init__(self, app: App, world: World, chance: Chance, plan: Plan) -> None:
        self._app = app
        self._chance = chance
        self._plan = plan
        self._customers = {customer.id: customer for customer in world.customers}
        self._people = {person.id: person for person in world.people}
        self._staff = {employee.id: employee for employee in world.staff}
        self._last_case = 0
        self._helped: set[str] = set()

    def was_helped(self, contact_id: str) -> bool:
        """Whether a case of this person was resolved: they tend to be kinder the next time."""
        return contact_id in self._helped

    def take_new_cases(self) -> None:
        """Whatever was opened since the last look is worked on by its owner, at their pace."""
        with self._app.database.read() as db:
            opened = cases.opened_after(db, self._last_case)
        for case in opened:
            self._last_case = max(self._last_case, case.id)
            owner = self._staff.get(case.owner_csm_id or "")
            if owner is None:
                continue
            moves = people.moves(self._chance, owner, case=case.id, opened_at=self._app.now())
            for move in moves:
                self._plan(move.at, lambda move=move, case=case, owner=owner: self._make(move, case, owner))  # type: ignore[misc]  # binds now

    def _make(self, move: people.Move, case: cases.Case, owner: Employee) -> None:
        viewer, now = _viewer(owner), self._app.now()
        try:
            with self._app.database.begin() as db:
                match move.what:
                    case "acknowledge":
                        followup.acknowledge(db, case.id, viewer=viewer, now=now)
                    case "contact":
                        followup.contact(db, case.id, viewer=viewer, now=now, note=move.note)
                    case "resolve":
                        cause = Cause(move.note)
                        done = WHAT_WAS_DONE[cause]
                        followup.resolve(db, case.id, viewer=viewer, now=now, cause=cause, outcome=done)
                        if case.contact_id is not None:
                            self._helped.add(case.contact_id)
                    case _:
                        followup.confirm(db, case.id, viewer=viewer, now=now)
        except VocError:
            return  # the account changed hands meanwhile, or somebody was quicker

    def keep_teams(self) -> None:
        """One Friday afternoon in four: each CSM takes the first steps of the recruiting list."""
        for employee in self._staff.values():
            if employee.title != "Customer success manager" or _gone(employee, self._app.now()):
                continue
            with self._app.database.read() as db:
                steps = teams.recruiting(db, _viewer(employee), now=self._app.now(), preferences=preferences.load(db))
            for step in steps[: round(STEPS_AT_ONCE * employee.quickness)]:
                self._take(step, employee)

    def name_a_deputy(self) -> None:
        """In the last days of the year one CSM is away, and a colleague of the same team looks after the follow-ups."""
        by_name = {employee.name: employee for employee in self._staff.values()}
        away, deputy, now = by_name[AWAY], by_name[DEPUTY], self._app.now()
        with self._app.database.begin() as db:
            deputies.appoint(
                db,
                csm_id=away.id,
                deputy_csm_id=deputy.id,
                from_on=now.date(),
                to_on=now.date() + timedelta(days=DAYS_AWAY),
                viewer=_viewer(away),
                now=now,
            )

    def _take(self, step: Step, employee: Employee) -> None:
        now, viewer = self._app.now(), _viewer(employee)
        if not self._chance.happens(0.45, "takes", step.key, now.date()):
            return
        acts = {act.kind for act in step.acts}
        try:
            with self._app.database.begin() as db:
                if step.suggestion is not None and ActKind.ACCEPT in acts:
                    accept = step.suggestion.kind != SuggestionKind.REFERRAL or self._chance.happens(0.7, step.key)
                    stakeholders.decide(db, suggestion_id=step.suggestion.id, accepted=accept, viewer=viewer, now=now)
                elif ActKind.CONFIRM in acts and step.contact_id in self._people:
                    left_on = self._people[step.contact_id].left_on
                    if left_on is not None and left_on <= now.date():  # whoever asks around finds out
                        stakeholders.mark_left(db, contact_id=step.contact_id, viewer=viewer, now=now)
                    else:
                        stakeholders.confirm(db, contact_id=step.contact_id, viewer=viewer, now=now)
        except VocError:
            return


def _viewer(employee: Employee) -> Viewer:
    return Viewer(staff_id=None, name=employee.name, role=StaffRole.CSM, csm_id=employee.id)


def _gone(employee: Employee, now: datetime) -> bool:
    return employee.active_until is not None and now.date() > employee.active_until
