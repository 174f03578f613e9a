"""What happened: invitations, answers, mails, follow-ups. Attributes as they were frozen when somebody was asked.

Of what was asked in confidence nothing says that it was answered: `voc.base.confidential` is the one place that decides
it, here as on the pages. Its figures are in `fact_confidential_group`, in groups that are never taken apart.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, select

from voc.base import confidential
from voc.base.confidential import unless_confidential
from voc.base.schema import (
    account,
    alias,
    answer,
    census_member,
    confidential_release,
    contact,
    csm,
    follow_up,
    invitation,
    message,
    response,
    wave,
)
from voc.base.words import Disposition, RecordState, ResponseState, WaveState
from voc.metrics.confidential import Group
from voc.metrics.units import group_of
from voc.reports.star.dimensions import question_key, stream
from voc.reports.star.model import Field, Of, Plain, Sort, StarTable, day_key, flag, own_key, plain, refers
from voc.reports.tables import Kind

TEXT, WHOLE, MONEY, SHARE, YES, MOMENT, NUMBER = (
    Kind.TEXT, Kind.WHOLE, Kind.MONEY, Kind.SHARE, Kind.YES, Kind.MOMENT, Kind.NUMBER,
)  # fmt: skip

_of_account, _of_contact = alias.alias("of_account"), alias.alias("of_contact")
account_now, contact_now = account.alias("account_now"), contact.alias("contact_now")


def with_account(rows: Any, column: Any) -> Any:
    """Joined with the account as it is today: the winner of one that was merged. No row where there is none."""
    found = rows.outerjoin(_of_account, and_(_of_account.c.kind == "account", _of_account.c.loser_id == column))
    return found.outerjoin(account_now, account_now.c.id == func.coalesce(_of_account.c.winner_id, column))


def with_contact(rows: Any, column: Any) -> Any:
    found = rows.outerjoin(_of_contact, and_(_of_contact.c.kind == "contact", _of_contact.c.loser_id == column))
    same = contact_now.c.id == func.coalesce(_of_contact.c.winner_id, column)
    return found.outerjoin(contact_now, and_(same, contact_now.c.state != RecordState.MERGED))


ACCOUNT_ID = account_now.c.id.label("of_account")
CONTACT_ID = contact_now.c.id.label("of_contact")


def of_account(source: str, meaning: str = "Account; the winner if it was merged since") -> Field:
    return refers("account_key", "dim_account", meaning, lambda row, of: of.key("account", row.of_account), source)


def of_contact(source: str) -> Field:
    meaning = "Person; the winner if the record was merged since"
    return refers("contact_key", "dim_contact", meaning, lambda row, of: of.person(row.of_contact), source)


# --- invitations ---

_IN_RATES = frozenset(
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
             lambda row, of: _is_due(row, of) and row.disposition in _IN_RATES, "invitation.disposition"),
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


def _groups(db: Connection, of: Of) -> Iterator[Any]:
    query = select(confidential_release, wave.c.closed_at).join(wave, wave.c.id == confidential_release.c.wave_id)
    for row in db.execute(query.order_by(confidential_release.c.wave_id)):
        for number, group in enumerate(msgspec.convert(row.groups, list[Group])):
            scores = group.scores or {}
            yield Plain(
                {
                    "number": number,
                    "wave_id": row.wave_id,
                    "closed_at": row.closed_at,
                    "csm_id": group.csm_id,
                    "lead_id": group.lead_id,
                    "segment": group.segment,
                    "accounts": group.accounts,
                    "people": group.people,
                    "answered_in_time": group.answered,
                    "in_response_rate": sum(group.dispositions.get(one, 0) for one in _IN_RATES),
                    **{one: scores.get(one, 0) if group.scores else None for one in _SCORED},
                }
            )


_SCORED = ("promoter", "passive", "detractor")
_APART = "scores could not be told apart from a person's"

CONFIDENTIAL_GROUP = StarTable(
    "fact_confidential_group",
    Sort.FACT,
    "What a wave that asked in confidence may tell: groups of five and more at two and more accounts, counted once and "
    "never taken apart. Due on the day the wave closed.",
    (
        own_key("group_key", "Group", lambda row, of: of.key("group", f"{row.wave_id}:{row.number}"),
                "confidential_release.groups"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "confidential_release.wave_id"),
        refers("csm_key", "dim_csm", "CSM of all of them; 0 where it is a team's or the company's",
               lambda row, of: of.key("csm", row.csm_id), "confidential_release.groups"),
        refers("team_key", "dim_team", "Team of all of them", lambda row, of: of.key("team", row.lead_id),
               "confidential_release.groups"),
        refers("segment_key", "dim_segment", "Segment of all of them", lambda row, of: of.key("segment", row.segment),
               "confidential_release.groups"),
        day_key("due_date_key", "The wave closed", lambda row: row.closed_at, "wave.closed_at"),
        plain("accounts", WHOLE, "Accounts", "confidential_release.groups"),
        plain("people", WHOLE, "Asked", "confidential_release.groups"),
        plain("in_response_rate", WHOLE, "Denominator of the response rate", "confidential_release.groups"),
        plain("answered_in_time", WHOLE, "Its numerator", "confidential_release.groups"),
        *(plain(one, WHOLE, f"{one.capitalize()}s", "confidential_release.groups", nulls=_APART) for one in _SCORED),
    ),
    _groups,
    "one group of one wave",
)  # fmt: skip

# --- answers ---


def _answers(db: Connection, _of: Of) -> Iterator[Any]:
    rows = answer.join(response, response.c.id == answer.c.response_id)
    rows = rows.join(invitation, invitation.c.id == response.c.invitation_id)
    rows = with_contact(with_account(rows, invitation.c.account_id), invitation.c.contact_id)
    query = (
        select(
            answer.c.id,
            answer.c.question,
            answer.c.number,
            answer.c.choices,
            answer.c.text,
            response.c.id.label("response_id"),
            response.c.questionnaire_version_id,
            response.c.submitted_at,
            response.c.channel,
            response.c.complete,
            response.c.language,
            invitation.c.id.label("invitation_id"),
            invitation.c.wave_id,
            invitation.c.csm_id,
            ACCOUNT_ID,
            CONTACT_ID,
        )
        .select_from(rows)
        .where(response.c.state == ResponseState.SUBMITTED, confidential.named)
        .order_by(answer.c.id)
    )
    return stream(db, query)


ANSWER = StarTable(
    "fact_answer",
    Sort.FACT,
    "Answers that were submitted, one row a question. None of a wave that asked in confidence. Words are in "
    "fact_verbatim.",
    (
        own_key("answer_key", "Answer", lambda row, _of: row.id, "answer.id"),
        plain("response_id", WHOLE, "Answers of one submission share it", "response.id"),
        refers("invitation_key", "fact_invitation", "Invitation", lambda row, _of: row.invitation_id,
               "response.invitation_id"),
        refers("question_key", "dim_question", "Question",
               lambda row, of: question_key(of, row.questionnaire_version_id, row.question), "answer.question"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "invitation.wave_id"),
        of_account("invitation.account_id"),
        of_contact("invitation.contact_id"),
        refers("csm_key", "dim_csm", "Owner when it was sent", lambda row, of: of.key("csm", row.csm_id),
               "invitation.csm_id"),
        day_key("submitted_date_key", "Submitted", lambda row: row.submitted_at, "response.submitted_at"),
        plain("submitted_at", MOMENT, "Submitted", "response.submitted_at"),
        plain("channel", TEXT, "page, or phone: typed in by a CSM", "response.channel"),
        plain("complete", YES, "All required questions answered", "response.complete"),
        plain("language", TEXT, "Language code of the page", "response.language"),
        plain("number", WHOLE, "Point of a scale", "answer.number", nulls="no scale, or does not apply"),
        Field("choices", TEXT, "Keys of what was picked, apart by a space",
              lambda row, _of: " ".join(row.choices or ()) or None, "answer.choices", nulls="nothing to pick"),
        flag("has_words", "1 where something was written", lambda row, _of: row.text, "answer.verbatim"),
    ),
    _answers,
    "one answered question",
)  # fmt: skip


def _verbatims(db: Connection, of: Of) -> Iterator[Any]:
    return (row for row in _answers(db, of) if row.text)


VERBATIM = StarTable(
    "fact_verbatim",
    Sort.FACT,
    "What people wrote, word for word: it names people. Written only when personal data is asked for.",
    (
        own_key("answer_key", "As in fact_answer", lambda row, _of: row.id, "answer.id"),
        plain("text", TEXT, "Their words", "answer.verbatim"),
    ),
    _verbatims,
    "one comment",
    personal=True,
)

# --- mails ---


def _messages(db: Connection, _of: Of) -> Iterator[Any]:
    rows = message.join(invitation, invitation.c.id == message.c.invitation_id)
    rows = rows.join(wave, wave.c.id == invitation.c.wave_id)
    rows = with_contact(with_account(rows, invitation.c.account_id), invitation.c.contact_id)
    columns = message.c
    query = (
        select(
            columns.id,
            columns.invitation_id,
            invitation.c.wave_id,
            ACCOUNT_ID,
            CONTACT_ID,
            columns.kind,
            columns.step,
            columns.state,
            columns.attempts,
            columns.created_at,
            columns.due_at,
            columns.sent_at,
            unless_confidential(columns.bounced_at).label("bounced_at"),
            columns.reply_code,
            unless_confidential(columns.bounce_code).label("bounce_code"),
        )
        .select_from(rows)
        .where(confidential.mail_listed, wave.c.state != WaveState.PLANNING)
        .order_by(columns.id)
    )
    return stream(db, query)


MESSAGE = StarTable(
    "fact_message",
    Sort.FACT,
    "Mails about an invitation: each step of the chase, nudges, thanks. Of a wave that asks in confidence no reminder: "
    "it goes only to who has not answered.",
    (
        own_key("message_key", "Mail", lambda row, _of: row.id, "message.id"),
        refers("invitation_key", "fact_invitation", "Invitation", lambda row, _of: row.invitation_id,
               "message.invitation_id"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "invitation.wave_id"),
        of_account("invitation.account_id"),
        of_contact("invitation.contact_id"),
        plain("kind", TEXT, "chase, nudge or thanks", "message.kind"),
        plain("step", TEXT, "heads_up, invite, reminder_1, reminder_2 or last_call", "message.step",
              nulls="not a step of the chase"),
        plain("state", TEXT, "queued, claimed, handing_over, sent, unknown, failed, cancelled or held",
              "message.state"),
        day_key("due_date_key", "Meant for", lambda row: row.due_at, "message.due_at"),
        day_key("sent_date_key", "The server took it", lambda row: row.sent_at, "message.sent_at"),
        day_key("bounced_date_key", "It came back", lambda row: row.bounced_at, "message.bounced_at"),
        plain("created_at", MOMENT, "Frozen", "message.created_at"),
        plain("due_at", MOMENT, "Meant for", "message.due_at"),
        plain("sent_at", MOMENT, "The server took it", "message.sent_at", nulls="it did not"),
        plain("bounced_at", MOMENT, "It came back", "message.bounced_at",
              nulls="it did not, or the wave asks in confidence"),
        plain("attempts", WHOLE, "Tries", "message.attempts"),
        plain("reply_code", WHOLE, "The server's last code", "message.reply_code", nulls="none yet"),
        plain("bounce_code", TEXT, "Code of the bounce", "message.bounce_code",
              nulls="it did not come back, or the wave asks in confidence"),
    ),
    _messages,
    "one mail",
)  # fmt: skip

# --- follow-ups ---


def _follow_ups(db: Connection, _of: Of) -> Iterator[Any]:
    columns = follow_up.c
    rows = with_contact(with_account(follow_up, columns.account_id), columns.contact_id)
    return stream(db, select(follow_up, ACCOUNT_ID, CONTACT_ID).select_from(rows).order_by(columns.id))


def _met(row: Any, _of: Of) -> bool:
    return row.contacted_at is not None and row.contacted_at <= row.contact_by


def _due(row: Any, of: Of) -> bool:
    return row.contacted_at is not None or row.contact_by < of.now


FOLLOW_UP = StarTable(
    "fact_follow_up",
    Sort.FACT,
    "Duties to get back to a person. Follow-ups in time: sum of in_time over sum of due.",
    (
        own_key("follow_up_key", "Follow-up", lambda row, _of: row.id, "follow_up.id"),
        of_account("follow_up.account_id"),
        of_contact("follow_up.contact_id"),
        refers("wave_key", "dim_wave", "Wave of the answer", lambda row, _of: row.wave_id or 0, "follow_up.wave_id"),
        refers("csm_key", "dim_csm", "Owner", lambda row, of: of.key("csm", row.owner_csm_id),
               "follow_up.owner_csm_id"),
        plain("kind", TEXT, "detractor, passive_request, promoter_offer or silent_account", "follow_up.kind"),
        plain("state", TEXT, "new, acknowledged, contacted, resolved or confirmed", "follow_up.state"),
        plain("score", WHOLE, "The answer it is about", "follow_up.score", nulls="no answer, or in confidence",
              unit="0..10"),
        plain("cause", TEXT, "Root cause", "follow_up.cause", nulls="not resolved"),
        day_key("opened_date_key", "The answer was recorded: the clock's start", lambda row: row.opened_at,
                "follow_up.opened_at"),
        day_key("contact_by_date_key", "Limit of the first contact", lambda row: row.contact_by,
                "follow_up.contact_by"),
        day_key("contacted_date_key", "First contact", lambda row: row.contacted_at, "follow_up.contacted_at"),
        day_key("resolved_date_key", "Resolved", lambda row: row.resolved_at, "follow_up.resolved_at"),
        plain("opened_at", MOMENT, "The clock's start", "follow_up.opened_at"),
        plain("contact_by", MOMENT, "Limit of the first contact", "follow_up.contact_by"),
        plain("acknowledged_at", MOMENT, "Taken", "follow_up.acknowledged_at", nulls="not yet"),
        plain("contacted_at", MOMENT, "First contact", "follow_up.contacted_at", nulls="not yet"),
        plain("resolve_by", MOMENT, "Limit of resolving", "follow_up.resolve_by", nulls="it has none"),
        plain("resolved_at", MOMENT, "Resolved", "follow_up.resolved_at", nulls="not yet"),
        plain("confirmed_at", MOMENT, "The customer agreed", "follow_up.confirmed_at", nulls="not yet"),
        flag("due", "Contacted, or past the limit at the moment of the export", _due, "follow_up.contact_by"),
        flag("in_time", "Contacted within the limit", _met, "follow_up.contacted_at"),
    ),
    _follow_ups,
    "one follow-up",
)  # fmt: skip

FACTS = (
    CENSUS, INVITATION, INVITATION_ROLE, CONFIDENTIAL_GROUP, ANSWER, VERBATIM, MESSAGE, FOLLOW_UP,
)  # fmt: skip
