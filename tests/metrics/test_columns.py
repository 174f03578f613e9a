"""The fast way counts what the rows count: on random histories every tally of every scope is the same."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection

from tests import builders
from tests.builders import NOW
from tests.metrics.world import DAY, World
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.words import AccountState, Role, Scope
from voc.metrics import cohorts, figures, silence, store, units
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.states import STATES, scores
from voc.metrics.model import EVERYTHING, Slice, Tally
from voc.metrics.silence import Limits
from voc.metrics.store.company import company

ROLES = [role.value for role in Role]
SEGMENTS = ["enterprise", "mid-market", "small", None]
CSMS = ["csm-1", "csm-2", "csm-9", None]
RATES = {"EUR": 1.1}


def history(db: Connection, chance: Random) -> None:
    """Hand-overs, merges, people of two accounts, re-asked and late ones, waves to come and in confidence."""
    world = World(db)
    builders.add_csm(db, "csm-9", name="Nobody's", manager_id=None)
    preferences.change(db, {"currency_rates": RATES}, actor="t", now=NOW)
    accounts = [f"acc-{number}" for number in range(4)]
    for number, id in enumerate(accounts):
        csm_id = chance.choice(CSMS[:2])
        builders.add_account(
            db,
            id,
            csm_id=csm_id,
            segment=chance.choice(SEGMENTS),
            country=chance.choice(["DE", "United States", "Atlantis", None]),
            arr=chance.choice([None, Decimal(1000), Decimal(2500)]),
            currency=chance.choice(["USD", "EUR", "XXX", None]),
            status=chance.choice(["customer"] * 5 + ["churned"]),
            churned_on=NOW.date() - timedelta(days=20 * number),
            renewal_on=chance.choice([None, NOW.date() + timedelta(days=chance.randrange(-20, 200))]),
            customer_since_on=chance.choice([None, NOW.date() - timedelta(days=chance.randrange(10, 400))]),
        )
    contacts = []
    for number in range(14):
        id, account_id = f"p{number}", chance.choice(accounts)
        address = chance.choice([f"{id}@x.example", f"{id}@x.example", "shared@x.example", None])
        roles = tuple(chance.sample(ROLES, chance.randrange(0, 3)))
        builders.add_contact(db, id, account_id=account_id, roles=roles, email=address)
        contacts.append((id, account_id, address or f"{id}@x.example"))
        for again in range(chance.randrange(0, 4)):
            kind = chance.choice(["confirmed", "edited", "meeting", "bounced", "left", "out_of_office"])
            key = f"{id}:made up:{again}"  # two of a kind may fall on one day
            builders.add_sign(db, id, kind, NOW - chance.randrange(0, 700) * DAY, key=key)
    for number, wave in enumerate(("one", "two", "three")):
        launched_days_ago = chance.randrange(1, 330)  # nobody is asked before
        world.wave(wave, launched_days_ago=launched_days_ago)
        _ask(world, chance, wave, contacts, number, launched_days_ago=launched_days_ago)
    if chance.random() < 0.5:
        world.hand_over("acc-1", "csm-2", at=NOW - chance.randrange(0, 90) * DAY)
    if chance.random() < 0.5:
        merge(db, "p0", "p1")
    for number in range(5):
        id, account_id, _ = chance.choice(contacts)
        opened = NOW - chance.randrange(0, 200) * DAY
        builders.add_follow_up(
            db,
            f"detractor:{number}",
            account_id=account_id,
            contact_id=id,
            owner_csm_id=chance.choice(CSMS),
            opened_at=opened,
            contact_by=opened + 2 * DAY,
            resolve_by=opened + 10 * DAY,
            contacted_at=chance.choice([None, opened + DAY, opened + 5 * DAY]),
            resolved_at=chance.choice([None, opened + 8 * DAY]),
        )


def merge(db: Connection, winner: str, loser: str) -> None:
    """As a sync does it: the loser's row stays, reads go to the winner."""
    db.execute(schema.alias.insert().values(kind="contact", loser_id=loser, winner_id=winner))
    db.execute(schema.contact.update().where(schema.contact.c.id == loser).values(state="merged"))
    db.execute(schema.contact_role.delete().where(schema.contact_role.c.contact_id == loser))


