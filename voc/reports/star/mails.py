"""Mails about an invitation."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base import confidential
from voc.base.confidential import unless_confidential
from voc.base.schema import invitation, message, wave
from voc.base.words import WaveState
from voc.reports.star.joined import ACCOUNT_ID, CONTACT_ID, of_account, of_contact, stream, with_account, with_contact
from voc.reports.star.model import MOMENT, TEXT, WHOLE, Of, Sort, StarTable, day_key, own_key, plain, refers


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
