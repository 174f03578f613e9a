"""A small company for the pages' tests: three CSMs (two in one team), a lead, a leader, an admin, two waves.

Dana Whitlock's book answers well, Jonas Brandt's does not, Mei Tanaka belongs to another team. The
first wave is over, the second is under way. Some names and words are hostile on purpose: a page
that forgets to escape shows it here.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from tests import builders as add
from tests.builders import NOW
from tests.web.people import PASSWORD_HASH
from voc.base import schema

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=HYPERLINK(1)"

CRM_READ_AT = NOW - timedelta(hours=2)
SENT_AT = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
DUE_AT = SENT_AT + timedelta(days=21)
RUNNING_SENT_AT = datetime(2026, 2, 24, 9, 0, tzinfo=UTC)

ACCOUNTS_PER_CSM = {"csm-dana": 8, "csm-jonas": 8, "csm-mei": 3}
_SEGMENTS = ("mid-market", "enterprise", "mid-market", "small")
_PEOPLE = (
    ("Ana", "Ruiz", "decision_maker"),
    ("Piotr", "Zielny", "champion"),
    ("Farah", "Nouri", "end_user"),
)
# Of eight accounts with three people each: how each answered. A digit string is a score.
_ANSWERS = {
    "csm-dana": ["9 10 8", "9 7 -", "10 9 -", "4 9 8", "9 - 8", "- - -", "3 8 b", "10 6 -"],
    "csm-jonas": ["- - -", "- - b", "9 - -", "- - -", "2 - o", "- - -", "8 - -", "- 5 -"],
    "csm-mei": ["9 9 -", "- 8 -", "7 - -"],
}
_MATRIX = {
    "enterprise": {"decision_maker": 3, "budget_holder": 3, "champion": 2, "executive_sponsor": 2, "end_user": 1},
    "mid-market": {"decision_maker": 3, "budget_holder": 2, "champion": 2, "end_user": 1},
    "small": {"decision_maker": 3, "champion": 1, "end_user": 1},
}


@dataclass
class World:
    """The ids a test needs."""

    staff: dict[str, int] = field(default_factory=dict)  # dana, jonas, ingrid (lead), marcus (leader), clara (admin)
    accounts: dict[str, list[str]] = field(default_factory=dict)  # by CSM
    finished_wave: int = 0
    running_wave: int = 0
    follow_ups: dict[str, int] = field(default_factory=dict)  # by state, and "late", "silent", "foreign"
    messages: dict[str, int] = field(default_factory=dict)  # by state
    responses: dict[str, int] = field(default_factory=dict)  # by contact


def build(db: Connection) -> World:
    """Everything, as it stands on Tuesday 3 March 2026 at nine (`builders.NOW`)."""
    world = World()
    _people(db, world)
    run = {"source": "csv:export", "as_of": NOW.date(), "state": "complete", "counts": {}, "files": []}
    db.execute(insert(schema.sync_run).values(**run, started_at=CRM_READ_AT, finished_at=NOW - timedelta(minutes=90)))
    for segment, weights in _MATRIX.items():
        for role, weight in weights.items():
            row = {"segment": segment, "role": role, "weight": weight, "required_count": 1}
            db.execute(insert(schema.role_requirement).values(**row))
    for csm, count in ACCOUNTS_PER_CSM.items():
        world.accounts[csm] = [_account(db, csm, number) for number in range(count)]
    version = add.add_questionnaire(db, created_at=SENT_AT - timedelta(days=3))
    campaign = add.add_campaign(db)
    _finished_wave(db, world, campaign, version)
    _running_wave(db, world, campaign, version)
    _follow_ups(db, world)
    _outbox(db, world)
    return world


def _people(db: Connection, world: World) -> None:
    names = {"csm-ingrid": "Ingrid Solheim", "csm-otto": "Otto Lang"}
    for id, name in names.items():
        add.add_csm(db, id, name=name, title="Team lead")
    for id, name, lead in (
        ("csm-dana", "Dana Whitlock", "csm-ingrid"),
        ("csm-jonas", "Jonas Brandt", "csm-ingrid"),
        ("csm-mei", "Mei Tanaka", "csm-otto"),
    ):
        add.add_csm(db, id, name=name, manager_id=lead)
    for key, name, role, csm in (
        ("dana", "Dana Whitlock", "csm", "csm-dana"),
        ("jonas", "Jonas Brandt", "csm", "csm-jonas"),
        ("ingrid", "Ingrid Solheim", "lead", "csm-ingrid"),
        ("marcus", "Marcus Oyelaran", "leader", None),
        ("clara", "Clara Wendt", "admin", None),
    ):
        address = f"{key}@vendor.example"
        world.staff[key] = add.add_staff(db, address, name=name, role=role, csm_id=csm, password_hash=PASSWORD_HASH)


def _account(db: Connection, csm: str, number: int) -> str:
    id = f"acc-{csm.removeprefix('csm-')}-{number}"
    name = HOSTILE if (csm, number) == ("csm-dana", 5) else f"{csm.removeprefix('csm-').title()} Works {number}"
    add.add_account(
        db,
        id,
        name=name,
        csm_id=csm,
        segment=_SEGMENTS[number % 4],
        arr=Decimal(40_000 * (number + 1)),
        renewal_on=date(2026, 4, 1) + timedelta(days=40 * number),
    )
    for position, (first, last, role) in enumerate(_PEOPLE):
        hostile = FORMULA if (csm, number, position) == ("csm-dana", 3, 0) else first
        add.add_contact(
            db,
            _contact(id, position),
            account_id=id,
            first_name=hostile,
            last_name=f"{last} {number}",
            email=_address(id, position),
            roles=(role,),
        )
    return id


def _contact(account_id: str, position: int) -> str:
    return f"con-{account_id.removeprefix('acc-')}-{position}"


def _address(account_id: str, position: int) -> str:
    return f"{_PEOPLE[position][0].lower()}@{account_id}.example"


def _finished_wave(db: Connection, world: World, campaign: int, version: int) -> None:
    """Two accounts of Dana's and Jonas's take no part in the finished wave: they are asked in the running one."""
    world.finished_wave = add.add_wave(
        db,
        campaign_id=campaign,
        questionnaire_version_id=version,
        state="closed",
        launched_at=SENT_AT - timedelta(days=4),
        closes_at=DUE_AT,
        closed_at=DUE_AT,
    )
    for csm, answers in _ANSWERS.items():
        for number, line in enumerate(answers):
            for position, answered in enumerate(line.split()):
                account_id = f"acc-{csm.removeprefix('csm-')}-{number}"
                _asked_and_done(db, world, version, csm, account_id, position, answered)


_DISPOSED = {"-": "silent", "b": "unknown", "o": "refused"}
_STOPPED = {"b": "bounced", "o": "opted_out"}


def _asked_and_done(
    db: Connection, world: World, version: int, csm: str, account_id: str, position: int, answered: str
) -> None:
    """`answered` is a score, - for silence, b for a bounce, o for an opt-out."""
    wave_id = world.finished_wave
    contact_id, address = _contact(account_id, position), _address(account_id, position)
    number = int(account_id.rsplit("-", 1)[1])
    score = int(answered) if answered.isdigit() else None
    at = SENT_AT + timedelta(days=1 + position, hours=number)
    stopped = "answered" if score is not None else _STOPPED.get(answered)
    _in_census(db, wave_id, contact_id, account_id, address, position)
    invitation_id = add.add_invitation(
        db,
        wave_id=wave_id,
        contact_id=contact_id,
        account_id=account_id,
        csm_id=csm,
        segment=_SEGMENTS[number % 4],
        roles=[_PEOPLE[position][2]],
        arr=Decimal(40_000 * (number + 1)),
        currency="USD",
        address=address,
        heads_up=number % 2 == 0,
        freshness=0.8,
        sent_at=SENT_AT,
        closes_at=DUE_AT,
        disposition="complete" if score is not None else _DISPOSED[answered],
        disposed_at=at if stopped else DUE_AT,
        answered_at=at if score is not None else None,
        bounced_at=at if answered == "b" else None,
        stopped=stopped,
        stopped_at=at if stopped else None,
    )
    for step, after_days in (("invite", 0), ("reminder_1", 6), ("reminder_2", 14)):
        if stopped and after_days:
            break
        _sent(db, wave_id, invitation_id, contact_id, address, step, SENT_AT + timedelta(days=after_days))
    _after(db, world, version, invitation_id, contact_id, address, answered, score, at)


def _in_census(
    db: Connection, wave_id: int, contact_id: str, account_id: str, address: str, position: int, **more: str
) -> None:
    row = {"wave_id": wave_id, "contact_id": contact_id, "account_id": account_id, "address": address}
    db.execute(insert(schema.census_member).values(**row, roles=[_PEOPLE[position][2]], **more))


def _sent(
    db: Connection, wave_id: int, invitation_id: int, contact_id: str, address: str, step: str, at: datetime
) -> None:
    add.add_message(
        db,
        f"inv:{invitation_id}:{step}",
        invitation_id=invitation_id,
        wave_id=wave_id,
        step=step,
        contact_id=contact_id,
        address=address,
        created_at=at,
        due_at=at,
        sent_at=at,
        attempts=1,
        reply_code=250,
    )


def _after(
    db: Connection,
    world: World,
    version: int,
    invitation_id: int,
    contact_id: str,
    address: str,
    answered: str,
    score: int | None,
    at: datetime,
) -> None:
    """What an answer, a bounce or an opt-out leaves behind."""
    if score is not None:
        said = f"Night shifts wait too long. {HOSTILE}" if score < 7 else "Works well"
        world.responses[contact_id] = add.add_response(
            db,
            invitation_id=invitation_id,
            questionnaire_version_id=version,
            score=score,
            verbatim=said,
            started_at=at,
            saved_at=at,
            submitted_at=at,
        )
    sign = "answered" if score is not None else {"b": "bounced", "o": "opted_out"}.get(answered)
    if sign is None:
        return
    row = {"key": f"{sign}:{invitation_id}", "contact_id": contact_id, "kind": sign, "at": at, "source": "page"}
    db.execute(insert(schema.sign_of_life).values(**row))
    if sign != "answered":
        reason = "opt_out" if answered == "o" else "bounced"
        db.execute(insert(schema.suppression).values(address=address, reason=reason, at=at, source="page"))


def _running_wave(db: Connection, world: World, campaign: int, version: int) -> None:
    """Four accounts that came later: sent a week ago, two answers in, one person left out with a reason."""
    world.running_wave = add.add_wave(
        db,
        campaign_id=campaign,
        questionnaire_version_id=version,
        label="Relationship, late comers",
        launched_at=RUNNING_SENT_AT - timedelta(days=1),
        closes_at=RUNNING_SENT_AT + timedelta(days=21),
    )
    for csm in ("csm-dana", "csm-jonas"):
        for number in (8, 9):
            id = _account(db, csm, number)
            world.accounts[csm].append(id)
            for position in range(2):
                _asked_and_waiting(db, world, version, csm, id, position)
            _in_census(
                db, world.running_wave, _contact(id, 2), id, _address(id, 2), 2, reason="excluded", detail="until 1 May"
            )
    exclusion = {"account_id": "acc-dana-8", "contact_id": _contact("acc-dana-8", 2), "by": "Dana Whitlock"}
    moments = {"created_at": RUNNING_SENT_AT, "expires_on": date(2026, 5, 1)}
    db.execute(insert(schema.exclusion).values(reason="Merger, contacts change", **exclusion, **moments))


def _asked_and_waiting(db: Connection, world: World, version: int, csm: str, account_id: str, position: int) -> None:
    wave_id = world.running_wave
    contact_id, address = _contact(account_id, position), _address(account_id, position)
    answered_at = RUNNING_SENT_AT + timedelta(days=2) if (csm, position) == ("csm-dana", 0) else None
    _in_census(db, wave_id, contact_id, account_id, address, position)
    invitation_id = add.add_invitation(
        db,
        wave_id=wave_id,
        contact_id=contact_id,
        account_id=account_id,
        csm_id=csm,
        roles=[_PEOPLE[position][2]],
        arr=Decimal(100_000),
        currency="USD",
        address=address,
        sent_at=RUNNING_SENT_AT,
        closes_at=RUNNING_SENT_AT + timedelta(days=21),
        next_step=None if answered_at else "reminder_1",
        intended_on=None if answered_at else date(2026, 3, 4),
        due_at=None if answered_at else datetime(2026, 3, 4, 9, 0, tzinfo=UTC),
        answered_at=answered_at,
        stopped="answered" if answered_at else None,
        stopped_at=answered_at,
    )
    _sent(db, wave_id, invitation_id, contact_id, address, "invite", RUNNING_SENT_AT)
    if answered_at:
        _after(db, world, version, invitation_id, contact_id, address, "9", 9, answered_at)


def _follow_ups(db: Connection, world: World) -> None:
    """One in each state, one of them late by its clock and told to the lead, one silent, one of another team."""
    day = timedelta(days=1)
    opened = NOW - 4 * day
    common = {"acknowledge_by": opened + day / 6, "contact_by": opened + 2 * day, "resolve_by": opened + 10 * day}
    done = {"acknowledged_at": opened + day / 8, "contacted_at": opened + day, "resolved_at": opened + 3 * day}
    rows: dict[str, tuple[str, int | None, dict[str, Any]]] = {
        "new": ("acc-dana-3", 0, {"opened_at": NOW - day / 24, "acknowledge_by": NOW + day / 8}),
        "late": ("acc-jonas-4", 0, {"state": "acknowledged", "lead_told_at": NOW - day, "score": 2}),
        "contacted": ("acc-dana-6", 0, {"state": "contacted", "contacted_at": done["contacted_at"], "score": 3}),
        "resolved": ("acc-dana-7", 1, {**done, "state": "resolved", "cause": "training", "outcome": "Two sessions"}),
        "confirmed": ("acc-jonas-7", 1, {**done, "state": "confirmed", "cause": "support", "confirmed_at": NOW - day}),
        "silent": ("acc-dana-5", None, {"kind": "silent_account", "score": None, "acknowledge_by": None}),
        "foreign": ("acc-mei-2", 0, {"kind": "passive_request", "score": 7}),
    }
    for key, (account_id, position, values) in rows.items():
        owner = f"csm-{account_id.split('-')[1]}"
        contact_id = None if position is None else _contact(account_id, position)
        late = {"contact_by": NOW + 3 * day} if key in ("new", "silent", "foreign") else {}
        row: dict[str, Any] = {
            "opened_at": opened,
            **common,
            **late,
            "account_id": account_id,
            "contact_id": contact_id,
            **values,
        }
        row["response_id"] = world.responses.get(contact_id or "")
        id = add.add_follow_up(db, f"test:{key}", owner_csm_id=owner, wave_id=world.finished_wave, **row)
        event = {"follow_up_id": id, "at": row["opened_at"], "what": "opened", "by": "the service"}
        db.execute(insert(schema.follow_up_event).values(**event))
        world.follow_ups[key] = id


def _outbox(db: Connection, world: World) -> None:
    """One message in each state that the delivery page tells apart."""
    states: dict[str, dict[str, Any]] = {
        "queued": {"next_attempt_at": NOW},
        "unknown": {"attempts": 1, "reply_text": None},
        "failed": {"attempts": 1, "reply_code": 550, "reply_text": "5.1.1 no such user"},
        "held": {},
    }
    for state, values in states.items():
        world.messages[state] = add.add_message(db, f"test:{state}", kind="test", state=state, **values)
