"""The dimensions: who, where, when, what was asked. Keys are the same in every export; names are those of today."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, select, union

from voc.base.schema import (
    account,
    account_csm,
    activity,
    alias,
    answer,
    campaign,
    contact,
    csm,
    figure_snapshot,
    follow_up,
    invitation,
    milestone,
    questionnaire_version,
    renewal_landmark,
    response,
    scorecard_result,
    wave,
)
from voc.base.words import RecordState, Role, Scope, Segment, WaveState
from voc.campaigns import questionnaire
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.metrics.catalogue import CATALOGUE, Definition
from voc.metrics.regions import USUAL
from voc.reports.star.model import Field, Of, Plain, Sort, StarTable, day_key, flag, own_key, plain, refers
from voc.reports.tables import Kind

_AT_ONCE = 5_000
TEXT, WHOLE, MONEY, SHARE, YES, DAY, MOMENT, NUMBER = (
    Kind.TEXT, Kind.WHOLE, Kind.MONEY, Kind.SHARE, Kind.YES, Kind.DAY, Kind.MOMENT, Kind.NUMBER,
)  # fmt: skip


def stream(db: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Row by row, read in portions."""
    return iter(db.execute(query.execution_options(yield_per=_AT_ONCE)))


# --- date ---

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _days(_db: Connection, of: Of) -> Iterator[date]:
    """Every day of the years that the other tables name: written last."""
    if of.first_on is None or of.last_on is None:
        return
    day, last = date(of.first_on.year, 1, 1), date(of.last_on.year, 12, 31)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _dated(name: str, kind: Kind, meaning: str, take: Any, *, label: bool = False) -> Field:
    return Field(name, kind, meaning, lambda day, _of: take(day), "calendar", nulls="in the first row", label=label)


DATE = StarTable(
    "dim_date",
    Sort.DIMENSION,
    "Days in UTC, every day of each year that a fact names.",
    (
        own_key("date_key", "The day as a number, 20260331", lambda day, of: of.day(day), "calendar"),
        _dated("day", DAY, "The day", lambda day: day),
        _dated("year", WHOLE, "Calendar year", lambda day: day.year),
        _dated("quarter", TEXT, "2026-Q1", lambda day: f"{day.year}-Q{(day.month + 2) // 3}", label=True),
        _dated("month", TEXT, "2026-03", lambda day: f"{day:%Y-%m}"),
        _dated("month_number", WHOLE, "1 to 12", lambda day: day.month),
        _dated("iso_year", WHOLE, "Year of the ISO week", lambda day: day.isocalendar().year),
        _dated("iso_week", WHOLE, "ISO week, 1 to 53", lambda day: day.isocalendar().week),
        _dated("weekday", WHOLE, "1 is Monday", lambda day: day.isoweekday()),
        _dated("weekday_name", TEXT, "In English", lambda day: _WEEKDAYS[day.weekday()]),
    ),
    _days,
    "one day",
)

# --- accounts, contacts ---

_parent = account.alias("parent")


def _accounts(db: Connection, _of: Of) -> Iterator[Any]:
    merged = and_(alias.c.kind == "account", alias.c.loser_id == account.c.id)
    query = (
        select(account, _parent.c.id.label("parent"), alias.c.winner_id)
        .select_from(account.outerjoin(_parent, _parent.c.id == account.c.parent_id).outerjoin(alias, merged))
        .order_by(account.c.id)
    )
    return stream(db, query)


