"""The teams of the sample export against what its generator knows, after a real sync of both days."""

from typing import Any

from tests.accounts.test_export_truth import DAYS, TRUTH, noon, sync
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.base.words import Role, Segment
from voc.stakeholders import run, store
from voc.stakeholders.model import Requirement, Team

PREFERENCES = Preferences()
ACCOUNTS = sorted({*TRUTH["day1"]["accounts"], *TRUTH["day2"]["after_day1"]["accounts"]})
CALLED = {
    "left": "left",
    "opted_out": "opted_out",
    "bounced": "bounced",
    "no_usable_email": "no_address",
    "reachable": None,
}


def teams_after(database: Database, day: str) -> dict[str, Team]:
    """With the required roles that the truth was made with."""
    sync(database, day)
    now = noon(DAYS[day])
    cells = [
        Requirement(Segment(segment), Role(role), weight)
        for segment, weights in TRUTH["head"]["matrix"].items()
        for role, weight in weights.items()
    ]
    with database.begin() as db:
        store.write_matrix(db, cells)
        run.catch_up(db, now)
        assert run.catch_up(db, now).meetings == 0
        return store.teams(db, ACCOUNTS, now=now, preferences=PREFERENCES)


def roles(team: Team, *, reachable: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for holder in (*team.people, *team.others):
        for role in holder.roles if holder.reachable or not reachable else ():
            found.setdefault(role.value, []).append(holder.contact_id)
    return {role: sorted(ids) for role, ids in found.items()}


def check(teams: dict[str, Team], accounts: dict[str, Any]) -> None:
    for id, truth in accounts.items():
        team = teams[id]
        assert roles(team, reachable=False) == {
            role: sorted(who["holders"]) for role, who in truth["roles"].items() if who["holders"]
        }
        assert roles(team, reachable=True) == {
            role: sorted(who["reachable"]) for role, who in truth["roles"].items() if who["reachable"]
        }
        if truth["coverage"]:
            assert team.coverage is not None
            assert (team.coverage.named_points, team.coverage.points) == (
                truth["coverage"]["points"],
                truth["coverage"]["of"],
            )


def test_named_coverage_and_every_holder_come_out_on_both_days(database: Database) -> None:
    first = teams_after(database, "day1")
    assert len(first) == len(TRUTH["day1"]["accounts"])
    check(first, TRUTH["day1"]["accounts"])
    second = teams_after(database, "day2")
    check(second, TRUTH["day2"]["after_day1"]["accounts"])


def test_why_somebody_cannot_be_reached_comes_out(sqlite: Database) -> None:
    people = {
        holder.contact_id: holder.why_not_reachable
        for team in teams_after(sqlite, "day1").values()
        for holder in (*team.people, *team.others)
    }
    truth = {id: CALLED[who["state"]] for id, who in TRUTH["day1"]["contacts"].items()}
    assert people == truth


def test_only_past_activities_are_signs_after_a_first_sync(sqlite: Database) -> None:
    teams = teams_after(sqlite, "day1")
    everybody = [holder for team in teams.values() for holder in (*team.people, *team.others)]
    assert {holder.freshness.sign.kind for holder in everybody if holder.freshness.sign} == {"meeting"}
    assert 0 < sum(holder.freshness.value > 0 for holder in everybody) < len(everybody) / 2
