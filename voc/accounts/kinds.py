"""What a CRM's word for a deal or an activity means. Pure; a company's own words are settings."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


class DealKind(StrEnum):
    RENEWAL = "renewal"
    NEW = "new"  # the first sale, or the first of a new unit
    UPSELL = "upsell"  # more of the same
    CROSS_SELL = "cross_sell"  # something else
    UNIT = "unit"  # the first sale to a new unit, credited to the account whose unit it is
    OTHER = "other"


class ContactKind(StrEnum):
    MEETING = "meeting"
    CALL = "call"
    REVIEW = "review"
    TRAINING = "training"
    OTHER = "other"  # a mail, a note: nobody spoke to anybody


HUMAN = frozenset({ContactKind.MEETING, ContactKind.CALL, ContactKind.REVIEW})  # somebody was spoken to

# In this order: a renewal with an upsell is a renewal.
_DEALS: tuple[tuple[str, DealKind], ...] = (
    ("renew", DealKind.RENEWAL),
    ("cross", DealKind.CROSS_SELL),
    ("upsell", DealKind.UPSELL),
    ("up-sell", DealKind.UPSELL),
    ("upgrade", DealKind.UPSELL),
    ("expansion", DealKind.UPSELL),
    ("add-on", DealKind.UPSELL),
    ("add on", DealKind.UPSELL),
    ("new", DealKind.NEW),
)
_CONTACTS: tuple[tuple[str, ContactKind], ...] = (
    ("review", ContactKind.REVIEW),
    ("ebr", ContactKind.REVIEW),
    ("qbr", ContactKind.REVIEW),
    ("training", ContactKind.TRAINING),
    ("call", ContactKind.CALL),
    ("phone", ContactKind.CALL),
    ("meeting", ContactKind.MEETING),
    ("visit", ContactKind.MEETING),
    ("workshop", ContactKind.MEETING),
    ("check-in", ContactKind.MEETING),
)


def deal_kind(word: str | None, own: Mapping[str, str]) -> DealKind:
    return _meaning(word, own, _DEALS, DealKind, DealKind.OTHER)


def contact_kind(word: str | None, own: Mapping[str, str]) -> ContactKind:
    return _meaning(word, own, _CONTACTS, ContactKind, ContactKind.OTHER)


def _meaning(
    word: str | None, own: Mapping[str, str], shipped: tuple[tuple[str, Word], ...], words: type[Word], other: Word
) -> Word:
    """A company's own spelling first, then whatever the word contains."""
    plain = (word or "").strip().casefold()
    mapped = {key.strip().casefold(): meaning for key, meaning in own.items()}.get(plain)
    if mapped is not None:
        return words(mapped)
    return next((meaning for part, meaning in shipped if part in plain), other)