ACCOUNT = StarTable(
    "dim_account",
    Sort.DIMENSION,
    "Customer companies as the CRM has them today. What counted when somebody was asked stands in the facts.",
    (
        own_key("account_key", "Account", lambda row, of: of.key("account", row.id), "account.id"),
        Field("account_id", TEXT, "The CRM's id", lambda row, _of: row.id, "account.id", nulls="in the first row"),
        plain("name", TEXT, "Name of the company", "account.name", label=True),
        refers(
            "parent_key", "dim_account", "Company it belongs to", lambda row, of: of.key("account", row.parent),
            "account.parent_id",
        ),
        refers(
            "merged_into_key", "dim_account", "The account that took its place in the CRM",
            lambda row, of: of.key("account", row.winner_id), "alias.winner_id",
        ),
        refers("segment_key", "dim_segment", "Segment today", lambda row, of: of.key("segment", row.segment),
               "account.segment"),
        refers("region_key", "dim_region", "Region of its country", lambda row, of: of.region(row.country),
               "account.country and the setting of regions"),
        refers("csm_key", "dim_csm", "Owner today", lambda row, of: of.key("csm", row.csm_id), "account.csm_id"),
        plain("country", TEXT, "As the CRM writes it", "account.country", nulls="not in the CRM"),
        plain("industry", TEXT, "As the CRM writes it", "account.industry", nulls="not in the CRM"),
        plain("arr", MONEY, "Recurring revenue a year, today", "account.arr", nulls="not in the CRM",
              unit="its own currency"),
        plain("currency", TEXT, "Of arr", "account.currency", nulls="not in the CRM", unit="ISO 4217"),
        Field("arr_reporting", MONEY, "arr in the reporting currency, at the rate of the settings",
              lambda row, of: of.money(row.arr, row.currency), "account.arr", "reporting currency",
              nulls="no amount, or no rate"),
        day_key("renewal_date_key", "Next renewal", lambda row: row.renewal_on, "account.renewal_on"),
        day_key("customer_since_date_key", "Customer since", lambda row: row.customer_since_on,
                "account.customer_since_on"),
        day_key("churned_date_key", "Lost on", lambda row: row.churned_on, "account.churned_on"),
        plain("status", TEXT, "customer, prospect or churned", "account.status", nulls="in the first row"),
        Field("record_state", TEXT, "live, set_aside, closed, deleted or merged in the CRM",
              lambda row, _of: row.state, "account.state", nulls="in the first row"),
    ),
    _accounts,
    "one account",
)  # fmt: skip


def _contacts(db: Connection, _of: Of) -> Iterator[Any]:
    """Of those that were merged the winner alone."""
    query = select(contact, account.c.id.label("at")).outerjoin(account, account.c.id == contact.c.account_id)
    return stream(db, query.where(contact.c.state != RecordState.MERGED).order_by(contact.c.id))


CONTACT = StarTable(
    "dim_contact",
    Sort.DIMENSION,
    "People at accounts without their names: pseudonymous, not anonymous. A small account may give somebody away.",
    (
        own_key("contact_key", "Person; a keyed digest of this installation", lambda row, of: of.person(row.id),
                "contact.id"),
        refers("account_key", "dim_account", "Account", lambda row, of: of.key("account", row.at),
               "contact.account_id"),
        plain("country", TEXT, "As the CRM writes it", "contact.country", nulls="not in the CRM"),
        plain("language", TEXT, "Language code", "contact.language", nulls="not in the CRM"),
        plain("opted_out", YES, "Marked in the CRM as not to be mailed", "contact.opted_out",
              nulls="in the first row"),
        plain("bounced", YES, "The address is gone, as the CRM says", "contact.bounced", nulls="in the first row"),
        plain("left_company", YES, "Has left, as the CRM says", "contact.left_company", nulls="in the first row"),
        flag("left_told", "1 where a person, a bounce or a reply told us that they left; the day is not told",
             lambda row, _of: row.left_at, "contact.left_at"),
        plain("ours", YES, "Added by a CSM, not in the CRM yet", "contact.ours", nulls="in the first row"),
        Field("record_state", TEXT, "live, set_aside, closed or deleted in the CRM", lambda row, _of: row.state,
              "contact.state", nulls="in the first row", label=True),
    ),
    _contacts,
    "one person",
)  # fmt: skip

PERSON = StarTable(
    "dim_contact_person",
    Sort.DIMENSION,
    "Who the people are. Written only when personal data is asked for.",
    (
        own_key("contact_key", "As in dim_contact", lambda row, of: of.person(row.id), "contact.id"),
        Field("contact_id", TEXT, "The CRM's id", lambda row, _of: row.id, "contact.id", nulls="in the first row"),
        plain("first_name", TEXT, "First name", "contact.first_name", nulls="not in the CRM"),
        plain("last_name", TEXT, "Last name", "contact.last_name", nulls="not in the CRM", label=True),
        plain("email", TEXT, "Address, cleaned", "contact.email", nulls="none that can be used"),
        plain("title", TEXT, "Title", "contact.title", nulls="not in the CRM"),
        plain("department", TEXT, "Department", "contact.department", nulls="not in the CRM"),
    ),
    _contacts,
    "one person",
    personal=True,
)

