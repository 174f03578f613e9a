"""What the web stage keeps (sessions, knocks) and reads across stages for one page (timeline, standing)."""

from voc.web.store.sessions import (
    ABSOLUTE,
    IDLE,
    SEEN_EVERY,
    Session,
    Standing,
    add_knocks,
    close_session,
    close_sessions_of,
    forget_knocks,
    knocks,
    may_enter,
    open_session,
    seen,
    set_flash,
    standing,
    standing_session,
)
from voc.web.store.timeline import Asked, Moment, asked_of, timeline

__all__ = [
    "ABSOLUTE",
    "IDLE",
    "SEEN_EVERY",
    "Asked",
    "Moment",
    "Session",
    "Standing",
    "add_knocks",
    "asked_of",
    "close_session",
    "close_sessions_of",
    "forget_knocks",
    "knocks",
    "may_enter",
    "open_session",
    "seen",
    "set_flash",
    "standing",
    "standing_session",
    "timeline",
]
