"""Comments sorted by people who do not see what the rule found, and how far the two agree."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.metrics.forest.agreement import Agreement, Case, agreement, total
from voc.metrics.forest.book import Theme
from voc.metrics.store.forest import book, comments
from voc.metrics.store.forest.comments import Key

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Task:
    """The next comment to sort. Neither its writer nor what the rule found stands beside it."""

    response_id: int
    question: str
    language: str
    text: str
    left: int  # with this one


def next_task(db: Connection, viewer: Viewer, *, now: datetime, after: str = "") -> Task | None:
    """The next of a fixed random order of the last year's comments; with `after`, the one behind that place."""
    waiting = comments.to_code(db, viewer, after=now - YEAR, until=now)
    ordered = sorted(waiting, key=lambda one: place_of(one[0]))
    behind = [one for one in ordered if place_of(one[0]) > after]
    if not behind:
        return None
    (response_id, question), language, text = behind[0]
    return Task(response_id, question, language, text, len(behind))


def place_of(key: Key) -> str:
    """Where a comment stands in the order of sorting: by chance, and the same for everybody."""
    return hashlib.sha256(f"to be sorted:{key[0]}:{key[1]}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Agreements:
    """By theme, and over all; `comments` were sorted by people, of them `fresh` since the book last changed."""

    by_theme: tuple[tuple[Theme, Agreement], ...]
    total: Agreement
    comments: int


def agreements(db: Connection) -> Agreements:
    """How the rule as it stands agrees with people's blind sorting."""
    coded = comments.coded(db)
    rule = comments.rule_themes(db, [(one.response_id, one.question) for one in coded])
    themes = book.themes(db)
    cases = [
        [
            Case(
                theme.id,
                person=theme.id in one.themes,
                rule=theme.id in rule[one.response_id, one.question],
                fresh=one.book >= theme.version,
            )
            for one in coded
            if theme.id in one.offered
        ]
        for theme in themes
    ]
    found = tuple((theme, agreement(some)) for theme, some in zip(themes, cases, strict=True))
    return Agreements(found, total(cases, comments=len(coded)), len(coded))
