"""Freeze mail to our own people, and a personal one to a contact. Once frozen a message never changes."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind
from voc.delivery import headers, mime, render, rules
from voc.delivery.model import Party
from voc.delivery.plain import of_a_stranger
from voc.delivery.run.writing import Office
from voc.delivery.store import hook_keys, outbox
from voc.delivery.store.outbox import Draft

STAFF_MAIL_WAITS = timedelta(days=3)  # a digest that could not be sent for so long is of no use any more


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
    # Names and subjects come from strangers: one of them must not keep an alert or an answer from going out.
    to, reply_to, subject = _shown(to), None if reply_to is None else _shown(reply_to), of_a_stranger(subject)
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
        more=(
            *(headers.AUTOMATIC if automatic else ()),
            *(headers.original_to(to.address) if office.wanted.test_mode else ()),
            *office.echoed(id),
        ),
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


def _shown(who: Party) -> Party:
    return Party(of_a_stranger(who.name), who.address)
