"""The keys of providers' webhooks: entered or made, exchanged without a gap, taken away; each of it audited."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.tokens import Tokens
from voc.delivery.providers import sendgrid, ses
from voc.delivery.store import hook_keys as store
from voc.delivery.store.hook_keys import Slot

_SHORTEST, _LONGEST = 8, 2_000


def enter(db: Connection, provider: str, value: str, *, actor: str, now: datetime, vault: Vault) -> None:
    """The key that the provider shows; the one before stays good until it is dropped. Refused says what is wrong."""
    value = value.strip()
    if provider == "ses" and ses.host_of(value) is None:
        raise Refused("That is no topic's ARN. It looks like arn:aws:sns:eu-west-1:123456789012:name", field="key")
    if provider == "sendgrid" and sendgrid.public_key(value) is None:
        raise Refused("That is no verification key. Copy all of it from SendGrid; it begins with MFkw", field="key")
    if not (_SHORTEST <= len(value) <= _LONGEST and value.isascii() and value.isprintable()):
        raise Refused("That is no key: copy it once more, without line breaks", field="key")
    if value in store.keys(db, provider, vault=vault).keys:
        raise Refused("That key is entered already", field="key")
    store.put(db, provider, Slot.KEY, value, vault=vault, now=now)
    _note(db, "webhook key entered", provider, actor, now)


def make(db: Connection, provider: str, *, actor: str, now: datetime, vault: Vault, tokens: Tokens) -> str:
    """A new secret of ours, given out this once."""
    secret = tokens.new()
    store.put(db, provider, Slot.KEY, f"voc:{secret}" if provider == "postmark" else secret, vault=vault, now=now)
    _note(db, "webhook key made", provider, actor, now)
    return secret


def make_path(db: Connection, provider: str, *, actor: str, now: datetime, vault: Vault, tokens: Tokens) -> str:
    """A secret for the address itself, given out this once; only its hash is kept."""
    secret = tokens.new()
    store.put(db, provider, Slot.PATH, secret, vault=vault, now=now)
    _note(db, "webhook address made", provider, actor, now)
    return secret


def drop_older(db: Connection, provider: str, *, actor: str, now: datetime) -> None:
    if not store.drop(db, provider, Slot.OLDER, Slot.OLDER_PATH):
        raise Refused("There is no older key")
    _note(db, "older webhook key dropped", provider, actor, now)


def remove(db: Connection, provider: str, *, actor: str, now: datetime) -> None:
    """From now on every call of this provider is refused."""
    if not store.drop(db, provider, *Slot):
        raise Refused("This webhook is not set up")
    _note(db, "webhook removed", provider, actor, now)


def _note(db: Connection, action: str, provider: str, actor: str, now: datetime) -> None:
    audit.record(db, at=now, actor=actor, action=action, object_kind="webhook", object_id=provider)