# --- our people ---


def _owners(db: Connection, _of: Of) -> Iterator[Any]:
    """CSMs of the CRM, and ids that a frozen row names and the CRM does not know any more."""
    for row in db.execute(select(csm).order_by(csm.c.id)):
        yield Plain({**row._mapping, "known": True})
    for id in sorted(_mentioned(db) - set(db.execute(select(csm.c.id)).scalars())):
        yield Plain({"id": id, "name": id, "title": None, "manager_id": None, "active": False, "known": False})


def _mentioned(db: Connection) -> set[str]:
    columns = (
        account.c.csm_id, account_csm.c.csm_id, invitation.c.csm_id, follow_up.c.owner_csm_id,
        renewal_landmark.c.csm_id, milestone.c.csm_id, activity.c.csm_id,
    )  # fmt: skip
    found = {id for column in columns for id in db.execute(select(column).distinct()).scalars()}
    return {id for id in found | _scoped(db, Scope.CSM) if id}


def _scoped(db: Connection, scope: Scope) -> set[str]:
    """Whom figures and scorecards were kept of."""
    figures = select(figure_snapshot.c.scope_id).where(figure_snapshot.c.scope == scope)
    results = select(scorecard_result.c.scope_id).where(scorecard_result.c.scope == scope)
    return {str(id) for id in db.execute(union(figures, results)).scalars() if id}


CSM = StarTable(
    "dim_csm",
    Sort.DIMENSION,
    "Customer success managers. A name of ours is personal data of an employee: think of who reads it.",
    (
        own_key("csm_key", "CSM", lambda row, of: of.key("csm", row.id), "csm.id"),
        Field("csm_id", TEXT, "The CRM's id", lambda row, _of: row.id, "csm.id", nulls="in the first row"),
        plain("name", TEXT, "Name; the id of somebody the CRM does not know any more", "csm.name", label=True),
        plain("title", TEXT, "Title", "csm.title", nulls="not in the CRM"),
        refers("team_key", "dim_team", "Team today, by its lead", lambda row, of: of.key("team", row.manager_id),
               "csm.manager_id"),
        plain("active", YES, "Works here, as the CRM says", "csm.active", nulls="in the first row"),
        flag("known", "1 where the CRM has the person", lambda row, _of: row.known, "csm.state"),
    ),
    _owners,
    "one CSM",
)  # fmt: skip


def _teams(db: Connection, _of: Of) -> Iterator[Any]:
    names = {row.id: row.name for row in db.execute(select(csm.c.id, csm.c.name))}
    leads = {id for id in db.execute(select(csm.c.manager_id).distinct()).scalars() if id}
    leads |= {id for id in db.execute(select(scorecard_result.c.lead_id).distinct()).scalars() if id}
    for id in sorted(leads | _scoped(db, Scope.TEAM)):
        yield Plain({"id": id, "name": names.get(id, id)})


TEAM = StarTable(
    "dim_team",
    Sort.DIMENSION,
    "Teams, each by the person its CSMs name as their manager.",
    (
        own_key("team_key", "Team", lambda row, of: of.key("team", row.id), "csm.manager_id"),
        Field("lead_id", TEXT, "The lead's id in the CRM", lambda row, _of: row.id, "csm.manager_id",
              nulls="in the first row"),
        plain("name", TEXT, "Name of the lead", "csm.name", label=True),
    ),
    _teams,
    "one team",
)  # fmt: skip

# --- words ---


def _words(name: str, dimension: str, meaning: str, rows: Any) -> StarTable:
    return StarTable(
        f"dim_{name}",
        Sort.DIMENSION,
        meaning,
        (
            own_key(f"{name}_key", name.capitalize(), lambda row, of: of.key(dimension, row.word)),
            Field(name, TEXT, "Its word", lambda row, _of: row.word, label=True),
        ),
        rows,
        f"one {name}",
    )


