"""Whatever happens in whatever order, runs that fail or are killed among it: the CRM ends as our state says.

The truth is kept beside, in plain dictionaries, by the same steps.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from tests import builders as add
from tests.builders import NOW
from tests.reports.memory import CrmInMemory, Killed
from tests.reports.test_write_back import ALL
from voc.accounts.connector import Write, Wrote
from voc.accounts.store import written_back
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import GiveUp, TryLater
from voc.reports.write_back import rehearse, write_back

PEOPLE = ("con-1", "con-2", "con-3")
OWNERS = ("csm-1", "csm-2", None)
BASE = "https://voc.example"
TABLES = (
    schema.written_back,
    schema.setting,
    schema.lease,
    schema.follow_up,
    schema.answer,
    schema.response,
    schema.invitation,
    schema.wave,
    schema.campaign,
    schema.questionnaire_version,
    schema.alias,
    schema.contact,
    schema.account_csm,
    schema.account,
    schema.csm,
)


class Mood:
    """How the CRM takes the next run."""

    WELL = "well"
    DOWN = "down"
    UNREADABLE = "unreadable"
    LOCKED = "locked"  # every other record
    REFUSES = "refuses"  # every other record
    DIES = "dies"  # the process ends after some records were taken


MOODS = (Mood.WELL, Mood.DOWN, Mood.UNREADABLE, Mood.LOCKED, Mood.REFUSES, Mood.DIES)
Step = tuple[str, Any]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("opens"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("moves"), st.tuples(st.integers(0, 5), st.sampled_from(["resolved", "contacted"]))),
        st.tuples(st.just("owner"), st.tuples(st.integers(0, 5), st.sampled_from(OWNERS))),
        st.tuples(st.just("due"), st.tuples(st.integers(0, 5), st.integers(1, 9))),
        st.tuples(st.just("answers"), st.tuples(st.sampled_from(PEOPLE), st.integers(0, 10))),
        st.tuples(st.just("merges"), st.just("con-3")),
        st.tuples(st.just("runs"), st.tuples(st.sampled_from(MOODS), st.integers(0, 3))),
        st.tuples(st.just("waits"), st.sampled_from([1, 12, 60, 600])),
    ),
    max_size=25,
)


@dataclass
class Story:
    database: Database
    crm: CrmInMemory = field(default_factory=CrmInMemory)
    now: datetime = NOW
    wave: int = 0
    runs: int = 0
    asked: int = 0
    winner: dict[str, str] = field(default_factory=dict)
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    scores: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def begin(self) -> None:
        with self.database.begin() as db:
            for table in TABLES:
                db.execute(delete(table))
            for id in ("csm-1", "csm-2"):
                add.add_csm(db, id)
            add.add_account(db)
            for id in PEOPLE:
                add.add_contact(db, id, first_name=id)
            version = add.add_questionnaire(db)
            self.version = version
            self.wave = add.add_wave(db, campaign_id=add.add_campaign(db), questionnaire_version_id=version)

    def opens(self, contact_id: str) -> None:
        if len(self.tasks) >= 6:
            return
        with self.database.begin() as db:
            id = add.add_follow_up(db, f"detractor:{len(self.tasks)}", contact_id=contact_id, opened_at=self.now)
        self.tasks[id] = {"owner": "csm-1", "closed": "", "due": NOW, "who": contact_id}

    def _change(self, place: int, **values: Any) -> int | None:
        if place >= len(self.tasks):
            return None
        id = list(self.tasks)[place]
        with self.database.begin() as db:
            db.execute(update(schema.follow_up).where(schema.follow_up.c.id == id).values(**values))
        return id

    def moves(self, to: tuple[int, str]) -> None:
        closed = to[1] == "resolved"
        id = self._change(to[0], state=to[1], resolved_at=self.now if closed else None)
        if id is not None:
            self.tasks[id]["closed"] = "1" if closed else ""

    def owner(self, to: tuple[int, str | None]) -> None:
        id = self._change(to[0], owner_csm_id=to[1])
        if id is not None:
            self.tasks[id]["owner"] = to[1]

    def due(self, to: tuple[int, int]) -> None:
        moment = NOW + timedelta(days=to[1])
        id = self._change(to[0], contact_by=moment)
        if id is not None:
            self.tasks[id]["due"] = moment

    def answers(self, said: tuple[str, int]) -> None:
        self.now += timedelta(seconds=1)
        with self.database.begin() as db:
            self.asked += 1
            address = f"{said[0]}+{self.asked}@x.example"
            invitation = add.add_invitation(
                db, wave_id=self.wave, contact_id=said[0], sent_at=self.now, address=address
            )
            add.add_response(
                db,
                invitation_id=invitation,
                questionnaire_version_id=self.version,
                score=said[1],
                submitted_at=self.now,
            )
        self.scores[self.winner.get(said[0], said[0])] = (self.now, said[1])

    def merges(self, loser: str) -> None:
        if loser in self.winner:
            return
        with self.database.begin() as db:
            db.execute(insert(schema.alias).values(kind="contact", loser_id=loser, winner_id="con-1"))
            db.execute(update(schema.contact).where(schema.contact.c.id == loser).values(state="merged"))
        self.winner[loser] = "con-1"
        found = [self.scores[id] for id in (loser, "con-1") if id in self.scores]
        self.scores.pop(loser, None)
        self.crm.fields.pop(loser, None)  # as in a CRM that merges
        if found:
            self.scores["con-1"] = max(found)

    def waits(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def runs_in(self, mood: tuple[str, int]) -> None:
        kind, after = mood
        self.crm.before = raising(TryLater("down")) if kind == Mood.DOWN else quiet
        if kind == Mood.UNREADABLE:
            self.crm.after = raising(GiveUp("unreadable"))
        taken = 0

        def say(write: Write) -> Wrote | None:
            nonlocal taken
            taken += 1
            if kind == Mood.DIES and taken > after:
                raise Killed
            if kind in (Mood.LOCKED, Mood.REFUSES) and taken % 2:
                return Wrote(write.key, done=False, again=kind == Mood.LOCKED, why=kind)
            return None

        self.crm.say = say
        self.runs += 1
        with suppress(Killed):
            write_back(self.database, self.crm, ALL, base_url=BASE, now=self.now, holder=f"run {self.runs}")
        self.crm.before = self.crm.after = quiet
        self.now += timedelta(minutes=6)  # longer than a killed run's lease

    def settle(self) -> None:
        """Everything refused is tried again by a person, everything that failed comes round."""
        self.now += timedelta(hours=25)
        with self.database.begin() as db:
            written_back.try_again(db, key=None, now=self.now)
        self.runs_in((Mood.WELL, 0))

    def expected_tasks(self, before: dict[str, str]) -> dict[str, tuple[str, str, str, str]]:
        """By key: owner, closed, day, person. Without an owner a task stays as the last one had it."""
        found = {}
        for id, task in self.tasks.items():
            key = f"followup:{id}"
            owner = task["owner"] or before.get(key)
            if owner is not None:
                day = (task["due"]).date().isoformat()
                found[key] = (owner, task["closed"], day, self.winner.get(task["who"], task["who"]))
        return found


def quiet() -> None:
    return None


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


# The same sequences in every run.
@settings(max_examples=15, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("opens", "con-1"), ("runs", (Mood.DIES, 1)), ("moves", (0, "resolved")), ("runs", (Mood.WELL, 0))])
@example(steps=[("opens", "con-1"), ("runs", (Mood.UNREADABLE, 0)), ("owner", (0, None)), ("runs", (Mood.REFUSES, 0))])
@example(steps=[("opens", "con-1"), ("runs", (Mood.WELL, 0)), ("owner", (0, None)), ("moves", (0, "resolved"))])
@example(steps=[("answers", ("con-3", 4)), ("runs", (Mood.DIES, 0)), ("merges", "con-3"), ("answers", ("con-1", 9))])
def test_the_crm_ends_as_our_state_says_and_no_key_has_two_tasks(database: Database, steps: list[Step]) -> None:
    play(database, steps)


@pytest.mark.parametrize("mood", [(Mood.UNREADABLE, 0), (Mood.DIES, 0), (Mood.DIES, 1)])
def test_a_task_taken_without_a_word_follows_its_case_when_its_owner_is_gone(
    sqlite: Database, mood: tuple[str, int]
) -> None:
    play(sqlite, [("opens", "con-1"), ("runs", mood), ("owner", (0, None)), ("due", (0, 1))])


def play(database: Database, steps: list[Step]) -> None:
    """Every step, and then what the CRM says beside what it should."""
    story = Story(database)
    story.begin()
    story.runs_in((Mood.WELL, 0))  # the switches are on from here
    for name, value in steps:
        (story.runs_in if name == "runs" else getattr(story, name))(value)
        story.crm.by_key()
    owners = {task["key"]: task["owner_id"] for task in story.crm.tasks.values()}
    story.settle()
    tasks = {
        key: (task["owner_id"], task["closed"], task["due_on"], task["contact_id"])
        for key, task in story.crm.by_key().items()
    }
    assert tasks == story.expected_tasks(owners)
    assert story.crm.fields == {
        id: {
            "Last_Asked__c": at.date().isoformat(),
            "Last_Answered__c": at.date().isoformat(),
            "Score__c": str(score),
        }
        for id, (at, score) in story.scores.items()
    }
    assert list(rehearse(database, ALL, base_url=BASE, now=story.now)) == []
