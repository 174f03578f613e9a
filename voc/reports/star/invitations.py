"""Who should have been asked, who was, and what became of it, with what was true when they were."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base import confidential
from voc.base.confidential import unless_confidential
from voc.base.schema import census_member, csm, invitation, response, wave
from voc.base.words import Disposition, ResponseState, WaveState
from voc.metrics.units import group_of
from voc.reports.star.joined import (
    ACCOUNT_ID,
    CONTACT_ID,
    account_now,
    of_account,
    of_contact,
    stream,
    with_account,
    with_contact,
)
from voc.reports.star.model import (
    MOMENT,
    MONEY,
    SHARE,
    TEXT,
    WHOLE,
    YES,
    Field,
    Of,
    Plain,
    Sort,
    StarTable,
    day_key,
    flag,
    own_key,
    plain,
    refers,
)

IN_RATES = frozenset(
    {Disposition.COMPLETE, Disposition.PARTIAL, Disposition.REFUSED, Disposition.SILENT, Disposition.OTHER}
)

_ANSWERED = frozenset({Disposition.COMPLETE, Disposition.PARTIAL})

_latest_score = (
    select(response.c.score)
    .where(response.c.invitation_id == invitation.c.id, response.c.state == ResponseState.SUBMITTED)
    .order_by(response.c.submitted_at.desc(), response.c.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _invitations(db: Connection, _of: Of) -> Iterator[Any]:
    columns = invitation.c
    rows = invitation.join(wave, wave.c.id == columns.wave_id).outerjoin(csm, csm.c.id == columns.csm_id)
    rows = with_contact(with_account(rows, columns.account_id), columns.contact_id)
    query = (
        select(
            columns.id,
            columns.wave_id,
            wave.c.questionnaire_version_id,
            ACCOUNT_ID,
            account_now.c.country.label("account_country"),
            CONTACT_ID,
            columns.csm_id,
            csm.c.manager_id,
            columns.inherited,
            columns.segment,
            columns.language,
            columns.country,
            columns.arr,
            columns.currency,
            columns.freshness,
            columns.heads_up,
            columns.confidential,
            columns.sent_at,
            columns.closes_at.label("due_at"),
            confidential.bounced_at.label("bounced_at"),
            confidential.answered_at.label("answered_at"),
            confidential.stopped.label("stopped"),
            confidential.disposition.label("disposition"),
            unless_confidential(_latest_score).label("score"),
        )
        .select_from(rows)
        .where(wave.c.state != WaveState.PLANNING)
        .order_by(columns.id)
    )
    return stream(db, query)


def _is_due(row: Any, of: Of) -> bool:
    """What became of it is known and its due moment has passed; a bounce before any sending counts as unknown."""
    if row.confidential or row.disposition is None or (row.sent_at is None and row.disposition != Disposition.UNKNOWN):
        return False
    return row.due_at is None or row.due_at <= of.now


def _delivered(row: Any) -> bool:
    if row.answered_at is not None:
        return True
    if row.sent_at is None or row.disposition == Disposition.UNKNOWN:
        return False
    return row.bounced_at is None or (row.due_at is not None and row.bounced_at > row.due_at)


_UNKNOWN_OF_CONFIDENTIAL = "it did not happen, or the wave asks in confidence"


INVITATION = StarTable(
    "fact_invitation",
    Sort.FACT,
    "Everybody asked, one row a person and wave. Owner, segment, roles and revenue are those of the day it was sent. "
    "Response rate of a period: sum of answered_in_time over sum of in_response_rate of the rows due in it, both plus "
    "fact_confidential_group.",
    (
        own_key("invitation_key", "Invitation", lambda row, _of: row.id, "invitation.id"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "invitation.wave_id"),
        refers("questionnaire_key", "dim_questionnaire", "Version that was asked",
               lambda row, _of: row.questionnaire_version_id, "wave.questionnaire_version_id"),
        of_account("invitation.account_id"),
        of_contact("invitation.contact_id"),
        refers("csm_key", "dim_csm", "Owner when it was sent", lambda row, of: of.key("csm", row.csm_id),
               "invitation.csm_id"),
        refers("team_key", "dim_team", "Team today of the owner of then",
               lambda row, of: of.key("team", row.manager_id), "csm.manager_id"),
        refers("segment_key", "dim_segment", "Segment when it was sent", lambda row, of: of.key("segment", row.segment),
               "invitation.segment"),
        refers("region_key", "dim_region", "Region of the account today",
               lambda row, of: of.region(row.account_country), "account.country"),
        day_key("sent_date_key", "The server took the invitation", lambda row: row.sent_at, "invitation.sent_at"),
        day_key("due_date_key", "Due, 21 days after sending: figures go by this day", lambda row: row.due_at,
                "invitation.closes_at"),
        day_key("answered_date_key", "First answer, in time or late", lambda row: row.answered_at,
                "invitation.answered_at"),
        day_key("bounced_date_key", "The mail came back", lambda row: row.bounced_at, "invitation.bounced_at"),
        plain("sent_at", MOMENT, "The server took the invitation", "invitation.sent_at", nulls="not sent"),
        plain("due_at", MOMENT, "Due", "invitation.closes_at", nulls="not sent"),
        plain("answered_at", MOMENT, "First answer, in time or late", "invitation.answered_at",
              nulls=_UNKNOWN_OF_CONFIDENTIAL),
        plain("bounced_at", MOMENT, "The mail came back; of a confidential one under the moment it was sent",
              "invitation.bounced_at", nulls="it did not"),
        plain("inherited", YES, "Handed over under 60 days before: counts for the team, not for the CSM",
              "invitation.inherited"),
        plain("heads_up", YES, "In the half that got a heads-up", "invitation.heads_up"),
        plain("confidential", YES, "Asked in confidence", "invitation.confidential"),
        plain("language", TEXT, "Language code", "invitation.language"),
        plain("country", TEXT, "Code of the calendar that was kept", "invitation.country", nulls="not known"),
        plain("arr", MONEY, "Recurring revenue a year when it was sent", "invitation.arr", nulls="not in the CRM",
              unit="its own currency"),
        plain("currency", TEXT, "Of arr", "invitation.currency", nulls="not in the CRM", unit="ISO 4217"),
        Field("arr_reporting", MONEY, "arr in the reporting currency, at the rate of the settings",
              lambda row, of: of.money(row.arr, row.currency), "invitation.arr", "reporting currency",
              nulls="no amount, or no rate"),
        plain("freshness", SHARE, "Chance that the person was still there, just before sending", "invitation.freshness",
              nulls="not sent", unit="0..1"),
        plain("stopped", TEXT, "Why the chase ended", "invitation.stopped", nulls=_UNKNOWN_OF_CONFIDENTIAL),
        plain("disposition", TEXT, "complete, partial, refused, silent, other, unknown (bounced) or not_eligible",
              "invitation.disposition", nulls="under way, or the wave asks in confidence"),
        plain("score", WHOLE, "Answer to the recommend question", "response.score",
              nulls="none was given, or the wave asks in confidence", unit="0..10"),
        Field("score_group", TEXT, "promoter (9, 10), passive (7, 8) or detractor",
              lambda row, _of: None if row.score is None else group_of(row.score), "response.score",
              nulls="as score"),
        flag("sent", "The server took the invitation", lambda row, _of: row.sent_at is not None, "invitation.sent_at"),
        flag("delivered", "Taken, and not come back by the due day; an answer proves it too. Not of confidential ones",
             lambda row, _of: not row.confidential and _delivered(row), "invitation"),
        flag("answered", "Answered, in time or late. Not of confidential ones",
             lambda row, _of: row.answered_at is not None, "invitation.answered_at"),
        flag("in_response_rate", "Denominator of the response rate (RR6): due, and neither bounced nor not eligible",
             lambda row, of: _is_due(row, of) and row.disposition in IN_RATES, "invitation.disposition"),
        flag("answered_in_time", "Numerator of the response rate",
             lambda row, of: _is_due(row, of) and row.disposition in _ANSWERED, "invitation.disposition"),
        flag("bounced_in_rate", "Due and bounced: added to the denominator it gives the strict rate (RR2)",
             lambda row, of: _is_due(row, of) and row.disposition == Disposition.UNKNOWN, "invitation.disposition"),
    ),
    _invitations,
    "one person in one wave",
)  # fmt: skip


def _invited_roles(db: Connection, _of: Of) -> Iterator[Any]:
    query = select(invitation.c.id, invitation.c.roles).join(wave, wave.c.id == invitation.c.wave_id)
    for row in stream(db, query.where(wave.c.state != WaveState.PLANNING).order_by(invitation.c.id)):
        for role in sorted(set(row.roles)):
            yield Plain({"id": row.id, "role": role})


INVITATION_ROLE = StarTable(
    "bridge_invitation_role",
    Sort.BRIDGE,
    "Roles the person held at the account when asked.",
    (
        refers("invitation_key", "fact_invitation", "Invitation", lambda row, _of: row.id, "invitation.id"),
        refers("role_key", "dim_role", "Role", lambda row, of: of.key("role", row.role), "invitation.roles"),
    ),
    _invited_roles,
    "one role of one invitation",
)


def _census(db: Connection, _of: Of) -> Iterator[Any]:
    columns = census_member.c
    rows = census_member.join(wave, wave.c.id == columns.wave_id)
    rows = with_contact(with_account(rows, columns.account_id), columns.contact_id)
    query = select(columns.id, columns.wave_id, ACCOUNT_ID, CONTACT_ID, columns.reason).select_from(rows)
    return stream(db, query.where(wave.c.state != WaveState.PLANNING).order_by(columns.id))


CENSUS = StarTable(
    "fact_census",
    Sort.FACT,
    "Everybody who should have been asked in a wave, frozen at its launch, with the reason where nobody was.",
    (
        own_key("census_key", "Member of a census", lambda row, _of: row.id, "census_member.id"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "census_member.wave_id"),
        of_account("census_member.account_id"),
        of_contact("census_member.contact_id"),
        flag("asked", "1 where an invitation was planned", lambda row, _of: row.reason is None, "census_member.reason"),
        Field("why_not", TEXT, "opted_out, bounced, asked_recently and so on", lambda row, _of: row.reason,
              "census_member.reason", nulls="they were asked"),
    ),
    _census,
    "one person at one account in one wave",
)  # fmt: skip
