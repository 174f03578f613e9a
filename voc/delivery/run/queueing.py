"""Freeze mail: due steps of the chase, and mail to our own people. Once frozen a message never changes."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import log, preferences
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageKind, Step
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.store import claim_due
from voc.delivery import headers, mime, render, rules
from voc.delivery.model import Party
from voc.delivery.run.writing import Office, written
from voc.delivery.store import hook_keys, outbox, relay
from voc.delivery.store.outbox import Draft, NewLink

STAFF_MAIL_WAITS = timedelta(days=3)  # a digest that could not be sent for so long is of no use any more

_log = log.get("delivery")


def queue_due(
    database: Database, *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings, limit: int = 200
) -> int:
    """Claim due steps and freeze a message for each, in one transaction; how many. Call again until 0.

    In test mode without a test address nothing is claimed: the steps stay due until one is set.
    """
    with database.begin() as db:
        wanted = preferences.load(db)
        if relay.sending_paused(db) is not None or (wanted.test_mode and not wanted.test_address):
            return 0
        due = claim_due(db, now=now, limit=limit)
        office = Office(vault, tokens, settings, wanted, now=now, providers=hook_keys.names_set(db))
        files = outbox.questionnaire_files(db, {step.questionnaire_version_id for step in due})
        asked = {id: questionnaires.load(read) for id, read in files.items()}
        earlier = outbox.earlier_of(db, {step.invitation_id for step in due})
        letters = [
            written(office, asked[step.questionnaire_version_id], step, earlier[step.invitation_id]) for step in due
        ]
        ids = outbox.freeze(db, [draft for draft, _tokens in letters], now=now)
        links = [
            NewLink(ids[draft.key], step.invitation_id, purpose, hash_token(token))
            for step, (draft, by_purpose) in zip(due, letters, strict=True)
            for purpose, token in by_purpose.items()
        ]
        outbox.add_links(db, links, now=now)
        if _counts_now(ids.values()):
            _brake(db, {step.wave_id for step in due}, now=now)
    if due:
        _log.info("messages queued", queued=len(due))
    return len(due)


def _counts_now(ids: Collection[int]) -> bool:
    """Counting takes the longer the larger the wave: past the first ten thousand messages, once for each thousand."""
    return bool(ids) and (max(ids) <= 10_000 or max(ids) // 1_000 != (min(ids) - 1) // 1_000)


def _brake(db: Connection, wave_ids: set[int], *, now: datetime) -> None:
    """More messages than the census has steps: something repeats itself, whatever the keys say."""
    for wave_id in sorted(wave_ids):
        messages, people = outbox.size_of_wave(db, wave_id)
        if messages > people * len(Step):
            because = f"Wave {wave_id} has {messages} messages for {people} people. Find out why first."
            relay.set_paused(db, because, at=now)


def queue(
    db: Connection,
    *,
    key: str,
    kind: MessageKind,
    to: Party,
    subject: str,
    body_text: str,
    now: datetime,
    vault: Vault,
    tokens: Tokens,
    settings: Settings,
    body_html: str | None = None,
    sender: Party | None = None,
    reply_to: Party | None = None,
    contact_id: str | None = None,
    due_at: datetime | None = None,
) -> int:
    """Freeze one mail to our own people, or a personal one to a contact; its id. The same key gives the same id.

    `body_html` is what stands inside the frame; without it the text is shown as paragraphs. `sender`
    is shown with the house's address unless its domain is ours to send for. Digests and alerts say
    that they are automatic; mail to people outside never does. Refused if a header cannot be made.
    """
    known = outbox.id_of_key(db, key)
    if known is not None:
        return known
    office = Office(vault, tokens, settings, preferences.load(db), now=now, providers=hook_keys.names_set(db))
    id = office.random_id()
    rendered = render.staff_mail(subject, body_text, body_html)
    if office.wanted.test_mode:
        rendered = render.for_test(rendered, name=to.name, address=to.address)
    shown, answers = rules.sender(sender, house=office.house, authenticated=settings.mail.authenticated_domains)
    recipient = office.recipient(to.address)
    automatic = kind in (MessageKind.DIGEST, MessageKind.ALERT)
    mail = mime.assemble(
        sender=shown,
        reply_to=reply_to or answers,
        to=Party(to.name, recipient),
        subject_line=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=office.message_id(id),
        at=now,
        more=(*(headers.AUTOMATIC if automatic else ()), *office.echoed(id)),
    )
    draft = Draft(
        key=key,
        kind=kind,
        contact_id=contact_id,
        address=to.address,
        recipient=recipient,
        return_path=office.return_path(id),
        subject=rendered.subject,
        message_id=office.message_id(id),
        body=office.frozen(mail, sender=shown.address),
        due_at=due_at or now,
        give_up_at=(due_at or now) + STAFF_MAIL_WAITS,
    )
    return outbox.freeze(db, [draft], now=now)[key]
