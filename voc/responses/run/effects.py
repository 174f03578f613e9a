"""What an answer, a decline or a referral does to the stages before this one, in the same transaction."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from voc.base.tokens import hash_token
from voc.base.words import Disposition, Sign, StopReason, SuggestionKind, SuppressionReason
from voc.campaigns import run as campaigns
from voc.campaigns.definition import CHANGED, Kind, Questionnaire
from voc.delivery import run as delivery
from voc.responses import rules, store
from voc.responses.model import Checked, Counted, Decline, Door, Filled, Referral, Wrong
from voc.stakeholders import run as stakeholders

SOURCE = "page"


def answered(
    db: Connection,
    door: Door,
    questionnaire: Questionnaire,
    response_id: int,
    checked: Checked,
    *,
    source: str,
    now: datetime,
) -> None:
    """The chase stops, queued mail goes, and the person is known to be there.

    In confidence the chase stops too, and nothing else may tell that they answered: no sign of life, no suggestion.
    """
    stopped = campaigns.record_answer(db, door.invitation_id, complete=checked.complete, at=now)
    _cancel(db, (door.invitation_id, *stopped), reason=StopReason.ANSWERED)
    if door.confidential:
        return
    stakeholders.record(
        db, key=_sign_of(response_id, now), contact_id=door.contact_id, kind=Sign.ANSWERED, at=now, source=source
    )
    for question in questionnaire.questions:
        given = checked.given.get(question.key)
        if question.kind is Kind.CONFIRM and given is not None and CHANGED in given.choices:
            _suggest_moved(db, door, now=now, where="page" if source == SOURCE else "phone")


def taken_back(db: Connection, response: Counted, *, now: datetime) -> None:
    """An answer that counted was no person's: the one before it counts again, or the chase goes on."""
    stakeholders.withdraw(db, key=_sign_of(response.id, response.submitted_at))
    if not store.restore_latest(db, response.invitation_id):
        campaigns.reopen(db, response.invitation_id, now=now)


def _sign_of(response_id: int, at: datetime) -> str:
    return f"answered:{response_id}:{at.isoformat()}"


def declined(db: Connection, door: Door, what: Decline, *, now: datetime) -> None:
    """Not now, never again, left, moved, somebody else: each ends the chase in its own way."""
    reason, disposition, sign = _DECLINES[what]
    stopped = campaigns.stop(db, door.invitation_id, reason=reason, now=now)
    ended = (door.invitation_id, *(one for one in stopped if one != door.invitation_id))
    for invitation_id in ended:
        campaigns.dispose(db, invitation_id, disposition=disposition, at=now)
    _cancel(db, ended, reason=reason)
    if what is Decline.NEVER:
        stakeholders.suppress(db, address=door.address, reason=SuppressionReason.OPT_OUT, at=now, source=SOURCE)
    if sign is not None and not (door.confidential and what is Decline.NOT_NOW):
        key = f"{what}:{door.invitation_id}"
        stakeholders.record(db, key=key, contact_id=door.contact_id, kind=sign, at=now, source=SOURCE)
    if what is Decline.MOVED:
        _suggest_moved(db, door, now=now)
    elif what in _LEFT_QUOTES:
        stakeholders.suggest(
            db,
            key=f"left:{door.invitation_id}",
            kind=SuggestionKind.LEFT,
            account_id=door.account_id,
            contact_id=door.contact_id,
            now=now,
            quote=_LEFT_QUOTES[what],
        )


_DECLINES: dict[Decline, tuple[StopReason, Disposition, Sign | None]] = {
    Decline.NOT_NOW: (StopReason.REFUSED, Disposition.REFUSED, Sign.REPLIED),
    Decline.NEVER: (StopReason.OPTED_OUT, Disposition.REFUSED, Sign.OPTED_OUT),
    Decline.LEFT: (StopReason.LEFT, Disposition.NOT_ELIGIBLE, Sign.LEFT),
    Decline.MOVED: (StopReason.MOVED, Disposition.NOT_ELIGIBLE, Sign.REPLIED),
    # Whether the person we meant is still there, nobody knows.
    Decline.NOT_ME: (StopReason.LEFT, Disposition.UNKNOWN, None),
}
_LEFT_QUOTES = {
    Decline.LEFT: "Pressed “I have left the company” on the page.",
    Decline.NOT_ME: "Whoever opened the mail said on the page that it was meant for somebody else.",
}


def _suggest_moved(db: Connection, door: Door, *, now: datetime, where: str = SOURCE) -> None:
    stakeholders.suggest(
        db,
        key=f"changed_role:{door.invitation_id}",
        kind=SuggestionKind.CHANGED_ROLE,
        account_id=door.account_id,
        contact_id=door.contact_id,
        now=now,
        quote=f"Said on the {where} that the role has changed.",
    )


def contact_field(questionnaire: Questionnaire) -> str:
    """The key whose `_name` and `_address` fields hold a colleague."""
    return next((question.key for question in questionnaire.questions if question.kind is Kind.CONTACT), "colleague")


def referral_in(db: Connection, door: Door, questionnaire: Questionnaire, filled: Filled) -> Referral | Wrong | None:
    """The colleague a form names, if it may be named."""
    field = contact_field(questionnaire)
    if not rules.names_somebody(field, filled):
        return None
    return rules.check_referral(
        field,
        filled,
        domains=rules.own_domains(store.account_addresses(db, door.account_id)),
        own_address=door.address,
        named=store.referrals(db, door.invitation_id),
    )


def refer(db: Connection, door: Door, referral: Referral, *, now: datetime) -> None:
    """Put the colleague before the CSM; nothing is sent to anybody. In confidence nobody sees who named them."""
    who = hash_token(referral.address or referral.name or "")[:16]
    stakeholders.suggest(
        db,
        key=f"referral:{door.invitation_id}:{who}",
        kind=SuggestionKind.REFERRAL,
        account_id=door.account_id,
        contact_id=None if door.confidential else door.contact_id,
        now=now,
        name=referral.name,
        address=referral.address,
    )


def referred_instead(db: Connection, door: Door, *, now: datetime) -> None:
    """A colleague named and no own answer: the chase ends, and the disposition says so."""
    stopped = campaigns.stop(db, door.invitation_id, reason=StopReason.REFERRED, now=now)
    campaigns.dispose(db, door.invitation_id, disposition=Disposition.OTHER, at=now)
    _cancel(db, (door.invitation_id, *stopped), reason=StopReason.REFERRED)
    if door.confidential:
        return
    key = f"referred:{door.invitation_id}"
    stakeholders.record(db, key=key, contact_id=door.contact_id, kind=Sign.REPLIED, at=now, source=SOURCE)


def _cancel(db: Connection, invitation_ids: Iterable[int], *, reason: StopReason) -> None:
    for invitation_id in sorted(set(invitation_ids)):
        delivery.cancel(db, invitation_id, reason=reason)
