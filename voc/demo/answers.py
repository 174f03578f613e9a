"""The stand-ins at their browsers: they open the link of a mail and do what the page lets them do."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

from voc.base.settings import Settings
from voc.campaigns.definition import Kind, Questionnaire
from voc.demo import people
from voc.demo.chance import Chance
from voc.demo.company import Person
from voc.responses import run as responses
from voc.responses.model import Decline, Opened, Posted, Thanks, Visit
from voc.web.context import App

READS_FOR = timedelta(seconds=70)
_DECLINES = {
    people.Act.NOT_NOW: Decline.NOT_NOW,
    people.Act.NEVER_AGAIN: Decline.NEVER,
    people.Act.MOVED: Decline.MOVED,
}


def token_of(mime: EmailMessage, settings: Settings) -> str | None:
    """The token of the answer link, as the plain text shows it."""
    body = mime.get_body(("plain",))
    found = re.search(re.escape(settings.base_url) + r"/q/([\w-]+)", body.get_content()) if body else None
    return found[1] if found else None


def look(app: App, token: str, *, person: Person, now: datetime) -> None:
    """A gateway opens the link: a hit, nothing else."""
    visit = Visit(source=f"gateway of {person.account.domain}", agent="MailGuard/4.2")
    _open(app, token, visit=visit, score=None, now=now)


def answer(
    app: App, chance: Chance, token: str, *, person: Person, wave_id: int, now: datetime, recovered: bool, sends: bool
) -> int | None:
    """Open, type, and send (or not). The score given, or None if the page took no answer."""
    visit = Visit(source=person.id, agent="Mozilla/5.0 (iPhone)")
    given = people.score(chance, person, wave_id=wave_id, recovered=recovered)
    opened = _open(app, token, visit=visit, score=str(given), now=now)
    if not isinstance(opened, Opened):
        return None
    filled = typed(chance, opened.questionnaire, person, given, wave_id=wave_id)
    act = responses.submit if sends else responses.autosave
    app.database.commit(partial(act, filled=filled, **_posted(app, token, opened, visit=visit, now=now)))
    return given


def decline(app: App, act: people.Act, token: str, *, person: Person, now: datetime) -> None:
    visit = Visit(source=person.id, agent="Mozilla/5.0 (iPhone)")
    opened = _open(app, token, visit=visit, score=None, now=now)
    if isinstance(opened, Opened):
        act_on = partial(responses.decline, what=_DECLINES[act], filled={})
        app.database.commit(partial(act_on, **_posted(app, token, opened, visit=visit, now=now)))


def _open(app: App, token: str, *, visit: Visit, score: str | None, now: datetime) -> Opened | Thanks | None:
    look = partial(responses.open_page, token=token, method="GET", score=score, visit=visit, now=now, tokens=app.tokens)
    return app.database.commit(look)


def _posted(app: App, token: str, opened: Opened, *, visit: Visit, now: datetime) -> dict[str, Any]:
    posted = Posted(token, opened.nonce, trap_filled=False, visit=visit)
    return {"posted": posted, "now": now + READS_FOR, "tokens": app.tokens}


def typed(chance: Chance, asked: Questionnaire, person: Person, given: int, *, wave_id: int) -> dict[str, list[str]]:
    """The form as this person fills it in: the score, mostly a word, sometimes the rest."""
    key = asked.key_question.key
    span = asked.key_question.highest - asked.key_question.lowest
    filled = {key: [str(asked.key_question.lowest + round(given / 10 * span))]}
    goes_on = chance.happens(0.55, "goes on", person.id, wave_id)
    for question in asked.questions:
        name = (question.key, person.id, wave_id)
        match question.kind:
            case Kind.TEXT:
                if words := people.verbatim(chance, person, given, wave_id=wave_id):
                    filled[question.key] = [words]
            case Kind.CHOICES if goes_on:
                filled[question.key] = people.topics(chance, person, question.options, wave_id=wave_id)
            case Kind.CHOICE if goes_on and question.key.endswith("_trend"):
                filled[question.key] = [people.trend(chance, person, given, question.key, wave_id=wave_id)]
            case Kind.CHOICE if goes_on and chance.happens(0.6, *name):
                filled[question.key] = [chance.pick(question.options, "choice", *name)]
            case Kind.SCALE if goes_on and question.key != key:
                span = question.highest - question.lowest
                point = question.lowest + given / 10 * span + 0.9 * chance.bell(*name)
                filled[question.key] = [str(min(question.highest, max(question.lowest, round(point))))]
            case Kind.CONSENT if goes_on and chance.happens(0.3, *name):
                filled[question.key] = ["yes"]
            case _:
                pass
    return filled
