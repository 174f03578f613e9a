"""Close the loop: answers open cases, people move them on, what is late is told to the lead and then the leader."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import Cause, MessageKind, Sign
from voc.campaigns import questionnaire
from voc.campaigns.definition import FollowUps, Kind
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.delivery import run as delivery
from voc.delivery.model import Party
from voc.followup import rules, store, wording
from voc.followup.hours import of_owner
from voc.followup.model import Act, Colleague, Escalated, FollowUp, Notice, NoticeKind, Opening
from voc.followup.run import you_said
from voc.responses.scanners import SETTLED
from voc.stakeholders import run as stakeholders

SERVICE = "the service"
_PAST = {
    Act.ACKNOWLEDGE: "acknowledged",
    Act.CONTACT: "contacted",
    Act.RESOLVE: "resolved",
    Act.CONFIRM: "confirmed",
    Act.REOPEN: "reopened",
}


def catch_up(db: Connection, now: datetime) -> int:
    """Open a case for every answer that asks for one, and give open cases their owner; how many were opened.

    Idempotent: each answer is looked at once, again when it is corrected; one case per kind,
    account, person and wave. Nobody is mailed here: see `tell`.
    """
    answers = store.unseen_answers(db, settled_by=now - SETTLED)
    definitions = _definitions(db, {one.questionnaire_version_id for one in answers})
    opened = 0
    for one in answers:
        kind = rules.follow_up_kind(one, *definitions[one.questionnaire_version_id])
        if kind is not None:
            opened += _open(db, rules.opening(one, kind), now=now)
    store.mark_seen(db, answers)
    _hand_over(db, now)
    return opened


def open_silent(
    db: Connection, *, account_id: str, spell_on: date, now: datetime, contact_id: str | None = None
) -> bool:
    """Open a case for an account that fell silent; False if this spell has one. `contact_id`: whom to begin with."""
    return _open(db, rules.silent_opening(account_id, contact_id, spell_on=spell_on, now=now), now=now)


def _definitions(db: Connection, version_ids: set[int]) -> Mapping[int, tuple[FollowUps | None, tuple[str, ...]]]:
    """When a case opens, and the keys of the questions by which one consents to be known."""
    found: dict[int, tuple[FollowUps | None, tuple[str, ...]]] = {}
    for version_id, files in store.questionnaire_files(db, version_ids).items():
        try:
            known = questionnaire.load(files)
            consents = tuple(one.key for one in known.questions if one.kind is Kind.CONSENT)
            found[version_id] = (known.follow_ups, consents)
        except QuestionnaireMistakes:
            # Read by an older release, and unreadable now: a detractor is still told by the score.
            found[version_id] = (None, ())
    return found


def _open(db: Connection, opening: Opening, *, now: datetime) -> bool:
    values = preferences.load(db)
    owner, zone = store.owner_of(db, opening.account_id)
    due = rules.deadlines(opening.opened_at, rules.clock(opening.kind, values), of_owner(zone, values))
    follow_up_id = store.open_case(db, opening, due, owner_csm_id=owner)
    if follow_up_id is None:
        return False
    store.add_event(db, follow_up_id, at=opening.opened_at, what="opened", by=SERVICE)
    detail = {"kind": opening.kind, "account": opening.account_id, "owner": owner}
    _audit(db, follow_up_id, "opened", by=SERVICE, now=now, **detail)
    return True


def _hand_over(db: Connection, now: datetime) -> None:
    """Open cases follow the account: who lost it cannot see the case any more. The clock runs on."""
    for follow_up_id, before, after, name in store.to_hand_over(db):
        if not store.reassign(db, follow_up_id, before=before, after=after):
            continue
        store.add_event(db, follow_up_id, at=now, what="reassigned", by=SERVICE, note=f"to {name or 'nobody yet'}")
        _audit(db, follow_up_id, "reassigned", by=SERVICE, now=now, owner=[before, after])


def acknowledge(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Say that one has seen it and will get in touch."""
    case = _case(db, follow_up_id, viewer, now)
    _act(db, Act.ACKNOWLEDGE, case, viewer=viewer, now=now, values={"acknowledged_at": now})


