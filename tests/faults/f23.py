"""F23: sequences of filters, dates and roles against confidential waves, solved as equations: no single answer.

The attacker knows who was asked, who is counted with whom, and every named answer; they may be a CSM, a lead
or a leader and ask what they like on any day. What they get is checked to be whole groups, written down as
equations over single people and solved exactly. The same questions are put to plain thresholds ("five people
at two accounts, each view for itself"): those lose people, which shows that the attack can win.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations
from random import Random

from sqlalchemy import Connection, update

from tests import builders
from tests.builders import NOW
from tests.faults.databases import fresh
from tests.faults.table import Result, Row, on_both
from voc.base import schema
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope, StaffRole
from voc.metrics import confidential
from voc.metrics import run as metrics
from voc.metrics.model import CONFIDENTIAL
from voc.metrics.store import confidential as store_confidential
from voc.stakeholders import run as stakeholders

DAY = timedelta(days=1)
SEGMENTS = ("enterprise", "mid-market", "small")
LEADS = {"csm-1": "lead-1", "csm-2": "lead-1", "csm-3": "lead-1", "csm-4": "lead-2", "csm-5": "lead-2", "csm-6": None}
CLOSED_DAYS_AGO = (70, 8)


def _worlds(engine: str, *, worlds: int, sequences: int, questions: int) -> Row:
    tries = asked = lost_by_thresholds = people = 0
    found: list[str] = []
    for seed in range(worlds):
        with fresh(engine) as database:
            with database.begin() as db:
                world = World(db, Random(seed))
            with database.begin() as db:
                found += world.told_before_the_end(db)
                world.close(db)
            with database.read() as db:
                plain = world.plain_answers(sequences * questions * 10)
                for _ in range(sequences):
                    answers = [world.question(db) for _ in range(questions)]
                    found += [problem for one in answers for problem in one.problems]
                    found += world.solved([equation for one in answers for equation in one.equations])
                    tries, asked = tries + 1, asked + len(answers)
                lost_by_thresholds += len(single(plain))
                people += len(world.people)
    if not lost_by_thresholds:
        found.append("the attack never won against plain thresholds: it proves nothing")
    said = f"{asked:,} questions about {people:,} people, 0 answers; plain thresholds would lose {lost_by_thresholds}"
    return Row("filters, dates and roles solved as equations", engine, tries, said if not found else "", tuple(found))


def run(*, long: bool) -> Result:
    size = {"worlds": 20, "sequences": 50, "questions": 3} if long else {"worlds": 1, "sequences": 6, "questions": 3}
    return on_both("F23", lambda engine: _worlds(engine, **size))


# --- equations ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equation:
    """So many of these people answered."""

    people: frozenset[int]
    answered: int


def single(equations: Iterable[Equation]) -> set[int]:
    """Whose answer follows: alone in a combination of them, or of a sum that only none or all can make."""
    known = [one for one in dict.fromkeys(equations) if one.people]
    order = sorted({person for one in known for person in one.people})
    column = {person: number for number, person in enumerate(order)}
    rows = []
    for one in known:
        row = [Fraction(0)] * (len(order) + 1)
        for person in one.people:
            row[column[person]] = Fraction(1)
        row[-1] = Fraction(one.answered)
        rows.append(row)
    lost: set[int] = set()
    for row in _reduced(rows):
        who = [order[number] for number, value in enumerate(row[:-1]) if value]
        same = {value for value in row[:-1] if value} == {Fraction(1)}
        if len(who) == 1 or (same and row[-1] in (0, len(who))):
            lost |= set(who)
    return lost


def _reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Reduced row echelon form, exactly."""
    done = 0
    width = len(rows[0]) - 1 if rows else 0
    for column in range(width):
        pivot = next((number for number in range(done, len(rows)) if rows[number][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        factor = rows[done][column]
        rows[done] = [value / factor for value in rows[done]]
        for number, row in enumerate(rows):
            if number != done and row[column]:
                times = row[column]
                rows[number] = [value - times * above for value, above in zip(row, rows[done], strict=True)]
        done += 1
    return rows[:done]


# --- the company --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One person in one of the waves; what only the test knows of them is `score` and `answered_at`."""

    id: int
    wave: int
    account_id: str
    csm_id: str
    segment: str
    answered_at: datetime | None
    score: int | None


@dataclass(frozen=True)
class Unit:
    """People that are counted together, by their invitations."""

    wave: int
    people: frozenset[int]
    group: confidential.Group


@dataclass(frozen=True)
class Heard:
    """What one question brought, and what should not be."""

    equations: list[Equation]
    problems: list[str]


class World:
    """Six CSMs, two leads, accounts of one to six people, two waves in confidence and one by name."""

    def __init__(self, db: Connection, chance: Random) -> None:
        self.chance = chance
        self.people: dict[int, Asked] = {}
        self.units: list[Unit] = []
        stakeholders.install_defaults(db)
        for manager in ("lead-1", "lead-2"):
            builders.add_csm(db, manager, name=manager)
        for csm, lead in LEADS.items():
            builders.add_csm(db, csm, name=csm, manager_id=lead)
        version, campaign = builders.add_questionnaire(db), builders.add_campaign(db)
        self.version = version
        self.waves = [self._wave(db, campaign, number) for number in range(3)]
        for number in range(chance.randint(14, 20)):
            self._account(db, f"acc-{number:02}")

    def _wave(self, db: Connection, campaign: int, number: int) -> int:
        values = {"label": f"wave {number}", "confidential": number < 2, "launched_at": NOW - 120 * DAY}
        return builders.add_wave(db, campaign_id=campaign, questionnaire_version_id=self.version, **values)

    def _account(self, db: Connection, id: str) -> None:
        chance = self.chance
        csm, segment = chance.choice(list(LEADS)), chance.choice(SEGMENTS)
        builders.add_account(db, id, name=id, csm_id=csm, segment=segment)
        for number in range(chance.randint(1, 6)):
            contact = builders.add_contact(db, f"{id}-{number}", account_id=id, roles=("champion",))
            for wave in range(3):
                if chance.random() < 0.8:
                    self._ask(db, wave, contact, id, csm, segment)

    def _ask(self, db: Connection, wave: int, contact: str, account_id: str, csm: str, segment: str) -> None:
        days_ago = (*CLOSED_DAYS_AGO, 30)[wave]
        sent_at = NOW - (days_ago + 22) * DAY
        answered_at = sent_at + self.chance.randint(1, 19) * DAY if self.chance.random() < 0.6 else None
        score = self.chance.choice((0, 3, 6, 7, 8, 9, 10)) if answered_at else None
        invitation_id = builders.add_invitation(
            db,
            wave_id=self.waves[wave],
            contact_id=contact,
            account_id=account_id,
            csm_id=csm,
            segment=segment,
            confidential=wave < 2,
            sent_at=sent_at,
            closes_at=sent_at + 21 * DAY,
            disposition="complete" if answered_at else "silent",
            disposed_at=answered_at or sent_at + 21 * DAY,
            answered_at=answered_at,
            stopped="answered" if answered_at else None,
            stopped_at=answered_at,
        )
        if answered_at:
            builders.add_response(
                db,
                invitation_id=invitation_id,
                questionnaire_version_id=self.version,
                score=score,
                submitted_at=answered_at,
                saved_at=answered_at,
            )
        if wave < 2:
            self.people[invitation_id] = Asked(invitation_id, wave, account_id, csm, segment, answered_at, score)

    def told_before_the_end(self, db: Connection) -> list[str]:
        """While the waves run, no role is told anything."""
        for _ in range(4):
            viewer, rows = self._viewer(), Counter[str]()
            scope, id = self._scope(viewer)
            rows += _nameless(db, viewer, scope, id, now=NOW, as_of=None, days=180, segment=None)[0]
            if rows:
                return [f"{viewer.role} was told {dict(rows)} before the wave was over"]
        return []

    def close(self, db: Connection) -> None:
        for number, days_ago in enumerate(CLOSED_DAYS_AGO):
            here = schema.wave.c.id == self.waves[number]
            db.execute(update(schema.wave).where(here).values(state="closed", closed_at=NOW - days_ago * DAY))
            self._know_the_groups(db, number)
            metrics.release(db, NOW - days_ago * DAY + timedelta(hours=2))

    def _know_the_groups(self, db: Connection, number: int) -> None:
        """The attacker's best case: who is counted with whom."""
        told = store_confidential.told(db, self.waves[number])
        asked = sorted(one.id for one in self.people.values() if one.wave == number)
        ids = dict(zip(map(id, told), asked, strict=True))
        scored, unscored, _rest = confidential.partition(told)
        groups, _withheld = confidential.divide(told)
        for part, group in zip([*scored, *unscored], groups, strict=True):
            self.units.append(Unit(number, frozenset(ids[id(one)] for one in part), group))

    # --- asking

    def question(self, db: Connection) -> Heard:
        """One view with any filter, as any role, as of any day."""
        viewer, days = self._viewer(), self.chance.choice((90, 180, 365))
        scope, id = self._scope(viewer)
        segment = self.chance.choice((None, None, *SEGMENTS))
        as_of = (NOW - self.chance.randint(0, 90) * DAY).date() if self.chance.random() < 0.5 else None
        rates, scores = _nameless(db, viewer, scope, id, now=NOW, as_of=as_of, days=days, segment=segment)
        matching = self._made_of(rates, scores)
        if matching is None:
            return Heard([], [f"{scope} {id} {segment} {as_of}: {dict(rates)} is not made of whole groups"])
        equations = [Equation(one.people, one.group.answered) for one in matching]
        total = Equation(frozenset().union(*(one.people for one in matching)), rates["complete"] + rates["partial"])
        if total.people and (total.answered < 5 or len(self._accounts(total.people)) < 2):
            return Heard([], [f"{scope} {id}: told of {total.answered} people"])
        return Heard([*equations, total], [])

    def _viewer(self) -> Viewer:
        role = self.chance.choice((StaffRole.CSM, StaffRole.LEAD, StaffRole.LEADER, StaffRole.ADMIN))
        own = {StaffRole.CSM: self.chance.choice(list(LEADS)), StaffRole.LEAD: self.chance.choice(("lead-1", "lead-2"))}
        return Viewer(1, role, role, own.get(role))

    def _scope(self, viewer: Viewer) -> tuple[Scope, str]:
        accounts = sorted({one.account_id for one in self.people.values()})
        return self.chance.choice(
            (
                (Scope.TOTAL, ""),
                (Scope.TEAM, self.chance.choice(("lead-1", "lead-2"))),
                (Scope.CSM, viewer.csm_id if viewer.role == StaffRole.CSM else self.chance.choice(list(LEADS))),
                (Scope.ACCOUNT, self.chance.choice(accounts)),
            )
        )  # type: ignore[return-value]  # a CSM has an id

    def _accounts(self, people: Iterable[int]) -> set[str]:
        return {self.people[one].account_id for one in people}

    def _made_of(self, rates: Counter[str], scores: Counter[str]) -> Sequence[Unit] | None:
        """The groups that add up to it; None where none do."""
        for size in range(len(self.units) + 1):
            for some in combinations(self.units, size):
                if _sum(one.group.dispositions for one in some) == rates and not scores - _sum(
                    one.group.scores or {} for one in some
                ) - Counter({"silent": 10_000}):
                    return some
        return None

    def plain_answers(self, questions: int) -> list[Equation]:
        found = []
        for _ in range(questions):
            scope, id = self._scope(Viewer(1, "leader", StaffRole.LEADER))
            segment = self.chance.choice((None, None, *SEGMENTS))
            found += self._plain(scope, id, segment, NOW - self.chance.randint(0, 90) * DAY)
        return found

    def _plain(self, scope: Scope, id: str, segment: str | None, moment: datetime) -> list[Equation]:
        """What a service would tell that only counts to five and two, each view for itself, as of that day."""
        found = []
        for wave in (0, 1):
            view = [one for one in self.people.values() if one.wave == wave and _within(one, scope, id)]
            view = [one for one in view if segment in (None, one.segment)]
            heard = [one for one in view if one.answered_at and one.answered_at <= moment]
            if len(heard) >= 5 and len({one.account_id for one in heard}) >= 2:
                found.append(Equation(frozenset(one.id for one in view), len(heard)))
        return found

    def solved(self, equations: list[Equation]) -> list[str]:
        return [f"person {person} is recovered" for person in sorted(single(equations))]


def _within(one: Asked, scope: Scope, id: str) -> bool:
    return {
        Scope.TOTAL: True,
        Scope.TEAM: LEADS[one.csm_id] == id,
        Scope.CSM: one.csm_id == id,
        Scope.ACCOUNT: one.account_id == id,
    }[scope]


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return total


def _nameless(
    db: Connection, viewer: Viewer, scope: Scope, id: str, *, now: datetime, segment: str | None, **view: object
) -> tuple[Counter[str], Counter[str]]:
    """The counts of the rows that are nobody's, for the rate and the score; the named ones are known and taken away."""
    found = []
    for figure in ("response_rate", "nps_people"):
        try:
            rows = metrics.rows(
                db,
                viewer,
                figure=figure,
                scope=scope,
                id=id,
                now=now,
                segment=segment,
                as_of=view["as_of"],  # type: ignore[arg-type]  # a day or None
                window_days=view["days"],  # type: ignore[arg-type]  # a number
            )
        except NotFound:
            rows = []
        found.append(Counter(row.label for row in rows if row.kind == CONFIDENTIAL))
    return found[0], found[1]
