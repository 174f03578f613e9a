"""Over invitations (1.2), and over people and accounts (1.4)."""

from voc.base.words import Disposition, Role
from voc.metrics.model import Asked, Book, Unit
from voc.metrics.silence import by_person
from voc.metrics.units.terms import Terms, Units, account_unit, no_rate

UNKNOWN_STILL_THERE = 0.5  # of the bounced, if their freshness just before sending is not known (assumed)

_COMPLETE = {Disposition.COMPLETE}
_ANSWERED = {Disposition.COMPLETE, Disposition.PARTIAL}


def _rate(answered: set[Disposition], unknown_counts: float | None) -> Units:
    """One unit per due invitation; `unknown_counts` is what a bounce adds to the base, None for its freshness."""

    def units(book: Book, _terms: Terms) -> list[Unit]:
        return [
            Unit(
                part=float(one.disposition in answered),
                whole=_weight(one, unknown_counts),
                label=str(one.disposition),
                kind="invitation",
                id=str(one.id),
                contact_id=one.contact_id,
            )
            for one in book.due
        ]

    return units


def _weight(asked: Asked, unknown_counts: float | None) -> float:
    if asked.disposition == Disposition.NOT_ELIGIBLE:
        return 0.0
    if asked.disposition == Disposition.UNKNOWN:
        if unknown_counts is not None:
            return unknown_counts
        return UNKNOWN_STILL_THERE if asked.freshness is None else asked.freshness
    return 1.0


RR1, RR2 = _rate(_COMPLETE, 1.0), _rate(_ANSWERED, 1.0)
RR3, RR4 = _rate(_COMPLETE, None), _rate(_ANSWERED, None)
RR5, RR6 = _rate(_COMPLETE, 0.0), _rate(_ANSWERED, 0.0)


def delivered_in(book: Book) -> list[Asked]:
    """A late answer is an answer of a person and of an account, if not of the on-time rate."""
    return [one for one in book.due if one.delivered and one.disposition != Disposition.NOT_ELIGIBLE]


def reach(book: Book, _terms: Terms) -> list[Unit]:
    return [
        Unit(float(heard), 1.0, "answered" if heard else "silent", "contact", contact_id, contact_id)
        for contact_id, mails in by_person(delivered_in(book)).items()
        for heard in [any(one.answered_at for one in mails)]
    ]


def _heard(book: Book) -> list[Asked]:
    return [one for one in book.due if one.answered_at is not None]


def account_response(book: Book, _terms: Terms) -> list[Unit]:
    if not delivered_in(book):
        return []
    return [account_unit(book, bool(_heard(book)), yes="heard", no="not heard")]


def two_roles(book: Book, _terms: Terms) -> list[Unit]:
    if not delivered_in(book):
        return []
    roles = {role for one in _heard(book) for role in one.roles}
    return [account_unit(book, len(roles) >= 2, yes="two roles or more", no="one role or none")]


def decision_maker(book: Book, _terms: Terms) -> list[Unit]:
    if not delivered_in(book):
        return []
    return [account_unit(book, _decision_maker_heard(book), yes="heard", no="not heard")]


def _decision_maker_heard(book: Book) -> bool:
    return any(Role.DECISION_MAKER in one.roles for one in _heard(book))


def response_target(book: Book, terms: Terms) -> list[Unit]:
    delivered = delivered_in(book)
    if not delivered:
        return []
    share = sum(one.answered_on_time for one in delivered) / len(delivered)
    met = share >= terms.response_standard and _decision_maker_heard(book)
    return [account_unit(book, met, yes="met", no="not met")]


def revenue_heard(book: Book, _terms: Terms) -> list[Unit]:
    """Of the revenue frozen when the account was last asked; an account without a rate is left out and named."""
    delivered = delivered_in(book)
    if not delivered:
        return []
    latest = max(delivered, key=lambda one: (one.sent_at or one.due_at, one.id))
    if latest.arr is None:
        return [no_rate(book)]
    return [account_unit(book, bool(_heard(book)), yes="heard", no="not heard", weight=latest.arr)]
