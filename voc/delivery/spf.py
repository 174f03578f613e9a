"""An SPF record and all it refers to, as receivers count it (RFC 7208). Pure: what DNS said comes in as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4: one more, and the whole record counts for nothing
_FOLLOWED_AT_MOST = 40  # a hostile record may refer to more than anybody would wait for

Question = tuple[str, str]  # a name in small letters, and a record type


class Seen(StrEnum):
    FOUND = "found"
    NONE = "none"  # the server says that there is no such record
    FAILED = "failed"  # no answer that can be trusted


@dataclass(frozen=True)
class Answer:
    """TXT: its strings joined; MX: `10 host`; A and AAAA: the address. `trouble` says why it failed."""

    seen: Seen
    values: tuple[str, ...] = ()
    trouble: str = ""


Known = Mapping[Question, Answer]


@dataclass
class Walk:
    """What one record leads to. `wanted` is what must be asked before more can be said."""

    lookups: int = 0
    names: list[str] = field(default_factory=list)  # included or redirected to, in order
    wanted: list[Question] = field(default_factory=list)
    without_record: list[str] = field(default_factory=list)  # included, and no (or two) records there
    unanswered: list[str] = field(default_factory=list)
    in_a_circle: bool = False
    ptr: bool = False


def is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def records(answer: Answer) -> list[str]:
    return [value for value in answer.values if is_spf(value)]


def all_qualifier(record: str) -> str | None:
    """`-`, `~`, `?` or `+`: what becomes of mail from elsewhere; None where the record does not say."""
    for term in record.lower().split()[1:]:
        if term.lstrip("+-~?") == "all":
            return term[0] if term[0] in "+-~?" else "+"
    return None


def redirect(record: str) -> str | None:
    found = [term.partition("=")[2] for term in record.lower().split()[1:] if term.startswith("redirect=")]
    return found[0].rstrip(".") if found else None


def walk(domain: str, known: Known) -> Walk:
    """Follow includes and redirects from the domain's own record, as far as the answers go."""
    seen = Walk()
    _follow(domain, known, seen, chain=())
    return seen


def _follow(domain: str, known: Known, seen: Walk, *, chain: tuple[str, ...]) -> None:
    if domain in chain:
        seen.in_a_circle = True
        return
    if seen.lookups > _FOLLOWED_AT_MOST:
        return
    answer = known.get((domain, "TXT"))
    if answer is None:
        seen.wanted.append((domain, "TXT"))
        return
    if answer.seen is Seen.FAILED:
        seen.unanswered.append(domain)
        return
    found = records(answer)
    if len(found) != 1:
        if chain:
            seen.without_record.append(domain)
        return
    for name in _referred(found[0], seen):
        if "%" in name:
            continue  # a macro: only a receiver with a message in its hands can follow it
        seen.names.append(name)
        _follow(name, known, seen, chain=(*chain, domain))


def _referred(record: str, seen: Walk) -> list[str]:
    """Count what costs a receiver a question, and name the records to go on to."""
    names = []
    for term in record.lower().split()[1:]:
        plain = term.lstrip("+-~?")
        kind, _, value = plain.partition(":")
        if kind == "include" and value:
            names.append(value.rstrip("."))
        seen.ptr = seen.ptr or kind == "ptr"
        # `a/24` and `mx/24` are the same mechanisms with a range.
        seen.lookups += kind.partition("/")[0] in ("include", "a", "mx", "ptr", "exists")
    if (further := redirect(record)) is not None and all_qualifier(record) is None:
        seen.lookups += 1
        names.append(further)
    return names
