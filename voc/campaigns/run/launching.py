"""Launching a wave: the census frozen with its reasons, and everybody's first step.

    everybody, by the database -> whom something speaks against, by the rules -> one row of each address
    -> first steps, account by account -> the wave and its rows, portion by portion

Nothing of it holds more than a portion of the people in memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection

from voc.base import audit, leases
from voc.base import clock as clocks
from voc.base.clock import Clock
from voc.base.db import Database, Workbench
from voc.base.errors import Refused
from voc.campaigns import census, planning
from voc.campaigns.countries import country_code
from voc.campaigns.model import NotAsked, WaveState
from voc.campaigns.planning import Colleagues, FirstSteps
from voc.campaigns.run import drafts
from voc.campaigns.run.drafts import Draft
from voc.campaigns.store import candidates, draft_tables, drafting, launches, occasions, programmes
from voc.campaigns.store.drafting import Reach
from voc.campaigns.store.launches import Drafted
from voc.stakeholders import store as stakeholders

One = TypeVar("One")
Report = Callable[[str, int, int | None], None]
_TURN = timedelta(minutes=10)
_A_MOMENT = 0.4  # seconds
_REST = 0.12
_IN_DOUBT = 1_000  # looked at together
_WRITTEN = 5_000  # people frozen together: a fraction of a second


class NobodyToAsk(Refused):
    """Nothing else speaks against the launch: nobody of the census may be asked."""


@dataclass(frozen=True)
class Order:
    """What somebody launches. A language that nobody has reviewed is used only if it is in `accept_languages`."""

    campaign: str
    questionnaire_files: Mapping[str, str]
    label: str
    by: str
    accept_languages: Collection[str] = ()


def launch(
    db: Connection,
    *,
    campaign: str,
    questionnaire_files: Mapping[str, str],
    label: str,
    by: str,
    now: datetime,
    accept_languages: Collection[str] = (),
) -> int:
    """Freeze the census with its reasons and plan everybody's first step; returns the wave's id.

    Refused on CRM data that is missing or too old, while another wave of the campaign is open, when
    nobody would be asked, and for mistakes in the questionnaire. Nothing is written then. A language that
    nobody has reviewed is used only if it is among `accept_languages`; who accepted it is in the audit log.
    All in one transaction: where others write too, `launch_in_portions` keeps nobody waiting.
    """
    order = Order(campaign, questionnaire_files, label, by, accept_languages)
    programmes.lock_campaign(db, programmes.campaign_by_name(db, campaign).id)
    draft, size = _draw_up(db, order, now=now)
    wave_id = _add_wave(db, draft, order, state=WaveState.RUNNING)
    for after in range(0, size.census, _WRITTEN):
        launches.freeze(db, wave_id, after=after, until=after + _WRITTEN)
    draft_tables.clear_away(db)
    _audit(db, draft, order, wave_id, size)
    return wave_id


def launch_in_portions(
    database: Database, order: Order, *, clock: Clock, holder: str, report: Report | None = None
) -> int:
    """The same for a company of any size while others write: no transaction lasts longer than a moment.

    Until the last one the wave is being planned, and neither sent nor counted. One that was killed is
    taken back by the next launch or by a worker; any other end takes it back itself. `holder` names this process.
    """
    now = clock.now()
    with database.begin() as db:
        campaign_id = programmes.campaign_by_name(db, order.campaign).id
        turn = _Turn(launches.turn_of(campaign_id), holder)
        if not turn.taken(db, now=now):
            raise Refused("Somebody is launching this campaign just now. Look at its waves in a few minutes.")
        left = launches.half_launched(db, campaign_id)
    try:
        _take_back(database, left, turn, clock=clock)
        return _launch_in_portions(database, order, turn, clock=clock, report=report or _quiet)
    finally:
        with database.begin() as db:
            turn.end(db, now=clock.now())


def take_back_left(database: Database, *, clock: Clock, holder: str) -> int:
    """Take back what launches left whose process is gone; how many. One under way is left alone."""
    taken = 0
    with database.read() as db:
        campaigns = launches.half_launched_anywhere(db)
    for campaign_id in campaigns:
        turn = _Turn(launches.turn_of(campaign_id), holder)
        with database.begin() as db:
            left = launches.half_launched(db, campaign_id) if turn.taken(db, now=clock.now()) else []
        try:
            _take_back(database, left, turn, clock=clock)
            taken += len(left)
        finally:
            with database.begin() as db:
                turn.end(db, now=clock.now())
    return taken


def _launch_in_portions(database: Database, order: Order, turn: "_Turn", *, clock: Clock, report: Report) -> int:
    with database.workbench() as bench:
        with bench.look() as db:
            draft, size = _draw_up(db, order, now=clock.now(), report=report)
        with bench.begin() as db:
            turn.keep(db, now=clock.now())
            programmes.lock_campaign(db, draft.campaign.id)
            _check(db, draft, anybody=True)
            wave_id = _add_wave(db, draft, order, state=WaveState.PLANNING)
        try:
            _freeze(bench, wave_id, size, turn, pace=_Pace(alone=database.sqlite), clock=clock, report=report)
            with bench.begin() as db:
                turn.keep(db, now=clock.now())
                launches.set_running(db, wave_id)
                _audit(db, draft, order, wave_id, size)
        except BaseException:  # Ctrl-C too
            _take_back(database, [wave_id], turn, clock=clock)
            raise
    return wave_id


def _freeze(
    bench: Workbench, wave_id: int, size: "Size", turn: "_Turn", *, pace: "_Pace", clock: Clock, report: Report
) -> None:
    written = 0
    while written < size.census:
        with pace.step(), bench.begin() as db:
            turn.keep(db, now=clock.now())
            launches.freeze(db, wave_id, after=written, until=written + pace.people)
            written += pace.people
        report("Census and first steps", min(written, size.census), size.census)


def _take_back(database: Database, wave_ids: Iterable[int], turn: "_Turn", *, clock: Clock) -> None:
    """What a launch left that did not come to its end.

    Not where somebody else has had the turn since: they did it, and on SQLite their wave may have the same number.
    """
    for wave_id in wave_ids:
        over, pace = False, _Pace(alone=database.sqlite)
        while not over:
            with pace.step(), database.begin() as db:
                if not turn.kept(db, now=clock.now()):
                    return
                over = launches.take_back(db, wave_id, limit=pace.people)


@dataclass
class _Turn:
    """One launch of a campaign at a time, by a lease that ends by itself when its process is gone."""

    lease: str
    holder: str
    fence: int | None = None

    def taken(self, db: Connection, *, now: datetime) -> bool:
        self.fence = leases.take(db, self.lease, holder=self.holder, now=now, lasts=_TURN)
        return self.fence is not None

    def kept(self, db: Connection, *, now: datetime) -> bool:
        """For some minutes more; False if somebody else has had it since."""
        return self.fence is not None and leases.keep(db, self.lease, fence=self.fence, now=now, lasts=_TURN)

    def keep(self, db: Connection, *, now: datetime) -> None:
        """Refused if somebody else has had it since: what we began is gone."""
        if not self.kept(db, now=now):
            raise Refused("This launch stood still for too long, and somebody began it anew.")

    def end(self, db: Connection, *, now: datetime) -> None:
        if self.fence is not None:
            leases.release(db, self.lease, fence=self.fence, now=now)


@dataclass
class _Pace:
    """How many people are written at a time.

    Where there is one writer (`alone`), so many that a transaction lasts about `_A_MOMENT`, also where work is
    slow, and a rest after each: who waits there looks every tenth of a second whether the turn is theirs.
    Elsewhere nobody waits, and a portion reads the contacts as a whole: few large ones.
    """

    alone: bool
    people: int = 2_000

    def __post_init__(self) -> None:
        if not self.alone:
            self.people = 100_000

    @contextmanager
    def step(self) -> Iterator[None]:
        began = clocks.seconds()
        yield
        if not self.alone:
            return
        took = max(clocks.seconds() - began, 0.001)
        self.people = max(500, min(20_000, self.people * 2, int(self.people * _A_MOMENT / took)))
        clocks.pause(_REST)


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    pass


def _draw_up(db: Connection, order: Order, *, now: datetime, report: Report = _quiet) -> tuple[Draft, "Size"]:
    """The draft in its tables, and everything checked."""
    if not order.label.strip():
        raise Refused("Give the wave a name, such as Relationship, December 2026", field="label")
    accept = order.accept_languages
    draft = drafts.draft(db, campaign=order.campaign, files=order.questionnaire_files, now=now, accepted=accept)
    _accepted(draft, accept)
    _check(db, draft, anybody=True)  # before the work
    size = draw_up(db, draft, report)
    _check(db, draft, anybody=size.asked > 0)
    return draft, size


def _check(db: Connection, draft: Draft, *, anybody: bool) -> None:
    refusals = drafts.why_not_launch(db, draft, anybody=anybody)
    if refusals:
        only_that = not anybody and not drafts.why_not_launch(db, draft, anybody=True)
        raise (NobodyToAsk if only_that else Refused)(" ".join(refusals))


def _accepted(draft: Draft, accept: Collection[str]) -> list[str]:
    """The unreviewed languages that are used all the same. Refused if none is left to write in."""
    unreviewed = draft.unreviewed
    accepted = sorted(set(accept) & set(unreviewed))
    if len(unreviewed) == len(draft.questionnaire.languages) and not accepted:
        raise Refused(
            f"Nobody has reviewed {' or '.join(unreviewed.values())} in this questionnaire. Accept a language by name, "
            "or set reviewed_by in questionnaire.toml",
            field="accept",
        )
    return accepted


def _add_wave(db: Connection, draft: Draft, order: Order, *, state: WaveState) -> int:
    version_id = launches.keep_questionnaire(
        db,
        name=draft.questionnaire.name,
        hash=draft.questionnaire.hash,
        files=order.questionnaire_files,
        now=draft.now,
    )
    wave_id = launches.add_wave(
        db,
        campaign_id=draft.campaign.id,
        questionnaire_version_id=version_id,
        label=order.label.strip(),
        settings=draft.rules.settings,
        state=state,
        by=order.by,
        now=draft.now,
    )
    occasions.take_up(db, draft.campaign.id, draft.happened or (), wave_id=wave_id, now=draft.now)
    return wave_id


def _audit(db: Connection, draft: Draft, order: Order, wave_id: int, size: "Size") -> None:
    counts: dict[str, Any] = {
        "campaign": draft.campaign.name,
        "label": order.label.strip(),
        "census": size.census,
        "asked": size.asked,
    }
    if draft.rules.settings.confidential:
        counts["confidential"] = True
    if draft.happened is not None:
        counts["about"] = [one.key for one in draft.happened]
    if accepted := _accepted(draft, order.accept_languages):
        counts["languages accepted unreviewed"] = accepted
    audit.record(
        db, at=draft.now, actor=order.by, action="wave launched", object_kind="wave", object_id=wave_id, detail=counts
    )


# --- the draft ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """How many people a draft has, and how many of them are asked."""

    census: int
    asked: int


def draw_up(db: Connection, draft: Draft, report: Report = _quiet) -> Size:
    """Fill the draft's tables: everybody, who is not asked and why, and the first steps of the others."""
    draft_tables.set_up(db)
    steps = FirstSteps(draft.rules, now=draft.now)
    required = {segment: [one.role for one in needed] for segment, needed in stakeholders.role_matrix(db).items()}
    roles = drafting.roles_asked(required, draft.asking.roles)
    report("Everybody to be asked", 0, None)
    people = drafting.collect(
        db,
        roles=roles,
        priority=draft.asking.priority,
        reach=_reach(db, draft),
        now=draft.now,
        accounts=draft.accounts,
    )
    report("Everybody to be asked", people, people)
    _decide(db, draft, steps)
    _ask_once(db)
    asked = _plan(db, draft, steps, lambda done: report("First steps", done, people))
    return Size(people, asked)


