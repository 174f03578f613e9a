"""How the mail servers and the providers' webhooks do: a row each, read for pages and alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from voc.base.schema import domain_state, provider_event, provider_refusal, relay_state, secret


@dataclass(frozen=True)
class ServerState:
    """Of a mail server that is not well; `outages` in a row, `refusals` of messages in a row."""

    open_until: datetime | None
    outages: int
    refusals: int
    reason: str | None
    changed_at: datetime


def server_states(db: Connection) -> dict[str, ServerState]:
    """By our name of it; no entry is all well."""
    columns = relay_state.c
    rows = db.execute(
        select(columns.relay, columns.open_until, columns.outages, columns.refusals, columns.reason, columns.changed_at)
    )
    return {row.relay: ServerState(*row[1:]) for row in rows}


@dataclass(frozen=True)
class WaitingDomain:
    """A recipient domain whose mail waits: at its limit, or because its server asked us to slow down (`reason`)."""

    domain: str
    until: datetime
    reason: str | None


def waiting_domains(db: Connection, *, now: datetime) -> list[WaitingDomain]:
    columns = domain_state.c
    rows = db.execute(
        select(columns.domain, columns.booked_at, columns.rests_until, columns.reason)
        .where(or_(columns.rests_until > now, and_(columns.booked_at > now, columns.booked > 0)))
        .order_by(columns.domain)
    )
    return [
        WaitingDomain(row.domain, row.rests_until, row.reason or "it asked us to slow down")
        if row.rests_until is not None and row.rests_until > now
        else WaitingDomain(row.domain, row.booked_at, None)
        for row in rows
    ]


@dataclass(frozen=True)
class Provider:
    """A mail provider's webhook: what came in and what was refused since some days, by reason."""

    name: str
    has_key: bool
    events: int
    last_at: datetime | None
    waiting: int  # kept, and not acted on yet
    refused: dict[str, int]
    refused_at: datetime | None


def providers(db: Connection, *, now: datetime, days: int = 7) -> list[Provider]:
    """Those that have a key, or that sent anything in that time."""
    since = now - timedelta(days=days)
    columns = provider_event.c
    came = {
        row.provider: row
        for row in db.execute(
            select(columns.provider, func.count().label("number"), func.max(columns.received_at).label("last_at"))
            .where(columns.received_at >= since)
            .group_by(columns.provider)
        )
    }
    waiting = {
        row.provider: row.number
        for row in db.execute(
            select(columns.provider, func.count().label("number"))
            .where(columns.handled_at.is_(None))
            .group_by(columns.provider)
        )
    }
    refused: dict[str, dict[str, int]] = {}
    refused_at: dict[str, datetime] = {}
    for row in db.execute(
        select(
            provider_refusal.c.provider,
            provider_refusal.c.reason,
            func.sum(provider_refusal.c.number).label("number"),
            func.max(provider_refusal.c.last_at).label("last_at"),
        )
        .where(provider_refusal.c.on_day >= since.date())
        .group_by(provider_refusal.c.provider, provider_refusal.c.reason)
        .order_by(provider_refusal.c.reason)
    ):
        refused.setdefault(row.provider, {})[row.reason] = int(row.number)
        refused_at[row.provider] = max(row.last_at, refused_at.get(row.provider, row.last_at))
    keys = db.execute(select(secret.c.name).where(secret.c.name.like("webhook.%"))).scalars()
    with_key = {name.split(".")[1] for name in keys}
    names = sorted({*came, *waiting, *refused, *with_key})
    return [
        Provider(
            name,
            name in with_key,
            came[name].number if name in came else 0,
            came[name].last_at if name in came else None,
            waiting.get(name, 0),
            refused.get(name, {}),
            refused_at.get(name),
        )
        for name in names
    ]
