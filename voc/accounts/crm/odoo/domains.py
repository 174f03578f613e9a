"""Odoo's search conditions: lists in prefix notation, put together."""

from collections.abc import Iterable
from typing import Any

Domain = list[Any]


def both(*domains: Domain) -> Domain:
    """All of them; an empty one asks for nothing."""
    return [leaf for domain in domains for leaf in domain]


def either(*domains: Domain) -> Domain:
    """At least one of them; none of them may be empty."""
    joined = [one for domain in domains for one in _as_one(domain)]
    return ["|"] * (len(domains) - 1) + joined


def negated(domain: Domain) -> Domain:
    return ["!", *_as_one(domain)]


def among(column: str, values: Iterable[Any]) -> Domain:
    return [[column, "in", list(values)]]


def within(column: str, since: str, until: str) -> Domain:
    """The half-open window."""
    return [[column, ">=", since], [column, "<", until]]


def _as_one(domain: Domain) -> Domain:
    """With its `&` written out. An operator needs one operand more than it makes."""
    needed = 0
    for one in domain:
        needed += {"|": -1, "&": -1, "!": 0}.get(one, 1) if isinstance(one, str) else 1
    return ["&"] * (needed - 1) + domain