def _reach(db: Connection, draft: Draft) -> Reach:
    limits, default = draft.rules.limits, draft.wanted.default_country
    codes = {text: country_code(text) or default for text in drafting.countries(db)}
    first_on, last_on = planning.first_invitations(draft.rules, {*codes.values(), default}, now=draft.now)
    return Reach(
        first_on,
        last_on,
        rest=timedelta(days=limits.days),
        renewal_pause=timedelta(days=limits.renewal_pause_days),
        consent_countries=tuple(text for text, code in codes.items() if code in limits.consent_countries),
    )


def _decide(db: Connection, draft: Draft, steps: FirstSteps) -> None:
    """The rules on everybody of whom something is known that could speak against asking them."""
    limits = draft.rules.limits
    for portion in _portions(drafting.doubted(db), _IN_DOUBT):
        numbers = {(account_id, contact_id): number for number, account_id, contact_id in portion}
        refused = []
        for one in candidates.candidates(db, list(numbers), draft.asking):
            number = numbers.pop((one.account_id, one.contact_id))
            on = steps.invitation_on(one.address, one.time_zone, one.country)
            why_not = census.why_not_ask(one, on=on, limits=limits)
            if why_not is not None:
                refused.append((number, *why_not))
        drafting.refuse(db, refused)
        drafting.forget(db, numbers.values())  # gone since the draft was begun


