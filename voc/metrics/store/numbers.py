"""Numbers of a company's own that came in."""

from sqlalchemy import Connection, select

from voc.base.schema import milestone
from voc.base.words import RecordState


def kinds(db: Connection) -> list[str]:
    """Such as number_seats, each once, by name."""
    here = milestone.c
    of_own = (here.kind.startswith("number_", autoescape=True), here.value.is_not(None))
    query = select(here.kind).where(*of_own, here.state == RecordState.LIVE).distinct()
    return sorted(db.execute(query).scalars())
