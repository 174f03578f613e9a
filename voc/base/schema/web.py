"""Sessions, and knocks at the door [web]."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Named, String, Table, TypedColumns

from voc.base.schema.declaring import Numbered, metadata
from voc.base.types import Instant, Json

__all__ = [
    "knock",
    "session",
]


class _Session(TypedColumns):
    token_hash: Named[str] = Column(String(64), primary_key=True)
    staff_id: Named[int] = Column(ForeignKey("staff.id"), index=True)
    csrf: Named[str] = Column(String(64))
    created_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)
    expires_at: Named[datetime] = Column(Instant)
    flash: Named[Any] = Column(Json, nullable=True)  # what the last act did, and its undo: shown once


session = Table("session", metadata, _Session)


class _Knock(Numbered):
    """A failed sign-in or an unknown token, for the rate limits; `source` is an HMAC of address or e-mail."""

    kind: Named[str] = Column(String(16))
    source: Named[str] = Column(String(64))
    at: Named[datetime] = Column(Instant)


knock = Table("knock", metadata, _Knock, Index("ix_knock_source", "kind", "source", "at"))
