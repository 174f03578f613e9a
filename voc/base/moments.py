"""What other clocks say: the database server's, and the latest moments in our own tables."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from voc.base.schema import attempt, audit, inbound, message


def server_clock(db: Connection) -> datetime | None:
    """The database server's own clock; None on SQLite, which has none but ours."""
    if db.dialect.name != "postgresql":
        return None
    found: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
    return found


def latest(db: Connection) -> dict[str, datetime]:
    """By what it is; each is the end of an index or the last row."""
    queries = {
        "a mail was sent": select(message.c.sent_at).where(message.c.sent_at.is_not(None)).order_by(
            message.c.sent_at.desc()
        ),
        "a mail was tried": select(attempt.c.at).order_by(attempt.c.id.desc()),
        "a mail came back": select(inbound.c.at).order_by(inbound.c.at.desc()),
        "somebody changed something": select(audit.c.at).order_by(audit.c.id.desc()),
    }  # fmt: skip
    found = {what: db.execute(query.limit(1)).scalar() for what, query in queries.items()}
    return {what: at for what, at in found.items() if at is not None}
