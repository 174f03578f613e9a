"""What was kept: figures of each night, months of scorecards, renewals at their landmark; and the CRM's own facts."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, select

from voc.base.schema import (
    account,
    account_csm,
    activity,
    contact,
    contact_role,
    figure_snapshot,
    measure_file,
    milestone,
    opportunity,
    renewal_landmark,
    scorecard_month,
    scorecard_result,
)
from voc.base.words import RecordState, Scope
from voc.metrics.cards.model import Result
from voc.metrics.model import Shown
from voc.metrics.run.kept import BOOK
from voc.reports.star.dimensions import stream
from voc.reports.star.facts import ACCOUNT_ID, CONTACT_ID, of_account, of_contact, with_account, with_contact
from voc.reports.star.model import Field, Of, Plain, Sort, StarTable, day_key, flag, own_key, plain, refers
from voc.reports.tables import Kind

TEXT, WHOLE, MONEY, YES, NUMBER = Kind.TEXT, Kind.WHOLE, Kind.MONEY, Kind.YES, Kind.NUMBER

# --- figures ---


def _figures(db: Connection, _of: Of) -> Iterator[Any]:
    """In the order of the days, so that a quarter is written once and for good."""
    columns = figure_snapshot.c
    query = select(figure_snapshot).where(columns.window_days > 0, columns.name != BOOK)
    return stream(db, query.order_by(columns.as_of, columns.scope, columns.scope_id, columns.name, columns.window_days))


def _scoped(dimension: str, scope: Scope) -> Any:
    return lambda row, of: of.key(dimension, row.scope_id if row.scope == scope else None)


def _value(row: Any, _of: Of) -> float | None:
    """As a page tells it: under five only the counts."""
    shown = row.detail.get("shown") if row.detail else None
    return None if shown in (Shown.REASON, Shown.COUNTS) else row.value


_NO_INTERVAL = "under 10 or 3 accounts, or a figure without one"

FIGURE = StarTable(
    "fact_figure",
    Sort.FACT,
    "Figures as each night kept them, a file a quarter. What was kept is never counted again: the file of a past "
    "quarter stays the same, byte for byte, whatever is merged, handed over or answered late.",
    (
        refers("figure_key", "dim_figure", "Figure", lambda row, of: of.key("figure", row.name),
               "figure_snapshot.name"),
        day_key("as_of_date_key", "The night's day", lambda row: row.as_of, "figure_snapshot.as_of"),
        plain("scope", TEXT, "account, csm, team, segment, region or total", "figure_snapshot.scope"),
        refers("account_key", "dim_account", "Account, if it is of one; as it was, a merged one too",
               _scoped("account", Scope.ACCOUNT), "figure_snapshot.scope_id"),
        refers("csm_key", "dim_csm", "CSM, if it is of one", _scoped("csm", Scope.CSM), "figure_snapshot.scope_id"),
        refers("team_key", "dim_team", "Team, if it is of one", _scoped("team", Scope.TEAM),
               "figure_snapshot.scope_id"),
        refers("segment_key", "dim_segment", "Segment, if it is of one", _scoped("segment", Scope.SEGMENT),
               "figure_snapshot.scope_id"),
        refers("region_key", "dim_region", "Region, if it is of one", _scoped("region", Scope.REGION),
               "figure_snapshot.scope_id"),
        plain("window_days", WHOLE, "Period that ended that day", "figure_snapshot.window_days", unit="days"),
        Field("value", NUMBER, "In the figure's own measure", _value, "figure_snapshot.value", "see dim_figure.measure",
              nulls="nothing to count, or under five: then the counts alone are told"),
        plain("numerator", NUMBER, "What counts", "figure_snapshot.numerator", nulls="nothing to count"),
        plain("denominator", NUMBER, "Of how many", "figure_snapshot.denominator", nulls="nothing to count"),
        plain("low", NUMBER, "Lower end of its interval", "figure_snapshot.low", nulls=_NO_INTERVAL),
        plain("high", NUMBER, "Upper end", "figure_snapshot.high", nulls=_NO_INTERVAL),
        plain("level", NUMBER, "Of the interval, 0.95", "figure_snapshot.level", nulls=_NO_INTERVAL),
        plain("interval_kind", TEXT, "Which question it answers", "figure_snapshot.interval_kind", nulls=_NO_INTERVAL),
        plain("state", TEXT, "ok, too_few, none_asked, in_flight, suppressed or no_data", "figure_snapshot.state"),
        plain("reason", TEXT, "Why there is no value", "figure_snapshot.reason", nulls="there is one"),
        plain("definition_version", WHOLE, "Of the definition it was counted by",
              "figure_snapshot.definition_version"),
    ),
    _figures,
    "one figure of one scope, night and period",
    parted=lambda row: row.as_of,
)  # fmt: skip

# --- scorecards ---


def _lines(db: Connection, _of: Of) -> Iterator[Any]:
    month, result = scorecard_month.c, scorecard_result.c
    query = (
        select(month.name, month.month, month.revision, month.approved_at, measure_file.c.number, scorecard_result)
        .select_from(
            scorecard_month.join(scorecard_result, result.month_id == month.id).join(
                measure_file, measure_file.c.id == month.file_id
            )
        )
        .order_by(month.month, month.name, month.revision, result.scope, result.scope_id)
    )
    for row in stream(db, query):
        found = msgspec.convert(row.result, Result)
        for place, line in enumerate(found.lines, 1):
            yield Plain(
                {
                    "card": row[0],
                    "month": row.month,
                    "revision": row.revision,
                    "approved": row.approved_at is not None,
                    "file_version": row.number,
                    "scope": row.scope,
                    "scope_id": row.scope_id,
                    "lead_id": row.lead_id,
                    "place": place,
                    **{name: getattr(line, name) for name in _OF_LINE},
                }
            )


_OF_LINE = (
    "figure", "days", "value", "numerator", "denominator", "state", "standard", "weight", "weight_counted",
    "attainment", "points", "pays", "money", "gap", "definition_version",
)  # fmt: skip

SCORECARD_LINE = StarTable(
    "fact_scorecard_line",
    Sort.FACT,
    "Lines of scorecards, frozen with their month. A correction is a further revision: read the highest of each month.",
    (
        plain("card", TEXT, "Name of the scorecard", "scorecard_month.name"),
        day_key("month_date_key", "First day of the month", lambda row: row.month, "scorecard_month.month"),
        plain("revision", WHOLE, "1, or more after a correction", "scorecard_month.revision"),
        plain("approved", YES, "A leader approved this revision", "scorecard_month.approved_at"),
        plain("file_version", WHOLE, "Version of the scorecard's file it was counted by", "measure_file.number"),
        plain("scope", TEXT, "csm, team or total", "scorecard_result.scope"),
        refers("csm_key", "dim_csm", "CSM, if it is of one", _scoped("csm", Scope.CSM), "scorecard_result.scope_id"),
        refers("team_key", "dim_team", "Team: of a CSM as it was then",
               lambda row, of: of.key("team", row.scope_id if row.scope == Scope.TEAM else row.lead_id),
               "scorecard_result.lead_id"),
        plain("place", WHOLE, "Line of the scorecard", "scorecard_result.result"),
        refers("figure_key", "dim_figure", "Figure", lambda row, of: of.key("figure", row.figure),
               "scorecard_result.result"),
        plain("days", WHOLE, "Period", "scorecard_result.result", unit="days"),
        plain("value", NUMBER, "In the figure's own measure", "scorecard_result.result", nulls="see gap and state"),
        plain("numerator", NUMBER, "What counts", "scorecard_result.result", nulls="nothing to count"),
        plain("denominator", NUMBER, "Of how many", "scorecard_result.result", nulls="nothing to count"),
        plain("state", TEXT, "ok, too_few, none_asked, in_flight, suppressed or no_data", "scorecard_result.result"),
        plain("gap", TEXT, "nothing_due, too_few or no_facts", "scorecard_result.result", nulls="it has a value"),
        plain("standard", NUMBER, "What it should reach", "scorecard_result.result", nulls="it has none"),
        plain("weight", NUMBER, "Of a hundred, as the file says", "scorecard_result.result"),
        plain("weight_counted", NUMBER, "After what was left out is shared", "scorecard_result.result"),
        plain("attainment", NUMBER, "Value over standard, up to the line's most", "scorecard_result.result",
              nulls="no value"),
        plain("points", NUMBER, "Weight counted times attainment", "scorecard_result.result"),
        plain("pays", NUMBER, "Share of the sum of money", "scorecard_result.result", unit="percent"),
        plain("money", MONEY, "What it pays", "scorecard_result.result", nulls="it pays nothing",
              unit="reporting currency"),
        plain("definition_version", WHOLE, "Of the figure's definition it was counted by", "scorecard_result.result"),
    ),
    _lines,
    "one line of one month, revision and person, team or company",
)  # fmt: skip

# --- renewals, deals ---


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


def _deals(db: Connection, _of: Of) -> Iterator[Any]:
    rows = with_account(opportunity, opportunity.c.account_id)
    query = select(opportunity, ACCOUNT_ID).select_from(rows).where(opportunity.c.state == RecordState.LIVE)
    return stream(db, query.order_by(opportunity.c.id))


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
    _deals,
    "one opportunity",
)  # fmt: skip

# --- milestones, meetings ---


def _milestones(db: Connection, _of: Of) -> Iterator[Any]:
    rows = with_account(milestone, milestone.c.account_id)
    query = select(milestone, ACCOUNT_ID).select_from(rows).where(milestone.c.state == RecordState.LIVE)
    return stream(db, query.order_by(milestone.c.id))


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
    _milestones,
    "one milestone",
)  # fmt: skip


def _activities(db: Connection, _of: Of) -> Iterator[Any]:
    rows = with_contact(with_account(activity, activity.c.account_id), activity.c.contact_id)
    query = select(activity, ACCOUNT_ID, CONTACT_ID).select_from(rows).where(activity.c.state == RecordState.LIVE)
    return stream(db, query.order_by(activity.c.id))


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
    _activities,
    "one meeting or call",
)

# --- who owned what, who holds what ---


def _owned(db: Connection, _of: Of) -> Iterator[Any]:
    query = select(account_csm).join(account, account.c.id == account_csm.c.account_id)
    return stream(db, query.order_by(account_csm.c.account_id, account_csm.c.from_at, account_csm.c.id))


ACCOUNT_OWNER = StarTable(
    "bridge_account_owner",
    Sort.BRIDGE,
    "Who owned an account when: the slowly changing owner. Facts have the owner of their day already.",
    (
        own_key("ownership_key", "Interval", lambda row, _of: row.id, "account_csm.id"),
        refers("account_key", "dim_account", "Account; of a merged one its own",
               lambda row, of: of.key("account", row.account_id), "account_csm.account_id"),
        refers("csm_key", "dim_csm", "Owner; 0 for nobody", lambda row, of: of.key("csm", row.csm_id),
               "account_csm.csm_id"),
        day_key("from_date_key", "From this day on", lambda row: row.from_at, "account_csm.from_at"),
        day_key("to_date_key", "Up to this day, not with it; 0 today's owner", lambda row: row.to_at,
                "account_csm.to_at"),
        flag("current", "1 today's owner", lambda row, _of: row.to_at is None, "account_csm.to_at"),
    ),
    _owned,
    "one interval of one owner",
)  # fmt: skip


def _roles(db: Connection, _of: Of) -> Iterator[Any]:
    """As a CSM said or else as the CRM has them: the CSM's word is read last."""
    held = contact_role.c
    query = (
        select(held.account_id, held.contact_id, held.role, held.ended)
        .join(contact, and_(contact.c.id == held.contact_id, contact.c.state != RecordState.MERGED))
        .order_by(held.account_id, held.contact_id, held.role, held.by_csm)
    )
    last: Any = None
    for row in stream(db, query):
        if last is not None and tuple(last[:3]) != tuple(row[:3]) and not last.ended:
            yield last
        last = row
    if last is not None and not last.ended:
        yield last


CONTACT_ROLE = StarTable(
    "bridge_contact_role",
    Sort.BRIDGE,
    "Roles people hold at accounts today.",
    (
        refers("account_key", "dim_account", "Account", lambda row, of: of.key("account", row.account_id),
               "contact_role.account_id"),
        refers("contact_key", "dim_contact", "Person", lambda row, of: of.person(row.contact_id),
               "contact_role.contact_id"),
        refers("role_key", "dim_role", "Role", lambda row, of: of.key("role", row.role), "contact_role.role"),
    ),
    _roles,
    "one role of one person at one account",
)  # fmt: skip

KEPT = (FIGURE, SCORECARD_LINE, RENEWAL, DEAL, MILESTONE, ACTIVITY, ACCOUNT_OWNER, CONTACT_ROLE)
