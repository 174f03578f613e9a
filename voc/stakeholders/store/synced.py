"""What a sync brought that this stage has not taken in yet: meetings, opt-outs, bounces, departures."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from voc.base.schema import activity, alias, contact, csm, sign_of_life, suppression
from voc.base.words import RecordState, Sign, SuppressionReason

CRM = "CRM"
_BATCH = 5_000


def new_meetings(db: Connection, *, before: date) -> Iterator[Sequence[Any]]:
    """Activities with a contact on a day before `before` that are no sign yet: id, on, contact_id, kind, csm_name."""
    last = ""
    while True:
        query = (
            select(activity.c.id, activity.c.on, activity.c.kind, contact.c.id.label("contact_id"), csm.c.name)
            .join(contact, contact.c.id == activity.c.contact_id)
            .outerjoin(csm, csm.c.id == activity.c.csm_id)
            .where(
                activity.c.id > last,
                activity.c.state == RecordState.LIVE,
                activity.c.on < before,
                ~exists().where(sign_of_life.c.key == "activity:" + activity.c.id),
            )
            .order_by(activity.c.id)
            .limit(_BATCH)
        )
        rows = db.execute(query).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def new_opt_outs(db: Connection) -> list[str]:
    """Addresses that the CRM says opted out, and those of the winners of a merge with one who had."""
    own = select(contact.c.email).where(contact.c.opted_out, _unsuppressed(contact.c.email, SuppressionReason.OPT_OUT))
    loser, winner = contact.alias("loser"), contact.alias("winner")
    loser_opted_out = or_(
        loser.c.opted_out,
        exists().where(
            suppression.c.address == loser.c.email,
            suppression.c.reason == SuppressionReason.OPT_OUT,
            suppression.c.lifted_at.is_(None),
        ),
    )
    inherited = (
        select(winner.c.email)
        .join(alias, and_(alias.c.kind == "contact", alias.c.winner_id == winner.c.id))
        .join(loser, loser.c.id == alias.c.loser_id)
        .where(loser_opted_out, _unsuppressed(winner.c.email, SuppressionReason.OPT_OUT))
    )
    found = {row.email for query in (own, inherited) for row in db.execute(query)}
    return sorted(address for address in found if address)


def new_bounces(db: Connection) -> Sequence[Any]:
    """Contacts that the CRM says bounced: id, email, bounced_on, bounce_reason."""
    return db.execute(
        select(contact.c.id, contact.c.email, contact.c.bounced_on, contact.c.bounce_reason)
        .where(
            contact.c.state == RecordState.LIVE,
            contact.c.bounced,
            _unsuppressed(contact.c.email, SuppressionReason.BOUNCED),
        )
        .order_by(contact.c.id)
    ).all()


def lift_bounces_taken_back(db: Connection, *, at: datetime) -> int:
    """Lift bounces that only the CRM told us of and that it no longer tells of any row with the address."""
    other = contact.alias("other")
    with_address = other.c.email == suppression.c.address
    taken_back = and_(
        suppression.c.reason == SuppressionReason.BOUNCED,
        suppression.c.source == CRM,
        suppression.c.lifted_at.is_(None),
        exists().where(with_address, other.c.state == RecordState.LIVE),
        ~exists().where(with_address, other.c.bounced),
    )
    lifted = db.execute(update(suppression).where(taken_back).values(lifted_at=at).returning(suppression.c.id))
    return len(lifted.all())


def new_departures(db: Connection) -> list[str]:
    """Contacts that the CRM says left, without that sign."""
    query = select(contact.c.id).where(
        contact.c.left_company,
        contact.c.state == RecordState.LIVE,
        ~exists().where(sign_of_life.c.key == "crm-left:" + contact.c.id),
    )
    return [row.id for row in db.execute(query.order_by(contact.c.id))]


def add_all(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert these rows, skipping those whose unique key is there already."""
    if rows:
        into = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        db.execute(into(table).on_conflict_do_nothing(), rows)


def add_signs(db: Connection, rows: Sequence[tuple[str, str, Sign, datetime, str, str | None]]) -> None:
    """Rows of key, contact id, kind, moment, source and quote."""
    names = ("key", "contact_id", "kind", "at", "source", "quote")
    add_all(db, sign_of_life, [dict(zip(names, row, strict=True)) for row in rows])


def add_suppressions(db: Connection, rows: Sequence[tuple[str, SuppressionReason, datetime]]) -> None:
    """Rows of address, reason and moment, as the CRM has them."""
    names = ("address", "reason", "at")
    add_all(db, suppression, [{**dict(zip(names, row, strict=True)), "source": CRM} for row in rows])


def _unsuppressed(address: ColumnElement[Any], reason: SuppressionReason) -> ColumnElement[bool]:
    standing = exists().where(
        suppression.c.address == address, suppression.c.reason == reason, suppression.c.lifted_at.is_(None)
    )
    return and_(address.is_not(None), ~standing)
