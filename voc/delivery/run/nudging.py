"""A CSM's personal mail to somebody who has not answered: in their words and name, with the first question below.

Frozen at once, in the transaction that counts it; the claim asks again whether it may go, as for any mail that asks.
"""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageKind
from voc.campaigns import heads_ups, questionnaire
from voc.campaigns import run as campaigns
from voc.campaigns.definition import Mail, Questionnaire
from voc.campaigns.model import DueStep, HeadsUpText
from voc.campaigns.run import Nudge
from voc.campaigns.run.nudges import why_not
from voc.delivery import render
from voc.delivery.render import Rendered
from voc.delivery.run.writing import Office, letter_of, written
from voc.delivery.store import hook_keys, outbox
from voc.delivery.store.outbox import NewLink

ON_ITS_WAY = "A mail to them is on its way already: two would arrive together."
_NOWHERE = "preview"  # the links of a preview lead to no page


@dataclass(frozen=True)
class Prepared:
    """A nudge as it would go, before anything is done. `why_not`: what forbids it now, in words."""

    letter: DueStep
    why_not: str | None
    text: HeadsUpText | None
    rendered: Rendered | None


def prepare(
    db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime, settings: Settings, own: HeadsUpText | None
) -> Prepared:
    """The words to begin with in the person's language, or those given, and the mail they make. Writes nothing."""
    refusal, letter = why_not(db, invitation_id, viewer=viewer, now=now)
    if refusal is None and outbox.is_waiting(db, invitation_id):
        refusal = ON_ITS_WAY
    if refusal is not None:
        return Prepared(letter, refusal, None, None)
    asked = _asked(db, letter)
    language, wanted = asked.language(letter.language), preferences.load(db)
    tokens = {"unsubscribe": _NOWHERE, "answer": _NOWHERE}
    plain = letter_of(letter, tokens, company=wanted.company, base_url=settings.base_url)
    mail = language.mails.get(Mail.NUDGE, language.mails[Mail.REMINDER])
    text = own or render.words_of(asked, language, plain, mail=mail)
    return Prepared(letter, None, text, render.render(asked, language, replace(plain, heads_up_text=text)))


def nudge(
    db: Connection,
    invitation_id: int,
    *,
    subject: str,
    body: str,
    viewer: Viewer,
    now: datetime,
    vault: Vault,
    tokens: Tokens,
    settings: Settings,
) -> Nudge:
    """Count it and freeze it; it goes out with the next sending. Refused in words, with the field if it is one's."""
    text = heads_ups.own_words(subject, body)
    counted = campaigns.nudge(db, invitation_id, viewer=viewer, now=now)
    if outbox.is_waiting(db, invitation_id):
        raise Refused(ON_ITS_WAY)
    wanted = preferences.load(db)
    if wanted.test_mode and not wanted.test_address:
        raise Refused("Test mode is on and has no address: set one on the page Settings, or switch it off.")
    step = replace(counted.letter, due_at=now, heads_up_text=text)
    office = Office(vault, tokens, settings, wanted, now=now, providers=hook_keys.names_set(db))
    draft, links = written(office, _asked(db, step), step, outbox.earlier_of(db, {invitation_id})[invitation_id])
    if draft.held_because is not None:
        raise Refused(draft.held_because)
    mine = replace(draft, key=counted.key, kind=MessageKind.NUDGE, step=None, give_up_at=counted.give_up_at)
    id = outbox.freeze(db, [mine], now=now)[counted.key]
    new = [NewLink(id, invitation_id, purpose, hash_token(token)) for purpose, token in links.items()]
    outbox.add_links(db, new, now=now)
    return counted


def _asked(db: Connection, step: DueStep) -> Questionnaire:
    version = step.questionnaire_version_id
    return questionnaire.load(outbox.questionnaire_files(db, {version})[version])
