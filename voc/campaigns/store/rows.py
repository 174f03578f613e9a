"""What every query of this stage shares: settings and people out of rows, stopping rows."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, update
from sqlalchemy.sql.dml import ReturningUpdate

from voc.base.preferences import Preferences
from voc.base.schema import account, campaign, contact, csm, invitation, questionnaire_version, wave
from voc.base.types import Instant
from voc.base.words import RecordState
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import CampaignSettings, Chased, Disposition, DueStep, Limits, Role, Step, StopReason

# What a stop decides at once; the others are decided at the due date (3-metrics 1.1).
STOPPED = {
    StopReason.REFUSED: Disposition.REFUSED,
    StopReason.OPTED_OUT: Disposition.REFUSED,
    StopReason.COMPLAINED: Disposition.REFUSED,
    StopReason.BOUNCED: Disposition.UNKNOWN,
    StopReason.LEFT: Disposition.NOT_ELIGIBLE,
    StopReason.MERGED: Disposition.NOT_ELIGIBLE,
    StopReason.GONE: Disposition.NOT_ELIGIBLE,
    StopReason.REFERRED: Disposition.OTHER,
}


def settings_of(value: Any) -> CampaignSettings:
    return msgspec.convert(value, CampaignSettings)


def rules_of(settings: Any, preferences: Preferences) -> Rules:
    """The rules of a campaign from its settings as they are stored, and the installation's preferences."""
    return rules_with(settings_of(settings), preferences)


def enabled_steps(settings: Any) -> list[Step]:
    """The steps that a campaign has for each person, from its settings as they are stored."""
    rules = rules_of(settings, Preferences())
    return [step for step in Step if rules.is_on(step)]


def rules_with(own: CampaignSettings, preferences: Preferences) -> Rules:
    """The campaign's own values where it has them, the company's elsewhere."""

    def chosen(name: str) -> Any:
        value = getattr(own, name)
        return getattr(preferences, name) if value is None else value

    limits = Limits(
        days=chosen("quarantine_days"),
        messages=chosen("messages_per_quarantine"),
        contacts_per_account_day=chosen("contacts_per_account_day"),
        renewal_pause_days=chosen("renewal_pause_days"),
        consent_countries=frozenset(preferences.consent_countries),
    )
    calendar = Calendar(chosen("opens"), chosen("closes"), frozenset(chosen("blackout_days")))
    return Rules(own, calendar, limits, chosen("due_days"))


def chased_of(row: Any, excluded: Mapping[tuple[str, str | None], date]) -> Chased:
    """An invitation with what the CRM and the CSM say of person and account today.

    `row` has the account as it is now, merged ones resolved; `excluded` the end of the latest exclusion by
    (account, contact or None for all of it).
    """
    account_id = row.account_now_id
    ends = [excluded.get((account_id, whom)) for whom in (None, row.contact_id)]
    away = [row.away_until_on, row.contact_away_until_on]
    return Chased(
        key=row.address,
        address=row.address,
        account_id=account_id,
        time_zone=row.time_zone,
        country=row.country,
        heads_up=row.heads_up,
        priority=row.priority,
        since_on=local_day(row.resumed_at or row.launched_at, row.time_zone),
        closes_at=row.closes_at,
        away_until_on=max((day for day in away if day is not None), default=None),
        set_aside=RecordState.SET_ASIDE in (row.contact_state, row.account_state),
        excluded_until_on=max((day for day in ends if day is not None), default=None),
        escalated_until_on=row.escalated_until_on,
        renewal_on=row.renewal_on,
    )


def stop_rows(db: Connection, ids: Collection[int], *, reason: StopReason, now: datetime) -> list[int]:
    """End the chase of those that are not stopped yet; returns them."""
    if not ids:
        return []
    return sorted(db.execute(_stopping(reason), {"ids": sorted(ids), "at": now}).scalars())


@cache
def _stopping(reason: StopReason) -> ReturningUpdate[int]:
    decided = STOPPED.get(reason)
    at = bindparam("at", type_=Instant())
    values: dict[str, Any] = {
        "stopped": reason,
        "stopped_at": at,
        "next_step": None,
        "due_at": None,
        "held_because": None,
        "moved_because": None,
    }
    if decided is not None:
        # Only an invitation that was sent has a disposition, and the first one stands.
        open_ = (invitation.c.sent_at.is_not(None)) & (invitation.c.disposition.is_(None))
        values["disposition"] = case((open_, decided.value), else_=invitation.c.disposition)
        values["disposed_at"] = case((open_, at), else_=invitation.c.disposed_at)
    return (
        update(invitation)
        .where(invitation.c.id.in_(bindparam("ids", expanding=True)), invitation.c.stopped.is_(None))
        .values(**values)
        .returning(invitation.c.id)
    )


# What a mail of the chase needs beside its invitation, as it is today: `due_step` reads it.
OF_TODAY = (
    account.c.id.label("account_now_id"),
    account.c.name.label("account_name"),
    account.c.state.label("account_state"),
    account.c.status.label("account_status"),
    contact.c.state.label("contact_state"),
    contact.c.first_name,
    contact.c.last_name,
    contact.c.title,
    contact.c.left_company,
    contact.c.left_at,
    contact.c.opted_out,
    contact.c.consented_on,
    contact.c.away_until_on.label("contact_away_until_on"),
    wave.c.label,
    wave.c.questionnaire_version_id,
    campaign.c.name.label("campaign"),
    campaign.c.priority,
    questionnaire_version.c.name.label("questionnaire"),
    csm.c.name.label("csm_name"),
    csm.c.email.label("csm_email"),
    csm.c.title.label("csm_title"),
)


def chased_as_asked(row: Any, *, priority: int, since_at: datetime) -> Chased:
    """An invitation as its own row has it; `since_at` is when the wave began, or went on."""
    return Chased(
        key=row.address,
        address=row.address,
        account_id=row.account_id,
        time_zone=row.time_zone,
        country=row.country,
        heads_up=row.heads_up,
        priority=priority,
        since_on=local_day(since_at, row.time_zone),
        closes_at=row.closes_at,
        away_until_on=row.away_until_on,
        escalated_until_on=row.escalated_until_on,
        renewal_on=row.renewal_on,
    )


def due_step(
    row: Any, step: Step, *, due_at: datetime, closes_at: datetime, give_up_at: datetime, last_step: bool
) -> DueStep:
    """A mail of the chase out of a row with the invitation and person, account and CSM of today."""
    return DueStep(
        invitation_id=row.id,
        wave_id=row.wave_id,
        step=step,
        campaign=row.campaign,
        label=row.label,
        priority=row.priority,
        questionnaire_version_id=row.questionnaire_version_id,
        questionnaire=row.questionnaire,
        contact_id=row.contact_id,
        first_name=row.first_name,
        last_name=row.last_name,
        title=row.title,
        roles=tuple(Role(role) for role in row.roles),
        address=row.address,
        account_id=row.account_now_id,
        account_name=row.account_name,
        csm_id=row.csm_now_id,
        csm_name=row.csm_name,
        csm_email=row.csm_email,
        csm_title=row.csm_title,
        language=row.language,
        time_zone=row.time_zone,
        country=row.country,
        due_at=due_at,
        closes_at=closes_at,
        give_up_at=give_up_at,
        last_step=last_step,
        confidential=row.confidential,
    )
