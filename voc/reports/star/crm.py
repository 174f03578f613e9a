"""What the CRM says of accounts: renewals at their landmark, deals, milestones, meetings."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from voc.base.schema import activity, milestone, opportunity, renewal_landmark
from voc.base.words import RecordState
from voc.reports.star.joined import ACCOUNT_ID, CONTACT_ID, of_account, of_contact, stream, with_account, with_contact
from voc.reports.star.model import (
    MONEY,
    NUMBER,
    TEXT,
    Field,
    Of,
    Sort,
    StarTable,
    day_key,
    flag,
    own_key,
    plain,
    refers,
)


def _renewals(db: Connection, _of: Of) -> Iterator[Any]:
    rows = with_account(renewal_landmark, renewal_landmark.c.account_id)
    return stream(db, select(renewal_landmark, ACCOUNT_ID).select_from(rows).order_by(renewal_landmark.c.id))


RENEWAL = StarTable(
    "fact_renewal",
    Sort.FACT,
    "Renewal decisions, each read at its landmark and kept: what silence costs. Nothing later than that is in it.",
    (
        own_key("renewal_key", "Decision", lambda row, _of: row.id, "renewal_landmark.id"),
        of_account("renewal_landmark.account_id"),
        refers("csm_key", "dim_csm", "Owner at the landmark", lambda row, of: of.key("csm", row.csm_id),
               "renewal_landmark.csm_id"),
        refers("segment_key", "dim_segment", "Segment at the landmark", lambda row, of: of.key("segment", row.segment),
               "renewal_landmark.segment"),
        day_key("decided_date_key", "Decided", lambda row: row.decided_on, "renewal_landmark.decided_on"),
        day_key("landmark_date_key", "Read on", lambda row: row.landmark_on, "renewal_landmark.landmark_on"),
        flag("lost", "1 where they left", lambda row, _of: row.lost, "renewal_landmark.lost"),
        Field("account_state", TEXT, "heard, silent and so on, as known at the landmark", lambda row, _of: row.state,
              "renewal_landmark.state", nulls="it is in no table"),
        Field("left_out", TEXT, "lost_before, notice_before or nobody_asked", lambda row, _of: row.reason,
              "renewal_landmark.reason", nulls="it counts"),
        plain("score", NUMBER, "Of silence, the last night before the landmark", "renewal_landmark.score",
              nulls="none was kept", unit="0..100"),
        plain("days_since_answer", NUMBER, "At the landmark", "renewal_landmark.days_since_answer",
              nulls="nobody had answered", unit="days"),
        flag("treated", "1 where we called between landmark and decision", lambda row, _of: row.treated,
             "renewal_landmark.treated"),
    ),
    _renewals,
    "one renewal decision",
)  # fmt: skip


def _live(record: Table, *, people: bool = False) -> Callable[[Connection, Of], Iterator[Any]]:
    """The records that the CRM has, with the account, and the person, that each counts for today."""
    rows = with_account(record, record.c.account_id)
    if people:
        rows = with_contact(rows, record.c.contact_id)
    known = (ACCOUNT_ID, CONTACT_ID) if people else (ACCOUNT_ID,)
    query = select(record, *known).select_from(rows).where(record.c.state == RecordState.LIVE).order_by(record.c.id)
    return lambda db, _of: stream(db, query)


DEAL = StarTable(
    "fact_deal",
    Sort.FACT,
    "Opportunities of the CRM: renewals, upsells, new business, as they stand today.",
    (
        own_key("deal_key", "Opportunity", lambda row, of: of.key("deal", row.id), "opportunity.id"),
        of_account("opportunity.account_id"),
        plain("kind", TEXT, "As the CRM types it", "opportunity.kind", nulls="not in the CRM"),
        plain("stage", TEXT, "As the CRM names it", "opportunity.stage", nulls="not in the CRM"),
        day_key("close_date_key", "Closed, or meant to", lambda row: row.close_on, "opportunity.close_on"),
        day_key("confirmed_date_key", "Renewal confirmed", lambda row: row.renewal_confirmed_on,
                "opportunity.renewal_confirmed_on"),
        flag("closed", "1 where it is decided", lambda row, _of: row.closed, "opportunity.closed"),
        flag("won", "1 where it was won", lambda row, _of: row.won, "opportunity.won"),
        plain("amount", MONEY, "Amount", "opportunity.amount", nulls="not in the CRM", unit="its own currency"),
        plain("currency", TEXT, "Of the amounts", "opportunity.currency", nulls="not in the CRM", unit="ISO 4217"),
        Field("amount_reporting", MONEY, "amount in the reporting currency",
              lambda row, of: of.money(row.amount, row.currency), "opportunity.amount", "reporting currency",
              nulls="no amount, or no rate"),
        plain("arr_before", MONEY, "Recurring revenue before", "opportunity.arr_before", nulls="not in the CRM",
              unit="its own currency"),
        plain("arr_after", MONEY, "Recurring revenue after", "opportunity.arr_after", nulls="not in the CRM",
              unit="its own currency"),
    ),
    _live(opportunity),
    "one opportunity",
)  # fmt: skip


MILESTONE = StarTable(
    "fact_milestone",
    Sort.FACT,
    "Dated facts about an account from the CRM: went live, trained, costs. See voc/metrics/MILESTONES.md.",
    (
        own_key("milestone_key", "Milestone", lambda row, of: of.key("milestone", row.id), "milestone.id"),
        of_account("milestone.account_id"),
        refers("csm_key", "dim_csm", "CSM the CRM names", lambda row, of: of.key("csm", row.csm_id),
               "milestone.csm_id"),
        plain("kind", TEXT, "went_live, training_completed and so on", "milestone.kind"),
        day_key("date_key", "Its day", lambda row: row.on, "milestone.on"),
        plain("value", NUMBER, "Its number", "milestone.value", nulls="it has none"),
    ),
    _live(milestone),
    "one milestone",
)  # fmt: skip


ACTIVITY = StarTable(
    "fact_activity",
    Sort.FACT,
    "Meetings and calls that the CRM has, without their subject.",
    (
        own_key("activity_key", "Activity", lambda row, of: of.key("activity", row.id), "activity.id"),
        of_account("activity.account_id"),
        of_contact("activity.contact_id"),
        refers("csm_key", "dim_csm", "Whose it was", lambda row, of: of.key("csm", row.csm_id), "activity.csm_id"),
        plain("kind", TEXT, "As the CRM types it", "activity.kind", nulls="not in the CRM"),
        day_key("date_key", "Its day", lambda row: row.on, "activity.on"),
    ),
    _live(activity, people=True),
    "one meeting or call",
)