def contact(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime, note: str) -> None:
    """Log a human outreach: a call, a meeting, a personal mail. The first one stops the contact clock."""
    said = _needed(note, "note", "Say how you got in touch and what was said")
    case = _case(db, follow_up_id, viewer, now)
    values = {} if case.contacted_at else {"contacted_at": now}
    if case.acknowledged_at is None:
        values["acknowledged_at"] = now
    _act(db, Act.CONTACT, case, viewer=viewer, now=now, values=values, note=said)


def plan(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime, play: str) -> None:
    """Log what will be tried next with the account: the clock runs on until somebody did it."""
    said = _needed(play, "play", "Say what will be tried")
    case = _case(db, follow_up_id, viewer, now)
    store.add_event(db, case.id, at=now, what="planned", by=viewer.name, note=said)
    _audit(db, case.id, "planned", by=viewer.name, now=now, note=said)


def resolve(
    db: Connection,
    follow_up_id: int,
    *,
    viewer: Viewer,
    now: datetime,
    cause: Cause | str,
    outcome: str,
    line: str | None = None,
    colleagues: bool = False,
) -> None:
    """Close it from our side, with its root cause and what was done; `line` tells the customer, where it is given."""
    done = _needed(outcome, "outcome", "Say what was done")
    try:
        root = Cause(cause)
    except ValueError:
        raise Refused("Choose the root cause", field="cause") from None
    values = {"resolved_at": now, "cause": root, "outcome": done}
    case = _case(db, follow_up_id, viewer, now)
    _act(db, Act.RESOLVE, case, viewer=viewer, now=now, values=values, note=f"{root}: {done}")
    if line is not None and line.strip():
        you_said.keep(db, case, line=line, colleagues=colleagues, viewer=viewer, now=now)


def confirm(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime, note: str | None = None) -> None:
    """The customer agrees that it is resolved; their word is a sign of life too."""
    case = _case(db, follow_up_id, viewer, now)
    _act(db, Act.CONFIRM, case, viewer=viewer, now=now, values={"confirmed_at": now}, note=_text(note))
    if case.contact_id is not None:
        key = f"followup:{follow_up_id}:confirmed:{now.isoformat()}"
        stakeholders.record(db, key=key, contact_id=case.contact_id, kind=Sign.REPLIED, at=now, source=viewer.name)


def reopen(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime, note: str | None = None) -> None:
    """It was not resolved after all. The same clock runs on: resolving late stays late."""
    values = {"resolved_at": None, "confirmed_at": None, "cause": None, "outcome": None}
    case = _case(db, follow_up_id, viewer, now)
    _act(db, Act.REOPEN, case, viewer=viewer, now=now, values=values, note=_text(note))
    you_said.withdraw_of(db, follow_up_id, viewer=viewer, now=now)


def _act(
    db: Connection,
    act: Act,
    case: FollowUp,
    *,
    viewer: Viewer,
    now: datetime,
    values: Mapping[str, Any],
    note: str | None = None,
) -> None:
    to = rules.next_state(act, case.state)
    if not store.move(db, case.id, came_from=case.state, to=to, **values):
        raise Refused("Somebody moved it on a moment ago; look again")
    store.add_event(db, case.id, at=now, what=_PAST[act], by=viewer.name, note=note)
    _audit(db, case.id, _PAST[act], by=viewer.name, now=now, before=case.state, after=to, note=note)


def _case(db: Connection, follow_up_id: int, viewer: Viewer, now: datetime) -> FollowUp:
    return store.follow_up(db, follow_up_id, viewer, now=now, preferences=preferences.load(db))


def _needed(text: str, field: str, mend: str) -> str:
    found = _text(text)
    if found is None:
        raise Refused(mend, field=field)
    return found


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None