def _each(found: Iterable[str]) -> list[Plain]:
    return [Plain({"word": str(one)}) for one in found]


SEGMENT = _words("segment", "segment", "Size of an account.", lambda _db, _of: _each(Segment))
ROLE = _words("role", "role", "Why somebody must be heard.", lambda _db, _of: _each(Role))


def _regions(db: Connection, of: Of) -> list[Plain]:
    return _each(sorted({*USUAL, *of.preferences.regions.values(), *_scoped(db, Scope.REGION)}))


REGION = _words("region", "region", "Regions, by the setting or the usual four.", _regions)

# --- what was asked ---


def _waves(db: Connection, _of: Of) -> Iterator[Any]:
    query = select(wave, campaign.c.name.label("campaign")).join(campaign, campaign.c.id == wave.c.campaign_id)
    return stream(db, query.where(wave.c.state != WaveState.PLANNING).order_by(wave.c.id))


WAVE = StarTable(
    "dim_wave",
    Sort.DIMENSION,
    "Dated runs of a campaign, each with its frozen census.",
    (
        own_key("wave_key", "Wave", lambda row, _of: row.id, "wave.id"),
        plain("label", TEXT, "What it is called", "wave.label", label=True),
        plain("campaign", TEXT, "The programme it belongs to", "campaign.name", nulls="in the first row"),
        refers("questionnaire_key", "dim_questionnaire", "The version it asks",
               lambda row, _of: row.questionnaire_version_id, "wave.questionnaire_version_id"),
        plain("state", TEXT, "running, paused, stopped or closed", "wave.state", nulls="in the first row"),
        plain("confidential", YES, "Nobody is told who answered: its answers stand in fact_confidential_group alone",
              "wave.confidential", nulls="in the first row"),
        day_key("launched_date_key", "Launched", lambda row: row.launched_at, "wave.launched_at"),
        plain("launched_at", MOMENT, "Launched", "wave.launched_at", nulls="in the first row"),
        plain("closes_at", MOMENT, "Its last invitation is due", "wave.closes_at", nulls="nothing was sent yet"),
        plain("closed_at", MOMENT, "Ended", "wave.closed_at", nulls="it runs"),
    ),
    _waves,
    "one wave",
)  # fmt: skip


def _versions(db: Connection, _of: Of) -> Iterator[Any]:
    return stream(db, select(questionnaire_version).order_by(questionnaire_version.c.id))


QUESTIONNAIRE = StarTable(
    "dim_questionnaire",
    Sort.DIMENSION,
    "Questionnaires, each version that a wave was sent with.",
    (
        own_key("questionnaire_key", "Version", lambda row, _of: row.id, "questionnaire_version.id"),
        plain("name", TEXT, "Questionnaire", "questionnaire_version.name", label=True),
        plain("hash", TEXT, "Digest of its files", "questionnaire_version.hash", nulls="in the first row"),
        day_key("created_date_key", "First used", lambda row: row.created_at, "questionnaire_version.created_at"),
    ),
    _versions,
    "one version of a questionnaire",
)


def question_key(of: Of, version_id: int, question: str) -> int:
    return of.key("question", f"{version_id}:{question}")


def _questions(db: Connection, _of: Of) -> Iterator[Any]:
    """Those of each definition, and keys that an answer has and the definition does not."""
    asked = select(response.c.questionnaire_version_id, answer.c.question)
    asked = asked.join(answer, answer.c.response_id == response.c.id).distinct()
    answered: dict[int, set[str]] = {}
    for version_id, key in db.execute(asked):
        answered.setdefault(version_id, set()).add(key)
    for row in db.execute(select(questionnaire_version).order_by(questionnaire_version.c.id)):
        defined = _defined(row.files)
        for one in defined:
            yield Plain({"version_id": row.id, "name": row.name, **one})
        for key in sorted(answered.get(row.id, set()) - {str(one["question"]) for one in defined}):
            yield Plain({"version_id": row.id, "name": row.name, "question": key, "holds": None, "measures": None,
                         "text": None, "required": None})  # fmt: skip


