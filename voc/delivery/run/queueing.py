"""Freeze mail: due steps of the chase, and mail to our own people. Once frozen a message never changes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from voc.base import log, preferences
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageKind, Step
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.definition import Questionnaire
from voc.campaigns.model import DueStep
from voc.campaigns.store import claim_due
from voc.delivery import headers, mime, render, rules
from voc.delivery.model import Party
from voc.delivery.store import outbox, relay
from voc.delivery.store.outbox import Draft, Earlier, NewLink

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
        office = _Office(vault, tokens, settings, wanted)
        asked_with = outbox.questionnaire_files(db, {step.questionnaire_version_id for step in due})
        read = {id: questionnaires.load(files) for id, files in asked_with.items()}
        earlier = outbox.earlier_of(db, {step.invitation_id for step in due})
        letters = [
            _frozen(office, read[step.questionnaire_version_id], step, earlier[step.invitation_id], now=now)
            for step in due
        ]
        ids = outbox.freeze(db, [draft for draft, _tokens in letters], now=now)
        links = [
            NewLink(id, step.invitation_id, purpose, hash_token(token))
            for id, step, (_draft, by_purpose) in zip(ids, due, letters, strict=True)
            for purpose, token in by_purpose.items()
        ]
        outbox.add_links(db, links, now=now)
        _brake(db, {step.wave_id for step in due})
    if due:
        _log.info("messages queued", queued=len(due))
    return len(due)


@dataclass(frozen=True)
class _Office:
    """What every mail is made with."""

    vault: Vault
    tokens: Tokens
    settings: Settings
    wanted: Preferences

    @property
    def own_domain(self) -> str:
        return self.settings.mail.from_address.rpartition("@")[2]

    @property
    def house(self) -> Party:
        return Party(self.wanted.company, self.settings.mail.from_address)

    def return_path(self, id: str) -> str:
        return f"b-{id}@{self.settings.mail.bounce_domain or self.own_domain}"

    def random_id(self) -> str:
        """32 small letters and digits: it survives a server that changes the case of an address."""
        return hash_token(self.tokens.new())[:32]


def _frozen(
    office: _Office, asked: Questionnaire, step: DueStep, earlier: list[Earlier], *, now: datetime
) -> tuple[Draft, dict[str, str]]:
    """One message of the chase, and the tokens of its links by purpose. Held if its headers cannot be made."""
    language = asked.language(step.language)
    tokens = {"unsubscribe": office.tokens.new()}
    if render.opens_page(asked, language, step.step, own_words=step.heads_up_text):
        tokens["answer"] = office.tokens.new()
    letter = _letter(office, step, tokens)
    rendered = render.render(asked, language, letter)
    for one in earlier:
        if step.step is Step.REMINDER_1 and one.step is Step.INVITE:
            rendered = render.with_subject(rendered, one.subject, address=step.address)
    if office.wanted.test_mode:
        rendered = render.for_test(rendered, name=letter.name, address=step.address)
    id = office.random_id()
    draft = Draft(
        key=f"inv:{step.invitation_id}:{step.step}",
        kind=MessageKind.CHASE,
        invitation_id=step.invitation_id,
        wave_id=step.wave_id,
        step=step.step,
        contact_id=step.contact_id,
        address=step.address,
        recipient=_recipient(office.wanted, step.address),
        return_path=office.return_path(id),
        subject=rendered.subject,
        message_id=f"<{id}@{office.own_domain}>",
        body=None,
        due_at=step.due_at,
        give_up_at=step.give_up_at,
    )
    try:
        mail = _mail(office, step, draft, rendered, letter=letter, earlier=earlier, now=now)
    except Refused as refusal:
        return replace(draft, held_because=refusal.reason), tokens
    return replace(draft, body=office.vault.encrypt(mail)), tokens


def _mail(
    office: _Office,
    step: DueStep,
    draft: Draft,
    rendered: render.Rendered,
    *,
    letter: render.Letter,
    earlier: list[Earlier],
    now: datetime,
) -> bytes:
    sender, reply_to = rules.sender(
        Party(step.csm_name, step.csm_email) if step.csm_name and step.csm_email else None,
        house=office.house,
        authenticated=office.settings.mail.authenticated_domains,
    )
    before = [one.message_id for one in earlier] if step.step is not Step.INVITE else []
    link = f"{office.settings.base_url}/u/{letter.unsubscribe_token}"
    return mime.assemble(
        sender=sender,
        reply_to=reply_to,
        to=Party(letter.name, draft.recipient),
        subject_line=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=draft.message_id,
        at=now,
        more=(
            *headers.threaded(before),
            *headers.list_unsubscribe(link),
            *(headers.original_to(step.address) if office.wanted.test_mode else ()),
        ),
    )


def _letter(office: _Office, step: DueStep, tokens: dict[str, str]) -> render.Letter:
    return render.Letter(
        step=step.step,
        first_name=step.first_name,
        name=" ".join(part for part in (step.first_name, step.last_name) if part),
        account=step.account_name,
        company=office.wanted.company,
        csm_name=step.csm_name,
        csm_title=step.csm_title,
        closes_on=(None if step.step is Step.HEADS_UP else step.closes_at.astimezone(ZoneInfo(step.time_zone)).date()),
        base_url=office.settings.base_url,
        answer_token=tokens.get("answer"),
        unsubscribe_token=tokens["unsubscribe"],
        you_said=step.you_said,
        heads_up_text=step.heads_up_text,
    )


def _recipient(wanted: Preferences, address: str) -> str:
    return wanted.test_address if wanted.test_mode and wanted.test_address else address


def _brake(db: Connection, wave_ids: set[int]) -> None:
    """More messages than the census has steps: something repeats itself, whatever the keys say."""
    for wave_id in sorted(wave_ids):
        messages, people = outbox.size_of_wave(db, wave_id)
        if messages > people * len(Step):
            relay.set_paused(db, f"Wave {wave_id} has {messages} messages for {people} people. Find out why first.")


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
    office = _Office(vault, tokens, settings, preferences.load(db))
    id = office.random_id()
    rendered = render.staff_mail(subject, body_text, body_html)
    if office.wanted.test_mode:
        rendered = render.for_test(rendered, name=to.name, address=to.address)
    shown, answers = rules.sender(sender, house=office.house, authenticated=settings.mail.authenticated_domains)
    recipient = _recipient(office.wanted, to.address)
    automatic = kind in (MessageKind.DIGEST, MessageKind.ALERT)
    mail = mime.assemble(
        sender=shown,
        reply_to=reply_to or answers,
        to=Party(to.name, recipient),
        subject_line=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=f"<{id}@{office.own_domain}>",
        at=now,
        more=headers.AUTOMATIC if automatic else (),
    )
    draft = Draft(
        key=key,
        kind=kind,
        contact_id=contact_id,
        address=to.address,
        recipient=recipient,
        return_path=office.return_path(id),
        subject=rendered.subject,
        message_id=f"<{id}@{office.own_domain}>",
        body=vault.encrypt(mail),
        due_at=due_at or now,
        give_up_at=(due_at or now) + STAFF_MAIL_WAITS,
    )
    (queued,) = outbox.freeze(db, [draft], now=now)
    return queued