def escalate(db: Connection, now: datetime) -> Escalated:
    """Note that the lead is told of what is past a limit, and the leader of what is past twice the limit; once each.

    `tell` mails it, once.
    """
    values = preferences.load(db)
    to_lead = to_leader = 0
    for case in store.past_a_limit(db, now=now, preferences=values):
        hours = of_owner(case.time_zone, values)
        if rules.tells_lead(case, now=now):
            to_lead += _tell(db, case, now, lead=True)
        if rules.tells_leader(case, hours=hours, preferences=values, now=now):
            to_leader += _tell(db, case, now, lead=False)
    return Escalated(to_lead, to_leader)


def _tell(db: Connection, case: FollowUp, now: datetime, *, lead: bool) -> bool:
    if not store.note_told(db, case.id, lead=lead, at=now):
        return False
    whom = "lead" if lead else "leader"
    bar = f"{case.bar.elapsed_hours:.0f} h of {case.bar.limit_hours:g}" if case.bar else None
    store.add_event(db, case.id, at=now, what="escalated", by=SERVICE, note=f"to the {whom}: {bar}" if bar else None)
    _audit(db, case.id, f"escalated to the {whom}", by=SERVICE, now=now)
    return True


def notices(db: Connection, now: datetime, *, base_url: str) -> list[Notice]:
    """The mails to our own people that are owed about open cases and are not in the outbox yet.

    To the owner, or whoever stands in for one who is away, when a case is opened or handed over; to the
    lead and the leaders when it was escalated; a lead nobody knows is replaced by the leaders. The keys
    make each of them go once.
    """
    values = preferences.load(db)
    leads, leaders = store.leads(db), store.leaders(db)
    owed: dict[str, Notice] = {}
    for case in store.open_cases(db, now=now, preferences=values):
        hours = of_owner(case.time_zone, values)
        for kind, one in _addressees(case, leads, leaders):
            key = f"followup:{case.id}:{one.key}"
            mail = wording.notice(kind, case, key=key, to=one, hours=hours, base_url=base_url)
            owed.setdefault(key, mail)
    queued = store.in_outbox(db, list(owed))
    return [mail for key, mail in owed.items() if key not in queued]


def tell(db: Connection, now: datetime, *, vault: Vault, tokens: Tokens, settings: Settings) -> int:
    """Queue every mail that is owed; how many. Idempotent: call it after `catch_up` and `escalate`."""
    owed = notices(db, now, base_url=settings.base_url)
    for mail in owed:
        delivery.queue(
            db,
            key=mail.key,
            kind=MessageKind.ALERT,  # to our own people, and says that it is automatic
            to=Party(mail.name, mail.address),
            subject=mail.subject,
            body_text=mail.body,
            now=now,
            vault=vault,
            tokens=tokens,
            settings=settings,
        )
    return len(owed)


def _addressees(
    case: FollowUp, leads: Mapping[str, Colleague], leaders: Sequence[Colleague]
) -> Iterator[tuple[NoticeKind, Colleague]]:
    if case.deputy is not None:  # the owner is told when back, of what is open then
        yield NoticeKind.OPENED, Colleague(f"opened:{case.deputy.csm_id}", case.deputy.name, case.deputy.address)
    elif case.owner_csm_id and case.owner_name and case.owner_address:
        yield NoticeKind.OPENED, Colleague(f"opened:{case.owner_csm_id}", case.owner_name, case.owner_address)
    if case.lead_told_at is not None:
        lead = leads.get(case.lead_csm_id or "")
        yield from ((NoticeKind.LEAD, one) for one in ([lead] if lead else leaders))
    if case.leader_told_at is not None:
        yield from ((NoticeKind.LEADER, one) for one in leaders)


def _audit(db: Connection, follow_up_id: int, action: str, *, by: str, now: datetime, **detail: Any) -> None:
    audit.record(
        db,
        at=now,
        actor=by,
        action=f"follow-up {action}",
        object_kind="follow_up",
        object_id=follow_up_id,
        detail={key: value for key, value in detail.items() if value is not None},
    )
