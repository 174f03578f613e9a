"""The draft: everybody, whom something speaks against, and the first steps of the others.

Nothing of it holds more than a portion of the people in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection

from voc.campaigns import census, planning
from voc.campaigns.countries import country_code
from voc.campaigns.model import NotAsked
from voc.campaigns.planning import Colleagues, FirstSteps
from voc.campaigns.run.drafts import Draft
from voc.campaigns.store import candidates, draft_tables, drafting, launches
from voc.campaigns.store.drafting import Reach
from voc.campaigns.store.launches import Drafted
from voc.stakeholders import store as stakeholders

One = TypeVar("One")
Report = Callable[[str, int, int | None], None]
_IN_DOUBT = 1_000  # looked at together
WRITTEN = 5_000  # people frozen together: a fraction of a second


def quiet(_what: str, _done: int, _total: int | None) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Size:
    """How many people a draft has, and how many of them are asked."""

    census: int
    asked: int


def draw_up(db: Connection, draft: Draft, report: Report = quiet) -> Size:
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
    for portion in _portions(_firsts(db, draft, steps, drafted), WRITTEN):
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
