"""Twelve months through the real code: the clock jumps to the next moment at which anything is due."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from voc import jobs
from voc.accounts import run as accounts
from voc.base.access import Viewer
from voc.base.clock import SetClock
from voc.base.words import StaffRole
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.delivery.model import Envelope, OwnMessage
from voc.delivery.store import inbox
from voc.demo import answers, company, crm, letters, people
from voc.demo.chance import Chance
from voc.demo.company import Person, World
from voc.demo.csms import Csms
from voc.demo.improving import Forest
from voc.demo.mailbox import DemoRelay, Mailbox
from voc.metrics.cards import months
from voc.metrics.run import cards as scorecards
from voc.stakeholders import run as stakeholders
from voc.web.context import App

Report = Callable[[str, int, int | None], None]

# Three waves, 24 weeks apart; the last one is in flight when the year ends.
LAUNCHES = (date(2025, 12, 3), date(2026, 5, 20), date(2026, 11, 4))
BY_EVENT_FROM = date(2026, 6, 22)  # from here on onboardings and reviews are asked about by themselves
_OF_EVENTS = 1_000  # added to the number of a wave by event: what anybody does in the three large ones stays the same
MEASURED_FROM = date(2026, 9, 7)  # two months of scorecards stand by the end, one of them approved
SLOT = timedelta(minutes=30)
AWAY_BEFORE = timedelta(days=3)  # the end of the year: a Friday afternoon
ENDS_AT = datetime.combine(company.ENDS_ON, time(7, 40), UTC)
STARTS_AT = datetime.combine(company.STARTS_ON, time(6), UTC)


@dataclass(frozen=True)
class Letter:
    """A mail on somebody's desk, with what the outbox knows about it."""

    about: OwnMessage
    person: Person
    return_path: str
    raw: bytes

    def read(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


class Year:
    """Plays the whole year when `play` is called; `report(what, done, total)` hears of each day."""

    def __init__(self, app: App, world: World, mailbox: Mailbox, *, exports: Path, seed: int, report: Report) -> None:
        self._app = app
        self._clock = cast("SetClock", app.clock)
        self._world = world
        self._people = {person.id: person for person in world.people}
        self._relay = DemoRelay(mailbox, app.clock, self._take)
        self._mailbox = mailbox
        self._exports = exports
        self._chance = Chance(seed)
        self._report = report
        self._arrived: list[Envelope] = []
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = 0
        self._waves: dict[int, int] = {}  # of the three large waves, which of them it is
        self._csms = Csms(app, world, self._chance, self._at)
        self._forest = Forest(app, self._chance, self._at)

    def play(self) -> None:
        self._schedule()
        total = (company.ENDS_ON - company.STARTS_ON).days
        while True:
            planned, beat = self._next()
            moment = min(planned, beat)
            if moment > ENDS_AT:
                break
            self._report("Playing twelve months", (moment.date() - company.STARTS_ON).days, total)
            self._clock.set(max(moment, self._clock.now()))
            while self._coming and self._coming[0][0] <= moment:
                heapq.heappop(self._coming)[2]()
            if moment == beat:
                self._send()
        self._clock.set(ENDS_AT)
        self._approve_first_month()
        self._mailbox.flush()

    # --- what is to come --------------------------------------------------------------------------

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._coming, (moment, self._order, act))

    def _next(self) -> tuple[datetime, datetime]:
        """The next planned act, and the next beat at which a mail is due."""
        planned = self._coming[0][0] if self._coming else ENDS_AT + timedelta(days=1)
        return planned, jobs.next_beat(self._app, after=self._clock.now(), slot=SLOT)

    def _schedule(self) -> None:
        """The CRM and the night's figures every four weeks; in the last days daily, as they are in real life."""
        self._forest.schedule()
        day = company.STARTS_ON
        while day <= company.ENDS_ON:
            begins = datetime.combine(day, time(), UTC)
            at_the_end = company.ENDS_ON - day <= timedelta(days=7)
            since = (day - company.STARTS_ON).days
            if since % 28 == 0 or day in LAUNCHES or at_the_end:
                self._at(begins + timedelta(hours=2), self._sync)
            if since % 28 == 0 or company.ENDS_ON - day <= timedelta(days=2):
                self._at(begins + timedelta(hours=jobs.NIGHT_HOUR), self._nightly)
            if day in LAUNCHES:
                self._at(begins + timedelta(hours=8), self._launch)
            if day == BY_EVENT_FROM:
                self._at(begins + timedelta(hours=9), self._ask_by_event)
            if company.ENDS_ON - day == AWAY_BEFORE:
                self._at(begins + timedelta(hours=15), self._csms.name_a_deputy)
            if day == MEASURED_FROM:
                self._at(begins + timedelta(hours=9), self._measure)
            if day.weekday() < 5:
                asking = any(timedelta() <= day - launch <= timedelta(days=40) for launch in LAUNCHES)
                for hour in (7, 14) if asking else (14,):
                    self._at(begins + timedelta(hours=hour, minutes=15), self._follow_up)
            if day.weekday() == 4 and day.isocalendar().week % 4 == 0:
                self._at(begins + timedelta(hours=13), self._csms.keep_teams)
            day += timedelta(days=1)

    # --- the product's own work -------------------------------------------------------------------

    def _sync(self) -> None:
        now = self._clock.now()
        folder = crm.export(self._world, self._exports, now.date())
        source = accounts.open_source(f"csv:{folder}")
        accounts.sync(self._app.database, source, as_of=now.date(), now=now)
        with self._app.database.begin() as db:
            stakeholders.catch_up(db, now)

    def _nightly(self) -> None:
        jobs.launch_by_event(self._app, self._relay, self._clock.now())
        jobs.nightly(self._app, self._relay, self._clock.now())
        self._forest.read()

    def _follow_up(self) -> None:
        jobs.follow_up(self._app, self._relay, self._clock.now())
        self._csms.take_new_cases()

    def _launch(self) -> None:
        now = self._clock.now()
        files = questionnaires.read_folder(self._app.questionnaires, "relationship")
        with self._app.database.begin() as db:
            wave_id = campaigns.launch(
                db,
                campaign="relationship",
                questionnaire_files=files,
                label=f"Relationship, {now:%B %Y}",
                by="Clara Wendt",
                now=now,
            )
        self._waves[wave_id] = len(self._waves) + 1

    def _ask_by_event(self) -> None:
        """The CRM is read every four weeks here: what happened since is asked about."""
        with self._app.database.begin() as db:
            for name in ("onboarding", "post-review"):
                values = {"on": True, "occasion_days": 28}
                campaigns.change_settings(db, name, values, by="Clara Wendt", now=self._clock.now())

    def _measure(self) -> None:
        """The programme owner takes two of the scorecards that ship over, each as it is."""
        with self._app.database.begin() as db:
            for name in ("engagement", "monthly-plan"):
                scorecards.use(db, name, by="Clara Wendt", now=self._clock.now())

    def _approve_first_month(self) -> None:
        """The leader has approved September; October waits."""
        marcus = Viewer(None, "Marcus Oyelaran", StaffRole.LEADER)
        september = months.month_of(MEASURED_FROM)
        with self._app.database.begin() as db:
            for name in ("engagement", "monthly-plan"):
                scorecards.approve(db, name, september, revision=1, viewer=marcus, now=self._clock.now())

    def _send(self) -> None:
        jobs.drain(self._app, self._relay, self._clock.now())
        self._mailbox.flush()
        arrived, self._arrived = self._arrived, []
        for envelope in arrived:
            if (letter := self._opened(envelope)) is not None:
                self._react(letter)

    # --- the stand-ins ----------------------------------------------------------------------------

    def _take(self, envelope: Envelope) -> None:
        self._arrived.append(envelope)

    def _opened(self, envelope: Envelope) -> Letter | None:
        """Mail to customers; what goes to our own people stays unread here."""
        with self._app.database.read() as db:
            about = inbox.by_return_path(db, [envelope.return_path.lower()])
        if about is None or about.contact_id not in self._people:
            return None
        person = self._people[about.contact_id]
        return Letter(about, person, envelope.return_path, envelope.mime)

    def _react(self, letter: Letter) -> None:
        if letter.about.step is None or letter.about.wave_id is None:
            return
        now = self._clock.now()
        wave = self._number_of(letter.about.wave_id)
        decided = people.reactions(self._chance, letter.person, step=letter.about.step, wave_id=wave, at=now)
        for reaction in decided:
            self._at(reaction.at, lambda act=reaction.act: self._do(act, letter))  # type: ignore[misc]  # binds act now

    def _number_of(self, wave_id: int) -> int:
        return self._waves.get(wave_id, _OF_EVENTS + wave_id)

    def _do(self, act: people.Act, letter: Letter) -> None:
        now, person, about = self._clock.now(), letter.person, letter.about
        return_path, message_id = letter.return_path, about.message_id
        match act:
            case people.Act.BOUNCE:
                self._receive(letters.bounce(person, return_path=return_path, message_id=message_id, at=now))
            case people.Act.SAYS_LEFT:
                self._receive(letters.says_left(person, return_path=return_path, message_id=message_id, at=now))
            case people.Act.AWAY:
                wave = self._number_of(about.wave_id or 0)
                until = now.date() + timedelta(days=self._chance.whole(3, 12, "away", person.id, wave))
                self._receive(letters.away(person, until, return_path=return_path, message_id=message_id, at=now))
            case people.Act.WRITES_BACK:
                mime = letter.read()
                to = str(mime["Reply-To"] or mime["From"])
                self._receive(letters.writes_back(person, to=to, subject=about.subject, message_id=message_id, at=now))
            case _:
                self._at_the_browser(act, letter, now)

    def _at_the_browser(self, act: people.Act, letter: Letter, now: datetime) -> None:
        token = answers.token_of(letter.read(), self._app.settings)
        if token is None or letter.about.wave_id is None:
            return
        if act == people.Act.GATEWAY:
            answers.look(self._app, token, person=letter.person, now=now)
        elif act in (people.Act.ANSWER, people.Act.STARTS_AND_STOPS):
            answers.answer(
                self._app,
                self._chance,
                token,
                person=letter.person,
                wave_id=self._number_of(letter.about.wave_id),
                now=now,
                recovered=self._csms.was_helped(letter.person.id),
                sends=act == people.Act.ANSWER,
            )
        else:
            answers.decline(self._app, act, token, person=letter.person, now=now)

    def _receive(self, raw: bytes) -> None:
        app = self._app
        delivery.receive(
            app.database, raw, now=self._clock.now(), vault=app.vault, tokens=app.tokens, settings=app.settings
        )
