"""A mail of thanks for an answer: once, in the language it was asked in, in the CSM's name.

It answers something they did, so no quarantine counts it; an address that must not be mailed stops it in the claim.
"""

from datetime import date, datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageKind
from voc.campaigns import questionnaire
from voc.campaigns.store import nudges
from voc.delivery.render import Thanked
from voc.delivery.run.writing import Office, written
from voc.delivery.store import hook_keys, outbox
from voc.delivery.store.outbox import NewLink

WAITS = timedelta(days=2)  # thanks that come later are odd


def thank(
    db: Connection,
    invitation_id: int,
    *,
    score: int | None,
    next_by: date | None,
    now: datetime,
    vault: Vault,
    tokens: Tokens,
    settings: Settings,
) -> bool:
    """Freeze it; False if it was before, or if test mode has no address."""
    key, wanted = f"thanks:{invitation_id}", preferences.load(db)
    if outbox.id_of_key(db, key) is not None or (wanted.test_mode and not wanted.test_address):
        return False
    step = replace(nudges.letter_to(nudges.row_of(db, invitation_id)), due_at=now)
    version = step.questionnaire_version_id
    asked = questionnaire.load(outbox.questionnaire_files(db, {version})[version])
    office = Office(vault, tokens, settings, wanted, now=now, providers=hook_keys.names_set(db))
    earlier = outbox.earlier_of(db, {invitation_id})[invitation_id]
    draft, links = written(office, asked, step, earlier, thanks=Thanked(score, next_by))
    mine = replace(draft, key=key, kind=MessageKind.THANKS, step=None, give_up_at=now + WAITS)
    id = outbox.freeze(db, [mine], now=now)[key]
    new = [NewLink(id, invitation_id, purpose, hash_token(token)) for purpose, token in links.items()]
    outbox.add_links(db, new, now=now)
    return True
