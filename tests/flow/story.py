"""One wave from the CRM export to the closed loop, played once; the tests ask what happened.

The clock stands still until the story sets it. Everything else is real: the installation, the sync,
the mail server, the site, and (where there is Chromium) the browser in which people answer.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
from sqlalchemy import Connection, func, select

from tests.browser.serving import served
from tests.delivery.world import free_port, serving
from tests.flow import post
from tests.flow.hands import Hands, Pause
from tests.flow.post import Mail, Post
from tests.web.people import PASSWORD_HASH
from voc import app as wiring
from voc import jobs
from voc.accounts import run as accounts
from voc.accounts import store as book
from voc.accounts.model import SyncReport
from voc.base import preferences, schema, staff
from voc.base.access import TERMINAL, Viewer
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.words import InboundKind, Scope, StaffRole
from voc.campaigns import questionnaire
from voc.campaigns import run as campaigns
from voc.campaigns.model import Candidate
from voc.campaigns.rehearsal import Rehearsal
from voc.delivery import run as delivery
from voc.followup import store as cases
from voc.followup.model import FollowUp
from voc.metrics import run as metrics
from voc.metrics.pages import ScopeFigures
from voc.stakeholders import run as stakeholders
from voc.web.asgi import create
from voc.web.context import App

EXPORTS = Path(__file__).parents[1] / "accounts" / "crm-sample"
BEGINS = datetime(2026, 3, 2, 6, tzinfo=UTC)
ANSWERING = datetime(2026, 3, 5, 13, tzinfo=UTC)  # a Thursday: the first invitations are there
MANAGER = "0055f00000PKKLIAA5"
LEADER, ADMIN = "leader@vendor.example", "admin@vendor.example"
TRIAL = "trial@vendor.example"
BY = "Clara Wendt"
COMPLAINT = "The export loses rows every month, and nobody calls back."
UNTOUCHED = "Three outages in a quarter."


@dataclass
class Story:
    """What happened, in the order in which it did."""

    app: App
    post: Post
    site: str = ""
    owner: Viewer = TERMINAL  # the CSM whose customers answer
    owner_address: str = ""
    trial: list[Mail] = field(default_factory=list)
    first_sync: SyncReport | None = None
    excluded: list[Candidate] = field(default_factory=list)
    rehearsal: Rehearsal | None = None
    written_by_rehearsal: dict[str, int] = field(default_factory=dict)
    wave_id: int = 0
    cast: dict[str, Mail] = field(default_factory=dict)  # who got which invitation
    headings: dict[str, str] = field(default_factory=dict)
    after_gateway: dict[str, int] = field(default_factory=dict)
    received: dict[str, InboundKind | None] = field(default_factory=dict)
    acted_at: dict[str, datetime] = field(default_factory=dict)
    opened: dict[str, FollowUp] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    frozen: dict[tuple[Scope, str], ScopeFigures] = field(default_factory=dict)
    second_sync: SyncReport | None = None

    @property
    def clock(self) -> SetClock:
        return cast("SetClock", self.app.clock)

    def travel(self, to: datetime) -> None:
        relays = wiring.relays(self.app)
        try:
            jobs.travel(self.app, relays, to=to, report=lambda _what, _done, _total: None)
        finally:
            for relay in relays:
                relay.close()

    def pass_time(self, by: timedelta) -> None:
        """Nothing is done meanwhile."""
        self.clock.advance(by)

    def counts(self) -> dict[str, int]:
        return counts(self.app.database)

    def figures(self, scope: Scope) -> dict[tuple[Scope, str], ScopeFigures]:
        with self.app.database.read() as db:
            found = metrics.figures(db, scope=scope, now=self.app.now())
        return {(one.scope, one.id): one for one in found}

    def cases(self) -> list[FollowUp]:
        with self.app.database.read() as db:
            return cases.listing(db, TERMINAL, now=self.app.now(), preferences=preferences.load(db))


def counts(database: Database) -> dict[str, int]:
    with database.read() as db:
        return {
            table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


# --- the chapters -------------------------------------------------------------------------------


@contextmanager
def played(folder: Path, hands_of: Callable[[Pause, ExitStack], Hands]) -> Iterator[Story]:
    """The whole story; the site stays open until the tests are done."""
    sink = Post()
    with ExitStack() as stack:
        mail_port, port = stack.enter_context(serving(sink)), free_port()
        story = Story(_installed(folder / "here", mail_port=mail_port, port=port), sink)
        stack.callback(story.app.database.close)
        sink.clock = story.clock
        _read_the_crm(story)
        _try_in_test_mode(story, folder / "trial")
        _launch(story)
        story.travel(ANSWERING)
        story.site = stack.enter_context(served(create(story.app), port=port))
        hands = hands_of(lambda: story.pass_time(timedelta(minutes=3)), stack)
        _choose_the_cast(story)
        _let_the_gateway_look(story)
        _let_people_answer(story, hands)
        _let_mails_come_back(story)
        _close_the_loop(story, hands)
        _reach_the_due_dates(story)
        _read_the_crm_again(story)
        yield story


def _installed(folder: Path, *, mail_port: int, port: int) -> App:
    wishes = wiring.Wishes(
        "Kestrel Works",
        base_url=f"http://127.0.0.1:{port}",
        port=port,
        from_address="feedback@vendor.example",
        mail_port=mail_port,
        authenticated_domains=("vendor.example",),
    )
    wiring.make(folder, wishes, now=BEGINS, moment=BEGINS).database.close()
    settings = folder / "voc.toml"
    settings.write_text(settings.read_text("utf-8").replace("per_second = 20", "per_second = 10000"), "utf-8")
    return wiring.open_app(folder)


def _read_the_crm(story: Story) -> None:
    app = story.app
    source = accounts.open_source(f"csv:{EXPORTS / 'day1'}")
    story.first_sync = accounts.sync(app.database, source, as_of=date(2026, 3, 2), now=BEGINS)
    with app.database.begin() as db:
        stakeholders.catch_up(db, BEGINS)
        for csm in book.csms(db, TERMINAL):
            if csm.active and csm.email and csm.title == "Customer Success Manager":
                _let_in(story, db, csm.email, csm.name, StaffRole.CSM, csm.id)
            elif csm.id == MANAGER:
                _let_in(story, db, str(csm.email), csm.name, StaffRole.LEAD, csm.id)
        _let_in(story, db, LEADER, "Marcus Oyelaran", StaffRole.LEADER)
        _let_in(story, db, ADMIN, BY, StaffRole.ADMIN)


def _let_in(story: Story, db: Connection, address: str, name: str, role: StaffRole, csm_id: str | None = None) -> None:

    added = staff.add(db, email=address, name=name, role=role, csm_id=csm_id, by=BY, now=BEGINS)
    token = staff.invite(db, added, tokens=story.app.tokens, by=BY, now=BEGINS)
    staff.accept(db, token, password_hash=PASSWORD_HASH, now=BEGINS)


def _try_in_test_mode(story: Story, folder: Path) -> None:
    """A copy of the installation, as it is made: it may mail one address only."""
    here = Path(story.app.settings.secret_key_file).parent
    story.app.database.close()
    shutil.copytree(here, folder)
    trial = Story(wiring.open_app(folder), story.post)
    with trial.app.database.begin() as db:
        preferences.change(db, {"test_address": TRIAL}, actor=BY, now=BEGINS)
    story.post.clock = trial.clock
    _start_the_wave(trial)
    trial.travel(BEGINS + timedelta(days=1))
    trial.app.database.close()
    story.trial, story.post.mails, story.post.clock = story.post.mails, [], story.clock


def _files(story: Story) -> dict[str, str]:
    return questionnaire.read_folder(story.app.questionnaires, "relationship")


def _start_the_wave(story: Story) -> None:
    with story.app.database.begin() as db:
        story.wave_id = campaigns.launch(
            db,
            campaign="relationship",
            questionnaire_files=_files(story),
            label="Relationship, March 2026",
            by=BY,
            now=story.app.now(),
        )


def _rehearsed(story: Story) -> Rehearsal:
    with story.app.database.read() as db:
        return campaigns.rehearse(db, campaign="relationship", questionnaire_files=_files(story), now=story.app.now())


def _launch(story: Story) -> None:
    app = story.app
    asked = _rehearsed(story).asked
    story.excluded = [asked[0].candidate, asked[-1].candidate]
    with app.database.begin() as db:
        preferences.change(db, {"test_mode": False}, actor=BY, now=BEGINS)
        for one in story.excluded:
            stakeholders.exclude(
                db,
                account_id=one.account_id,
                contact_id=one.contact_id,
                reason="Merger",
                expires_on=date(2026, 6, 1),
                viewer=TERMINAL,
                now=BEGINS,
            )
    before = story.counts()
    story.rehearsal = _rehearsed(story)
    story.written_by_rehearsal = {name: count - before[name] for name, count in story.counts().items()}
    _start_the_wave(story)


def _choose_the_cast(story: Story) -> None:
    """Somebody of each fate, all customers of the CSM with the most invitations, each at another account."""
    by_sender: dict[str, list[Mail]] = {}
    for mail in story.post.mails:
        if mail.asks:
            by_sender.setdefault(mail.sender, []).append(mail)
    story.owner_address = max(sorted(by_sender), key=lambda sender: len(by_sender[sender]))
    with story.app.database.read() as db:
        person = staff.by_email(db, story.owner_address)
    story.owner = Viewer(person.id, person.name, person.role, person.csm_id)
    domains: dict[str, Mail] = {}
    for mail in by_sender[story.owner_address]:
        domains.setdefault(mail.recipient.rpartition("@")[2], mail)
    roles = ("phone", "desktop", "never", "untouched", "bounced", "left")
    assert len(domains) >= len(roles), sorted(domains)
    story.cast = dict(zip(roles, domains.values(), strict=False))


def _let_the_gateway_look(story: Story) -> None:
    """It asks for every link of every invitation of these customers, twice, within a second."""
    before = story.counts()
    with httpx.Client(headers={"User-Agent": "MailGuard/4.2"}, timeout=30) as gateway:
        for mail in [mail for mail in story.post.mails if mail.asks and mail.sender == story.owner_address]:
            for link in mail.links:
                assert gateway.head(link).status_code == 200, link
                assert gateway.get(link).status_code == 200, link
    story.after_gateway = {name: count - before[name] for name, count in story.counts().items()}
    story.pass_time(timedelta(minutes=10))


def _let_people_answer(story: Story, hands: Hands) -> None:
    cast = story.cast
    story.headings["phone"] = hands.answer(cast["phone"].link(3), score=3, why=COMPLAINT, phone=True)
    story.acted_at["phone"] = story.app.now()
    story.headings["desktop"] = hands.answer(
        cast["desktop"].link(9), score=9, why="Your people.", consents=["reference"]
    )
    story.headings["never"] = hands.never_again(cast["never"].link(5))
    story.headings["untouched"] = hands.answer(cast["untouched"].link(2), score=2, why=UNTOUCHED)
    for who in ("desktop", "never", "untouched"):
        story.acted_at[who] = story.app.now()


def _let_mails_come_back(story: Story) -> None:
    app, now = story.app, story.app.now()
    left = story.cast["left"]
    heir = f"simon.achebe@{left.recipient.rpartition('@')[2]}"
    letters = {
        "bounced": post.bounced(story.cast["bounced"], at=now),
        "left": post.gone(left, successor="Simon Achebe", successor_address=heir, at=now),
    }
    for who, raw in letters.items():
        story.received[who] = delivery.receive(
            app.database, raw, now=now, vault=app.vault, tokens=app.tokens, settings=app.settings
        )
        story.acted_at[who] = now


def _close_the_loop(story: Story, hands: Hands) -> None:
    """The CSM works the first case at once and leaves the second one alone."""
    story.travel(story.app.now() + timedelta(minutes=1))
    story.opened = {str(case.words): case for case in story.cases()}
    path = f"/follow-ups/{story.opened[COMPLAINT].id}"
    desk = hands.enter(story.site, story.owner_address)
    story.pass_time(timedelta(minutes=30))
    story.steps["acknowledge"] = desk.press(path, "acknowledge")
    story.pass_time(timedelta(minutes=40))
    story.steps["contact"] = desk.press(path, "contact", note="Called. The nightly export is the trouble.")
    story.travel(datetime(2026, 3, 10, 12, tzinfo=UTC))
    desk = hands.enter(story.site, story.owner_address)
    story.steps["resolve"] = desk.press(path, "resolve", cause="product", note="The export is mended in 4.2.")
    story.travel(datetime(2026, 3, 12, 12, tzinfo=UTC))
    desk = hands.enter(story.site, story.owner_address)
    story.steps["confirm"] = desk.press(path, "confirm", note="Agreed on the phone.")


def _reach_the_due_dates(story: Story) -> None:
    assert story.rehearsal is not None
    assert story.rehearsal.totals.closes_at is not None
    story.travel(story.rehearsal.totals.closes_at + timedelta(days=2))


def _read_the_crm_again(story: Story) -> None:
    app = story.app
    story.frozen = {**story.figures(Scope.CSM), **story.figures(Scope.TOTAL)}
    source = accounts.open_source(f"csv:{EXPORTS / 'day2'}")
    story.second_sync = accounts.sync(app.database, source, as_of=date(2026, 3, 3), now=app.now())
    with app.database.begin() as db:
        stakeholders.catch_up(db, app.now())
