"""Scores (3)."""

from collections.abc import Iterable

from voc.base.words import PASSIVE_FROM, PROMOTER_FROM
from voc.metrics.model import Asked, Book, Unit
from voc.metrics.silence import by_person
from voc.metrics.units.response import delivered_in
from voc.metrics.units.terms import Terms, no_rate


def group_of(score: int) -> str:
    if score >= PROMOTER_FROM:
        return "promoter"
    return "passive" if score >= PASSIVE_FROM else "detractor"


_SIGN = {"promoter": 1.0, "passive": 0.0, "detractor": -1.0}


def scores(book: Book, _terms: Terms) -> list[Unit]:
    """One person, one vote: the latest answer; whoever was reached and gave none stands beside it as silent."""
    units = []
    for contact_id, mails in by_person(delivered_in(book)).items():
        latest = latest_score(mails)
        if latest is not None:
            label = group_of(latest)
            units.append(Unit(_SIGN[label], 1.0, label, "contact", contact_id, contact_id))
        else:
            units.append(Unit(0.0, 0.0, "silent", "contact", contact_id, contact_id))
    return units


def latest_score(mails: Iterable[Asked]) -> int | None:
    scored = [(one.score_at, one.id, one.score) for one in mails if one.score is not None and one.score_at is not None]
    return max(scored)[2] if scored else None


def account_scores(book: Book, terms: Terms) -> list[Unit]:
    score = _account_score(book, terms)
    if score is None:
        return []
    return [Unit(score, 1.0, "heard", "account", book.facts.account_id)]


def revenue_scores(book: Book, terms: Terms) -> list[Unit]:
    score = _account_score(book, terms)
    if score is None:
        return []
    arr = max(book.due, key=lambda one: (one.sent_at or one.due_at, one.id)).arr
    if arr is None:
        return [no_rate(book)]
    return [Unit(score * arr, arr, "heard", "account", book.facts.account_id)]


def _account_score(book: Book, terms: Terms) -> float | None:
    votes = [unit.part for unit in scores(book, terms) if unit.whole]
    return sum(votes) / len(votes) if votes else None