def _ask(
    world: World,
    chance: Random,
    wave: str,
    contacts: list[tuple[str, str, str]],
    number: int,
    *,
    launched_days_ago: int,
) -> None:
    asked = set()
    for id, account_id, address in contacts:
        roles = chance.sample(ROLES, chance.randrange(1, 3))
        if address in asked:
            world.leave_out(id, "same_address", account_id=account_id, address=address, wave=wave, roles=roles)
            continue
        if chance.random() < 0.2:
            reason = chance.choice(["opted_out", "excluded", "no_address"])
            world.leave_out(id, reason, account_id=account_id, address=address, wave=wave, roles=roles)
            continue
        asked.add(address)
        fate = chance.choice(["silent", "silent", "refused", "other", "unknown", "not_eligible", "complete", "partial"])
        told = fate in ("complete", "partial") or (fate == "silent" and chance.random() < 0.2)
        values: dict[str, Any] = {}
        if fate == "refused":
            values = {"stopped": chance.choice(["refused", "opted_out", "complained"]), "stopped_at": NOW - 400 * DAY}
        if fate == "not_eligible":
            values = {"stopped": chance.choice(["left", "gone", None]), "stopped_at": NOW - 400 * DAY}
        world.ask(
            id,
            account_id=account_id,
            wave=wave,
            address=address,
            roles=tuple(roles),
            days_ago=chance.randint(1, launched_days_ago),
            answer=chance.choice([0, 6, 7, 8, 9, 10]) if told else None,
            after_days=chance.choice([1, 3, 15]) if fate != "silent" else 40,
            disposition=fate,
            csm_id=chance.choice(CSMS),
            inherited=chance.random() < 0.15,
            segment=chance.choice(SEGMENTS),
            arr=chance.choice([None, Decimal(1000), Decimal(300)]),
            currency=chance.choice(["USD", "EUR", "XXX"]),
            freshness=chance.choice([None, 0.8, 0.0]),
            confidential=number == 2 and chance.random() < 0.3,
            **values,
        )


def by_rows(db: Connection, part: Slice, *, days: int, moment: Any) -> tuple[figures.Counted, units.Terms, Any]:
    known = preferences.load(db)
    facts = cohorts.within(part, store.facts(db, moment=moment, window_days=days, preferences=known))
    bare = units.Terms(moment=moment, days=days, response_standard=0.5, fresh_cut=0.7)
    terms = replace(bare, confirmed=facts.confirmed, entered=facts.entered)
    counted = figures.Counted(cohorts.window(moment, days))
    figures.count(counted, facts, terms)
    return counted, terms, facts


def by_columns(db: Connection, part: Slice, *, days: int, moment: Any) -> tuple[figures.Counted, Counting]:
    known = preferences.load(db)
    found = company(db, moment=moment, window_days=days, preferences=known)
    terms = units.Terms(moment=moment, days=days, response_standard=0.5, fresh_cut=0.7)
    counted, counting = figures.Counted(cohorts.window(moment, days)), Counting(found, terms, part)
    counting.into(counted)
    return counted, counting


def told(tally: Tally) -> dict[str, Any]:
    moments = {name: pytest.approx(value, rel=1e-9, abs=1e-9) for name, value in vars(tally.moments).items()}
    labels = {label: count for label, count in tally.labels.items() if count}
    sums = (pytest.approx(tally.part), pytest.approx(tally.whole), tally.counted)
    return {"sums": sums, "labels": labels, "moments": moments, "left out": sorted(set(tally.left_out))}


