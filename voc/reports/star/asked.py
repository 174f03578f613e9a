"""What was asked: waves, versions of questionnaires, their questions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base.schema import answer, campaign, questionnaire_version, response, wave
from voc.base.words import WaveState
from voc.campaigns import questionnaire
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.reports.star.joined import stream
from voc.reports.star.model import MOMENT, TEXT, YES, Field, Of, Plain, Sort, StarTable, day_key, own_key, plain, refers


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
