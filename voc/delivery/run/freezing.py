"""Freeze due steps of the chase: claimed, written, signed, encrypted and put into the outbox in one transaction.

Whoever goes on to send them holds them from the first moment: then their claim is the same commit.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log, preferences
from voc.base.db import Database
from voc.base.frozen import Shared
from voc.base.tokens import hash_token
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.store import claim_due
from voc.delivery.model import Claimed
from voc.delivery.run import brakes
from voc.delivery.run.alarms import Worker
from voc.delivery.run.writing import Office, written
from voc.delivery.store import claims, hook_keys, outbox, relay, stencils
from voc.delivery.store.holding import Hold
from voc.delivery.store.outbox import Draft, NewLink

_log = log.get("delivery")


@dataclass(frozen=True)
class Frozen:
    """How many messages were frozen, and those that are held now."""

    frozen: int = 0
    held: tuple[Claimed, ...] = ()


def freeze_due(
    database: Database,
    worker: Worker,
    *,
    now: datetime,
    limit: int,
    hold: Hold | None = None,
    per_domain: Mapping[str, float] | None = None,
) -> Frozen:
    """Claim due steps and freeze a message for each, in one transaction. Call again until none is frozen.

    With `hold` they are that worker's at once, but for those over a limit `per_domain`. In test mode without a test
    address nothing is claimed: the steps stay due until one is set.
    """
    with database.begin() as db:
        wanted = preferences.load(db)
        if relay.sending_paused(db) is not None or (wanted.test_mode and not wanted.test_address):
            return Frozen()
        due = claim_due(db, now=now, limit=limit)
        if not due:
            return Frozen()
        office = Office(
            worker.vault, worker.tokens, worker.settings, wanted, now=now, providers=hook_keys.names_set(db)
        )
        files = outbox.questionnaire_files(db, {step.questionnaire_version_id for step in due})
        asked = {id: questionnaires.load(read) for id, read in files.items()}
        earlier = outbox.earlier_of(db, {step.invitation_id for step in due})
        letters = [
            written(office, asked[step.questionnaire_version_id], step, earlier[step.invitation_id]) for step in due
        ]
        stencils.keep(db, _used(draft for draft, _tokens in letters), vault=worker.vault, now=now)
        ids = outbox.freeze(db, [draft for draft, _tokens in letters], now=now, hold=hold)
        links = [
            NewLink(ids[draft.key], step.invitation_id, purpose, hash_token(token))
            for step, (draft, by_purpose) in zip(due, letters, strict=True)
            for purpose, token in by_purpose.items()
        ]
        outbox.add_links(db, links, now=now)
        held = [] if hold is None else outbox.held(ids, [draft for draft, _tokens in letters], now=now)
        held = claims.within_limits(db, held, per_domain or {}, now=now)
        if _counts_now(ids.values()):
            _brake(db, {step.wave_id for step in due}, worker=worker, now=now)
    _log.info("messages queued", queued=len(due))
    return Frozen(len(due), tuple(held))


def _used(drafts: Iterable[Draft]) -> dict[str, Shared]:
    """The stencils of these mails."""
    found: dict[str, Shared] = {}
    for draft in drafts:
        own = draft.opened.own if draft.opened is not None else None
        if own is not None and draft.shared is not None:
            found[own.stencil] = draft.shared
    return found


def _counts_now(ids: Collection[int]) -> bool:
    """Counting takes the longer the larger the wave: past the first thousand messages, once for each thousand."""
    return bool(ids) and (max(ids) <= 1_000 or max(ids) // 1_000 != (min(ids) - 1) // 1_000)


def _brake(db: Connection, wave_ids: set[int], *, worker: Worker, now: datetime) -> None:
    """More messages than the census has steps: something repeats itself, whatever the keys say."""
    for wave_id in sorted(wave_ids):
        size = outbox.size_of_wave(db, wave_id)
        if size.messages > size.people * size.steps:
            because = (
                f"Wave {wave_id} has {size.messages} messages for {size.people} people and {size.steps} steps. "
                "Find out why first."
            )
            brakes.pause(db, because, worker=worker, now=now)