@given(
    seed=some.integers(0, 2**32),
    days=some.sampled_from([90, 180, 365]),
    ago=some.sampled_from([0, 0, 45]),
    part=some.sampled_from([Slice(), Slice(), Slice("small"), Slice("mid-market", "Europe")]),
)
@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],  # the world takes longer to build than a smaller one saves
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_fast_way_counts_what_the_rows_count(sqlite: Database, seed: int, days: int, ago: int, part: Slice) -> None:
    _compare(sqlite, seed, days=days, ago=ago, part=part)


@pytest.mark.parametrize("seed", [7])
def test_and_so_it_does_through_postgresql(postgresql: Database, seed: int) -> None:
    _compare(postgresql, seed, days=180, ago=0, part=EVERYTHING)


def _compare(database: Database, seed: int, *, days: int, ago: int, part: Slice) -> None:
    with database.begin() as db:
        inner = db.begin_nested()
        history(db, Random(seed))
        moment = NOW - ago * DAY
        rows, terms, facts = by_rows(db, part, days=days, moment=moment)
        fast, counting = by_columns(db, part, days=days, moment=moment)
        wanted = {key for key in _with_rows(rows) if key[0] != Scope.ACCOUNT}
        assert _with_rows(fast) == wanted
        for key in sorted(wanted):
            for name, tally in rows.tallies[key].items():
                assert told(fast.tallies[key][name]) == told(tally), (key, name)
        flying = {key: number for key, number in rows.flying.items() if number and key[0] != Scope.ACCOUNT}
        assert {key: number for key, number in fast.flying.items() if number} == flying
        assert fast.in_confidence == {key for key in rows.in_confidence if key[0] != Scope.ACCOUNT}
        assert {name: found for name, found in fast.heard.items() if found[1]} == {
            name: found for name, found in rows.heard.items() if found[1]
        }
        _same_states(counting, facts, terms)
        inner.rollback()


def _with_rows(counted: figures.Counted) -> set[Any]:
    return {key for key, found in counted.tallies.items() if any(tally.labels for tally in found.values())}


def _same_states(counting: Counting, facts: Any, terms: units.Terms) -> None:
    accounts, found = counting.company.accounts, counting.states
    points = scores(counting.company, counting.places, found)
    for one in facts.accounts:
        at = accounts.ids.index(one.account_id)
        state = silence.state(one, moment=facts.moment, limits=Limits())
        assert STATES[found[at]] == state, one.account_id
        score = silence.score(one, moment=facts.moment) if state in silence.SCORED else None
        assert bool(points.there[at]) == (score is not None)
        if score is not None:
            assert {name: pytest.approx(values[at]) for name, values in points.parts.items()} == dict(score)


def test_a_drawn_history_may_hold_two_signs_of_one_kind_and_day(sqlite: Database) -> None:
    with sqlite.begin() as db:
        history(db, Random(121))


def test_states_are_named_in_their_order() -> None:
    assert tuple(AccountState) == STATES


@pytest.mark.parametrize("scope", [Scope.CSM, Scope.TEAM, Scope.SEGMENT])
def test_a_look_at_some_scopes_counts_these_and_the_whole_as_a_look_at_all(database: Database, scope: Scope) -> None:
    with database.begin() as db:
        history(db, Random(7))
        everything, counting = by_columns(db, EVERYTHING, days=137, moment=NOW)
        some_of_it = figures.Counted(everything.window)
        replace(counting, scopes=(scope,)).into(some_of_it)
        wanted = {key: one for key, one in everything.tallies.items() if key[0] in (scope, Scope.TOTAL)}
        assert len({key[0] for key in wanted}) == 2
        assert set(some_of_it.tallies) == set(wanted)
        for key, names in wanted.items():
            assert {name: told(one) for name, one in some_of_it.tallies[key].items()} == {
                name: told(one) for name, one in names.items()
            }
        assert some_of_it.norms == everything.norms
