"""What somebody said on the phone, typed in at the terminal: marked as such wherever it is used."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import click
from markupsafe import Markup

from voc import app as wiring
from voc.base.access import TERMINAL
from voc.base.errors import Refused
from voc.campaigns.definition import Language, Question, Texts
from voc.campaigns.templates import render_words
from voc.cli import output
from voc.followup import run as followup
from voc.responses import run as responses
from voc.responses.model import Call
from voc.responses.run import PhoneForm
from voc.web.respondent_view import message
from voc.web.respondent_words import sayer, values_of


@click.group()
def answer() -> None:
    """Type in what somebody said on the phone, as on the page “Answered on the phone”.

    INVITATION is the number that `voc nudge list` and the links on a wave's page have.

    Example: voc answer questions 17
    """


@answer.command()
@output.directory
@output.as_json
@click.argument("invitation", type=int)
@click.option("--lang", help="Another language than the one they were asked in.")
def questions(*, directory: Path, as_json: bool, invitation: int, lang: str | None) -> None:
    """What to read out to them, with the name and the possible answers of each question.

    Example: voc answer questions 17 --lang de
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        form = responses.phone_form(db, invitation, TERMINAL)
    words = _Words(form, lang)
    asked = [
        {"key": one.key, "question": words.of(one.text), "answers": list(one.options), "required": one.required}
        for one in form.questionnaire.questions
    ]
    if as_json:
        output.emit({"name": form.door.name, "why_not": form.why_not, "questions": asked})
        return
    output.say(f"{form.door.name or form.door.address} at {form.door.account_name}, in {words.language.name}.")
    if form.why_not is not None:
        output.say(form.why_not)
    rows = (
        (one.key, words.of(one.text), _possible(one), "yes" if one.required else "")
        for one in form.questionnaire.questions
    )
    output.table(("name", "question", "answers", "needed"), rows)


@answer.command()
@output.directory
@output.as_json
@click.argument("invitation", type=int)
@click.option("--asked-by", required=True, help="Who asked them.")
@click.option("--on", "asked_on", type=output.Day(), help="The day of the call; today if not given.")
@click.argument("said", nargs=-1, required=True, metavar="NAME=ANSWER...")
def enter(
    *, directory: Path, as_json: bool, invitation: int, asked_by: str, asked_on: date | None, said: tuple[str, ...]
) -> None:
    """Keep what they said. The chase stops; who asked is shown beside the answer. A name may come more than once.

    What was typed in before is corrected by it; what they answered themselves stays.

    Example: voc answer enter 17 --asked-by "Dana Whitlock" recommend=4 why="Nobody picks up at night"
    """
    app = wiring.open_app(directory)
    now = app.now()
    call = Call(asked_by.strip(), asked_on or now.date())
    with app.database.begin() as db:
        form = responses.phone_form(db, invitation, TERMINAL)
        filled = _filled(form, said)
        done = responses.enter_by_phone(
            db, invitation_id=invitation, filled=filled, call=call, viewer=TERMINAL, now=now
        )
        if not isinstance(done, int):
            words = _Words(form, None)
            raise Refused(
                "; ".join(f"{one.field}: {words.text(message(words.say, words.language, one))}" for one in done)
            )
        followup.catch_up(db, now)
    if as_json:
        output.emit({"response": done})
        return
    who = form.door.name or form.door.address
    output.say(f"The answer of {who} is kept, marked as given on the phone. No reminder goes out.")


def _filled(form: PhoneForm, said: tuple[str, ...]) -> dict[str, list[str]]:
    known = {one.key for one in form.questionnaire.questions}
    filled: dict[str, list[str]] = defaultdict(list)
    for one in said:
        key, sign, value = one.partition("=")
        if not sign or key not in known:
            raise Refused(f"{one!r} is no answer. Write NAME=ANSWER, the name one of {', '.join(sorted(known))}")
        filled[key].append(value)
    return filled


def _possible(question: Question) -> str:
    return " ".join(question.options) or "words"


class _Words:
    """Words for this person, without the marks of a page."""

    def __init__(self, form: PhoneForm, lang: str | None) -> None:
        self.language: Language = form.questionnaire.language(lang or form.door.language)
        self._values = values_of(form.door, form.questionnaire, self.language)
        self.say = sayer(self.language, self._values)

    def of(self, texts: Texts) -> str:
        return self.text(render_words(texts[self.language.code], self._values))

    def text(self, words: Markup) -> str:
        return words.striptags()