def _defined(files: dict[str, str]) -> list[dict[str, Any]]:
    try:
        found = questionnaire.load(files)
    except QuestionnaireMistakes:  # one of long ago that today's rules would not take
        return []
    return [
        {
            "question": one.key,
            "holds": one.kind,
            "measures": one.measures,
            "text": one.text.get("en") or next(iter(one.text.values()), None),
            "required": one.required,
        }
        for one in found.questions
    ]


QUESTION = StarTable(
    "dim_question",
    Sort.DIMENSION,
    "Questions of each version of a questionnaire. Its own key never changes, its words may.",
    (
        own_key("question_key", "Question of one version",
                lambda row, of: question_key(of, row.version_id, row.question), "questionnaire_version.files"),
        refers("questionnaire_key", "dim_questionnaire", "Version", lambda row, _of: row.version_id,
               "questionnaire_version.id"),
        plain("question", TEXT, "Its stable key: compare versions by it", "questionnaire_version.files", label=True),
        Field("kind", TEXT, "scale, choice, choices, text, contact, confirm or consent",
              lambda row, _of: row.holds, "questionnaire_version.files", nulls="not in the definition"),
        plain("measures", TEXT, "recommend, csat, effort, outcome or csm", "questionnaire_version.files",
              nulls="none of these"),
        plain("text", TEXT, "Its words, in English if it has any", "questionnaire_version.files",
              nulls="not in the definition"),
        plain("required", YES, "An answer is complete only with it", "questionnaire_version.files",
              nulls="not in the definition"),
    ),
    _questions,
    "one question of one version",
)  # fmt: skip

# --- figures ---


def _figures(db: Connection, _of: Of) -> Iterator[Any]:
    """The catalogue, and figures that were kept under a name it does not have any more."""
    for one in CATALOGUE:
        yield _defined_figure(one)
    known = {one.name for one in CATALOGUE}
    kept = select(figure_snapshot.c.name).where(figure_snapshot.c.window_days > 0).distinct()
    for name in sorted(set(db.execute(kept).scalars()) - known):
        yield Plain({"name": name, "label": name, "text": None, "counts": None, "measure": None, "direction": None,
                     "sort": None, "definition_version": None})  # fmt: skip


def _defined_figure(one: Definition) -> Plain:
    return Plain(
        {
            "name": one.name,
            "label": one.label,
            "text": one.text,
            "counts": one.counts,
            "measure": one.measure,
            "direction": one.direction,
            "sort": one.kind,
            "definition_version": one.version,
        }
    )


_OLD = "a name the catalogue does not have any more"
FIGURE = StarTable(
    "dim_figure",
    Sort.DIMENSION,
    "Definitions of the figures, as they stand today.",
    (
        own_key("figure_key", "Figure", lambda row, of: of.key("figure", row.name), "catalogue"),
        plain("name", TEXT, "Its key in the catalogue", "catalogue", label=True),
        plain("label", TEXT, "What a page calls it", "catalogue", nulls="in the first row"),
        plain("text", TEXT, "Its definition in words", "catalogue", nulls=_OLD),
        plain("counts", TEXT, "What one row of the denominator is", "catalogue", nulls=_OLD),
        plain("measure", TEXT, "share (0 to 1), score (-100 to 100), mean, days, money or number", "catalogue",
              nulls=_OLD),
        plain("direction", TEXT, "up: more is better", "catalogue", nulls=_OLD),
        Field("kind", TEXT, "process, sentiment, state, renewal or mixed: the first and the fourth may pay money",
              lambda row, _of: row.sort, "catalogue", nulls=_OLD),
        plain("definition_version", WHOLE, "Of today's definition; a fact has the one it was counted by", "catalogue",
              nulls=_OLD),
    ),
    _figures,
    "one figure",
)  # fmt: skip

DIMENSIONS = (
    ACCOUNT, CONTACT, PERSON, CSM, TEAM, SEGMENT, REGION, ROLE, QUESTIONNAIRE, QUESTION, WAVE, FIGURE,
)  # fmt: skip
