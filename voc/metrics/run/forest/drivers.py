"""What goes with the score of the questionnaire that most people answered."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.campaigns import questionnaire
from voc.campaigns.definition import Questionnaire, Texts
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.metrics.forest import answers
from voc.metrics.forest.drivers import Drivers, drivers
from voc.metrics.store.forest import drivers as store
from voc.metrics.store.forest.drivers import Scored


@dataclass(frozen=True)
class DriversPage:
    """`scored` answers gave a score; those of them that answered everything are counted in `found`."""

    questionnaire: str
    texts: dict[str, Texts]
    scored: int
    found: Drivers


def of_score(db: Connection, viewer: Viewer, *, days: int, now: datetime) -> DriversPage | None:
    """None where nobody gave a score. Drivers are those of the newest version; keys never change."""
    scored = store.scored(db, viewer, after=now - timedelta(days=days), until=now)
    if not scored:
        return None
    name, _count = max(Counter(one.questionnaire for one in scored).items(), key=lambda item: (item[1], item[0]))
    mine = [one for one in scored if one.questionnaire == name]
    newest = _newest(db, mine)
    measured = answers.measured(newest) if newest is not None else []
    given = store.values(db, [one.response_id for one in mine])
    full = [answers.full(measured, one.account_id, one.score, given.get(one.response_id, {})) for one in mine]
    complete = [one for one in full if one is not None and measured]
    found = drivers([one.key for one in measured], complete)
    return DriversPage(name, {one.key: one.text for one in measured}, len(mine), found)


def _newest(db: Connection, scored: list[Scored]) -> Questionnaire | None:
    """The newest version that this release can read."""
    by_id = store.files(db, {one.version_id for one in scored})
    for version_id in sorted(by_id, reverse=True):
        try:
            return questionnaire.load(by_id[version_id])
        except QuestionnaireMistakes:
            continue
    return None
