"""What is known of a page that was served: looks at it, its nonce, the browser that posts. This stage writes them."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from voc.base.schema import hit, rendering, visitor
from voc.base.tokens import hash_token
from voc.responses.model import Door, Rendering
from voc.responses.scanners import WITHIN


def add_hit(
    db: Connection,
    opened: Door,
    *,
    at: datetime,
    method: str,
    score: int | None,
    agent: str | None,
    source: str | None,
) -> None:
    values = {
        "link_id": opened.link_id,
        "invitation_id": opened.invitation_id,
        "at": at,
        "method": method[:8],
        "score": score,
        "agent": None if agent is None else agent[:200],
        "source": source,
    }
    db.execute(_HIT, values)


def add_rendering(db: Connection, opened: Door, *, nonce: str, at: datetime, source: str | None) -> None:
    values = {
        "nonce_hash": hash_token(nonce),
        "invitation_id": opened.invitation_id,
        "link_id": opened.link_id,
        "at": at,
        "source": source,
    }
    db.execute(_RENDERING, values)


_HIT, _RENDERING = insert(hit), insert(rendering)
_RENDERING_OF = select(
    rendering.c.id,
    rendering.c.invitation_id,
    rendering.c.link_id,
    rendering.c.at,
    rendering.c.source,
    rendering.c.trapped_at,
).where(
    rendering.c.nonce_hash == bindparam("nonce_hash"),
    rendering.c.invitation_id == bindparam("invitation_id"),
)


def rendering_of(db: Connection, opened: Door, nonce: str) -> Rendering | None:
    """The page with that nonce, if it was served for this invitation."""
    row = db.execute(_RENDERING_OF, {"nonce_hash": hash_token(nonce), "invitation_id": opened.invitation_id}).first()
    return None if row is None else Rendering(**row._mapping)


def spring_trap(db: Connection, opened: Door, *, nonce: str, at: datetime) -> None:
    db.execute(
        update(rendering)
        .where(rendering.c.nonce_hash == hash_token(nonce), rendering.c.invitation_id == opened.invitation_id)
        .where(rendering.c.trapped_at.is_(None))
        .values(trapped_at=at)
    )


_SCORES = (
    select(hit.c.at, hit.c.score)
    .where(hit.c.link_id == bindparam("link_id"), hit.c.score.is_not(None))
    .where(hit.c.at.between(bindparam("begins"), bindparam("ends")))
    .where(hit.c.source.is_not_distinct_from(bindparam("source")))
    .order_by(hit.c.at, hit.c.id)
)


def scores_around(db: Connection, page: Rendering) -> list[tuple[datetime, int]]:
    """The score links of the same mail that the page's own source opened within ten seconds of it."""
    rows = db.execute(
        _SCORES,
        {"link_id": page.link_id, "begins": page.at - WITHIN, "ends": page.at + WITHIN, "source": page.source},
    )
    return [(row.at, row.score) for row in rows if row.score is not None]


def visitor_of(db: Connection, opened: Door, cookie: str | None) -> int | None:
    """The browser that posted for this invitation before, by its cookie."""
    if not cookie:
        return None
    return db.execute(
        select(visitor.c.id)
        .where(visitor.c.cookie_hash == hash_token(cookie))
        .where(visitor.c.invitation_id == opened.invitation_id)
    ).scalar()


def add_visitor(db: Connection, opened: Door, *, cookie: str, at: datetime) -> int:
    values = {"cookie_hash": hash_token(cookie), "invitation_id": opened.invitation_id, "at": at}
    return int(db.execute(_VISITOR, values).scalar_one())


_VISITOR = insert(visitor).returning(visitor.c.id)
