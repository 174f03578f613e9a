"""What a claim looks at. Statements are built once: a claim of one step costs little more than its queries."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, not_, or_, select

from voc.base.among import among, unindexed
from voc.base.schema import (
    account,
    alias,
    campaign,
    consent,
    contact,
    contact_quota,
    csm,
    exclusion,
    installation,
    invitation,
    questionnaire_version,
    suppression,
    sync_run,
    wave,
)
from voc.base.words import RecordState, RunState, Step, StopReason, SuppressionReason
from voc.campaigns.model import Limits, WaveState
from voc.campaigns.quarantine import Ledger, Reserved
from voc.campaigns.store.rows import OF_TODAY

_SUPPRESSED = {
    SuppressionReason.OPT_OUT: StopReason.OPTED_OUT,
    SuppressionReason.BOUNCED: StopReason.BOUNCED,
    SuppressionReason.COMPLAINT: StopReason.COMPLAINED,
}
# The strongest first: an opt-out is the person's own wish.
_STRENGTH = (StopReason.OPTED_OUT, StopReason.COMPLAINED, StopReason.BOUNCED)


# Locked shared: a pause or a stop waits for claims under way, and no claim follows it.
_RUNNING = (
    select(wave.c.id, wave.c.settings)
    .where(wave.c.state == WaveState.RUNNING)
    .order_by(wave.c.id)
    .with_for_update(read=True)
)

# Of an invitation: its other columns take longer to read than the claim takes to decide.
_NEEDED = (
    "id",
    "wave_id",
    "contact_id",
    "address",
    "roles",
    "language",
    "time_zone",
    "country",
    "heads_up",
    "confidential",
    "next_step",
    "intended_on",
    "due_at",
    "away_until_on",
    "closes_at",
)

# In the order of `ix_invitation_due`; a merged account is read as the one it was merged into.
_DUE = (
    select(
        *(invitation.c[name] for name in _NEEDED),
        *OF_TODAY,
        account.c.csm_id.label("csm_now_id"),
        account.c.segment.label("segment_now"),
        account.c.arr.label("arr_now"),
        account.c.currency.label("currency_now"),
        account.c.renewal_on,
        account.c.escalated_until_on,
        contact.c.account_id.label("contact_account_id"),
        wave.c.launched_at,
        wave.c.resumed_at,
    )
    .join(wave, wave.c.id == invitation.c.wave_id)
    .join(campaign, campaign.c.id == wave.c.campaign_id)
    .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
    .join(contact, contact.c.id == invitation.c.contact_id)
    .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id))
    .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
    .outerjoin(csm, and_(csm.c.id == account.c.csm_id, csm.c.active))
    .where(
        invitation.c.next_step.is_not(None),
        invitation.c.due_at <= bindparam("now"),
        invitation.c.held_because.is_(None),
        invitation.c.stopped.is_(None),
        invitation.c.answered_at.is_(None),
        # A handful of each, written out: SQLite would rather begin with a list it knows nothing of and sort; or it
        # would read the whole wave for each batch of it.
        unindexed(invitation.c.wave_id).in_(bindparam("waves", expanding=True)),
        invitation.c.next_step.in_(bindparam("steps", expanding=True)),
    )
    .order_by(invitation.c.due_at, invitation.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=invitation, skip_locked=True)
)

_STANDING = select(suppression.c.address, suppression.c.reason).where(
    among(suppression.c.address, "addresses"), suppression.c.lifted_at.is_(None)
)
_FLAGGED = select(contact.c.email, contact.c.opted_out).where(
    among(contact.c.email, "addresses"),
    contact.c.state == RecordState.LIVE,
    or_(contact.c.opted_out, contact.c.bounced),
)
_CONSENTED = select(consent.c.address).where(among(consent.c.address, "addresses"), consent.c.withdrawn_at.is_(None))
_EXCLUDED = (
    select(exclusion.c.account_id, exclusion.c.contact_id, func.max(exclusion.c.expires_on))
    .where(
        among(exclusion.c.account_id, "accounts"),
        exclusion.c.ended_at.is_(None),
        exclusion.c.expires_on > bindparam("today"),
    )
    .group_by(exclusion.c.account_id, exclusion.c.contact_id)
)
_COUNTED = (
    contact_quota.c.address,
    contact_quota.c.account_id,
    contact_quota.c.step,
    contact_quota.c.priority,
    contact_quota.c.on,
)
_OWN = select(*_COUNTED).where(among(contact_quota.c.address, "addresses"), contact_quota.c.at >= bindparam("since"))
_COLLEAGUES = select(*_COUNTED).where(
    among(contact_quota.c.account_id, "accounts"),
    contact_quota.c.on.between(bindparam("first"), bindparam("last")),
    not_(among(contact_quota.c.address, "addresses")),
)
_COMING = (
    select(invitation.c.address, campaign.c.priority, invitation.c.intended_on)
    .join(wave, wave.c.id == invitation.c.wave_id)
    .join(campaign, campaign.c.id == wave.c.campaign_id)
    .where(
        among(invitation.c.address, "addresses"),
        invitation.c.next_step.is_not(None),
        invitation.c.held_because.is_(None),
        invitation.c.intended_on <= bindparam("last"),
        wave.c.state == WaveState.RUNNING,
    )
)


_READ_AT = select(func.max(sync_run.c.started_at)).where(sync_run.c.state == RunState.COMPLETE)
_INVENTED_TIME = select(installation.c.moment).where(installation.c.moment.is_not(None))
_NEW = frozenset({Step.HEADS_UP, Step.INVITE})


def steps_allowed(db: Connection, *, stale_after: timedelta, now: datetime) -> list[Step]:
    """All of them; without those that ask somebody anew while the CRM's data is older than that.

    Who was asked already is chased on. A rehearsal's time is invented and says nothing of an export's age.
    """
    read_at = db.execute(_READ_AT).scalar()
    stale = read_at is not None and now - read_at > stale_after and db.execute(_INVENTED_TIME).first() is None
    return [step for step in Step if not (stale and step in _NEW)]


def running_waves(db: Connection) -> Sequence[Any]:
    """Id and settings of each; none of them is paused or stopped while this transaction lasts."""
    return db.execute(_RUNNING).all()


def due(db: Connection, wave_ids: list[int], steps: list[Step], *, now: datetime, limit: int) -> list[Any]:
    """Due rows, locked, those that another planner has left out, with everything their mail needs."""
    return list(db.execute(_DUE, {"waves": wave_ids, "steps": steps, "now": now, "most": limit}).all())


def suppressed(db: Connection, rows: list[Any]) -> dict[str, StopReason]:
    """Address -> the strongest reason why nothing may be sent to it.

    Read after the addresses are held: an opt-out that is committed is seen here, the others wait.
    """
    addresses = {"addresses": {row.address for row in rows}}
    found: dict[str, set[StopReason]] = {}
    for address, why in db.execute(_STANDING, addresses):
        found.setdefault(address, set()).add(_SUPPRESSED[SuppressionReason(why)])
    for email, opted_out in db.execute(_FLAGGED, addresses):
        found.setdefault(email or "", set()).add(StopReason.OPTED_OUT if opted_out else StopReason.BOUNCED)
    return {address: next(reason for reason in _STRENGTH if reason in reasons) for address, reasons in found.items()}


def consented(db: Connection, rows: list[Any]) -> frozenset[str]:
    """The addresses among them whose owners said that they may be asked; read after the addresses are held."""
    recorded = db.execute(_CONSENTED, {"addresses": {row.address for row in rows}}).scalars()
    return frozenset((*recorded, *(row.address for row in rows if row.consented_on is not None)))


def excluded(db: Connection, rows: list[Any], *, today: date) -> dict[tuple[str, str | None], date]:
    """(account, contact or None for all of it) -> the day the latest exclusion ends."""
    accounts = {row.account_now_id for row in rows}
    found = db.execute(_EXCLUDED, {"accounts": accounts, "today": today})
    return {(account_id, contact_id): expires_on for account_id, contact_id, expires_on in found}


def ledger(db: Connection, rows: list[Any], limits: Limits, *, now: datetime) -> Ledger:
    """What the quarantine counts for these rows: their own messages, colleagues' of today, what is to come."""
    addresses = {row.address for row in rows}
    accounts = {row.account_now_id for row in rows}
    # A day to both sides: "today" is the local day of each zone.
    first, last = now.date() - timedelta(days=1), now.date() + timedelta(days=1)
    own = db.execute(_OWN, {"addresses": addresses, "since": now - timedelta(days=limits.days + 2)}).all()
    same_day = {"accounts": accounts, "addresses": addresses, "first": first, "last": last}
    colleagues = db.execute(_COLLEAGUES, same_day).all()
    counted = Ledger(Reserved(*found) for found in (*own, *colleagues))
    for address, priority, on in db.execute(_COMING, {"addresses": addresses, "last": last}):
        counted.expect(address, priority=priority, on=on or first)
    return counted