def _ask_once(db: Connection) -> None:
    for portion in _portions(_asked_elsewhere(db), _IN_DOUBT):
        drafting.refuse(db, portion)


def _asked_elsewhere(db: Connection) -> Iterator[tuple[int, NotAsked, str | None]]:
    """Rows whose address is asked by another row."""
    for _address, same in groupby(drafting.sharing(db), key=lambda found: found[1].address):
        numbers = {candidate: number for number, candidate in same}
        for member in census.one_of(numbers):
            if member.reason is not None:
                yield numbers[member.candidate], member.reason, member.detail


def _plan(db: Connection, draft: Draft, steps: FirstSteps, done: Callable[[int], None]) -> int:
    """Write everybody's first step; how many they are."""
    drafted, asked = Drafted(), 0
    for portion in _portions(_firsts(db, draft, steps, drafted), _WRITTEN):
        launches.keep_firsts(db, portion)
        asked += len(portion)
        done(asked)
    launches.keep_drafted(db, drafted)
    return asked


def _firsts(db: Connection, draft: Draft, steps: FirstSteps, drafted: Drafted) -> Iterator[tuple[int, int, int]]:
    """Person, place and moment of everybody who is asked, by their numbers."""
    gets_heads_up = _lots(db, draft)
    places, moments = drafted.places, drafted.moments
    known: dict[tuple[str, ...], tuple[int, str, str | None]] = {}
    for account_id, people in groupby(drafting.asked(db), key=itemgetter(1)):
        colleagues, heads_up = Colleagues(), gets_heads_up(account_id)
        for number, _account, address, *written in people:
            key = tuple(written)
            if key not in known:
                own_zone, own_country, account_country, language = written
                where = candidates.place_of(own_zone, own_country, account_country, draft.wanted)
                place = (*where, draft.asking.language(language))
                known[key] = (places.setdefault(place, len(places)), *where)
            place_id, zone, country = known[key]
            plan = steps.plan(address, zone, country, colleagues, heads_up=heads_up)
            yield number, place_id, moments.setdefault(plan, len(moments))


def _lots(db: Connection, draft: Draft) -> Callable[[str], bool]:
    """Whether an account gets a heads-up."""
    if draft.share in (0, 1):
        return lambda _account_id: bool(draft.share)
    lots = (census.lot(account_id, draft.seed) for account_id in drafting.asked_accounts(db))
    last = census.last_drawn(lots, share=draft.share)
    return lambda account_id: census.lot(account_id, draft.seed) <= last


def _portions(found: Iterable[One], size: int) -> Iterator[list[One]]:
    rest = iter(found)
    while portion := list(islice(rest, size)):
        yield portion
