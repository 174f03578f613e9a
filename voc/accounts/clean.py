"""From the texts of a CRM to values: addresses, days, money, flags, zones, roles, ids. Nothing is guessed.

Each cleaner takes the text of one field, raises `Unclean` with a reason when it means nothing, and
returns None for an empty one.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any
from zoneinfo import available_timezones

from voc.accounts.model import AccountStatus, MilestoneKind, Reason, Role, Segment, Spellings

FIELD_LIMIT_BYTES = 1 << 20
_CENT = Decimal("0.01")
_LARGEST_AMOUNT = Decimal(10) ** 16


class Unclean(Exception):
    """A text that is not what the field wants."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


# --- texts --------------------------------------------------------------------------------------

# The last ones turn the direction of what follows them: a name could make a line read as another.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_NO_BREAK = re.compile("[\u00a0\u2007\u202f]")


def without_control_characters(value: str) -> str:
    """Line breaks and tabs stay: they are part of what somebody wrote."""
    return _CONTROL.sub("", value)


def within_limit(value: str) -> str:
    """At most 1 MiB of UTF-8, cut between characters."""
    return value.encode("utf-8", "replace")[:FIELD_LIMIT_BYTES].decode("utf-8", "ignore")


def text(value: str) -> str | None:
    """Formulas, HTML, quotes and line breaks are data; escaping is for output."""
    return value if value and not value.isspace() else None


# --- ids ----------------------------------------------------------------------------------------

_CAPITALS = {code: "1" if 65 <= code <= 90 else "0" for code in range(128)}
_CHECKSUM = {f"{number:05b}"[::-1]: letter for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")}


def salesforce_id(value: str) -> str:
    """The form of 18 characters; two ids are one when their first 15 characters are.

    The last three say which of the 15 are capitals, five bits each, so that the id survives a
    comparison that ignores case. What has no form of a Salesforce id stays as it is.
    """
    value = value.strip()
    if len(value) not in (15, 18) or not (value.isascii() and value.isalnum()):
        return value
    value = value[:15]
    capitals = value.translate(_CAPITALS)
    return value + _CHECKSUM[capitals[:5]] + _CHECKSUM[capitals[5:10]] + _CHECKSUM[capitals[10:]]


# --- flags, days, money -------------------------------------------------------------------------

_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"", "0", "false", "no", "n", "f", "off"})


@functools.lru_cache(maxsize=1_000)
def flag(value: str) -> bool:
    return value.strip().casefold() in _YES


def says_no(value: str) -> bool:
    """Whether a text is a clear no, or nothing. What is neither yes nor no never lets us ask somebody."""
    return value.strip().casefold() in _NO


# Some systems write their first or last day for "none" or "never": it is no day of a customer.
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)


@functools.lru_cache(maxsize=10_000)  # an export has far more rows than days
def day(value: str) -> date | None:
    """YYYY-MM-DD or an ISO date-time, whose day it is. What a spreadsheet mangled is never guessed."""
    value = value.strip()
    if not value:
        return None
    found = _written_day(value)
    if found is None or not _EARLIEST <= found <= _LATEST:
        raise Unclean(Reason.BAD_DATE)
    return found


def _written_day(value: str) -> date | None:
    try:
        if len(value) == 10 and value[4] == "-" == value[7]:
            return date.fromisoformat(value)
        if len(value) > 10 and value[4] == "-" == value[7] and value[10] in "T ":
            return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    return None


_AMOUNT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d{1,2})?", re.ASCII)


def amount(value: str) -> Decimal | None:
    """Comma thousands are read (1,250,000.00); anything else that is no plain number is refused."""
    value = value.strip()
    if not value:
        return None
    if not _AMOUNT.fullmatch(value):
        raise Unclean(Reason.BAD_NUMBER)
    try:
        number = Decimal(value.replace(",", ""))
        if abs(number) < _LARGEST_AMOUNT:
            return number.quantize(_CENT)
    except InvalidOperation:
        pass
    raise Unclean(Reason.BAD_NUMBER)


@functools.lru_cache(maxsize=1_000)
def currency(value: str) -> str | None:
    return value.strip().upper()[:3] or None


# --- addresses ----------------------------------------------------------------------------------

_PLAIN_ADDRESS = re.compile(r"[a-z0-9_'+-]+(?:\.[a-z0-9_'+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_DISPLAYED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>", re.DOTALL)
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+")
_LABEL = re.compile(r"[\w](?:[\w-]*[\w])?")


def address(value: str) -> str | None:
    """One address: no display name, no mailto:, lower case, its domain in Unicode.

    Two addresses in one field, or none, is no address: which one is meant cannot be known.
    """
    if not value:
        return None
    # Most are clean already.
    if len(value) <= 64 and _PLAIN_ADDRESS.fullmatch(value) and "xn--" not in value:
        return value
    value = _NO_BREAK.sub(" ", _INVISIBLE.sub("", value)).strip()
    if not value:
        return None
    displayed = _DISPLAYED.fullmatch(value)
    if displayed:
        value = displayed["address"].strip()
        if _names_another_address(displayed["name"], value):
            raise Unclean(Reason.INVALID_EMAIL)
    value = re.sub(r"(?i)\Amailto:", "", value).partition("?")[0].strip().rstrip(",;").strip()
    local, at, domain = value.rpartition("@")
    if not at or not _is_local(local):
        raise Unclean(Reason.INVALID_EMAIL)
    return f"{unicodedata.normalize('NFC', local).lower()}@{_domain(domain)}"


def _names_another_address(name: str, value: str) -> bool:
    name = name.strip().strip("\"'").strip()
    return "@" in name and name.casefold() != value.casefold()


def _is_local(local: str) -> bool:
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    return len(local) <= 64 and not dotted and _LOCAL.fullmatch(local) is not None


def _domain(domain: str) -> str:
    """The domain in Unicode: an internationalised domain and its punycode are one."""
    labels = [_label(label) for label in unicodedata.normalize("NFC", domain).lower().split(".")]
    if len(labels) < 2 or labels[-1].isdigit() or len(domain) > 253:
        raise Unclean(Reason.INVALID_EMAIL)
    return ".".join(labels)


def _label(label: str) -> str:
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            raise Unclean(Reason.INVALID_EMAIL) from None
        label = unicodedata.normalize("NFC", label).lower()
    if len(label) > 63 or "_" in label or not _LABEL.fullmatch(label):
        raise Unclean(Reason.INVALID_EMAIL)
    return label


# --- zones, languages, countries ----------------------------------------------------------------


@functools.cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() - {"localtime", "Factory"}}


_LABELLED_ZONE = re.compile(r"\(GMT[^)]*\).*\((?P<zone>[^()]+)\)", re.DOTALL)


@functools.lru_cache(maxsize=2_000)
def zone(value: str) -> str | None:
    """An IANA name, or Salesforce's label with the IANA name in brackets."""
    value = value.strip()
    if not value:
        return None
    labelled = _LABELLED_ZONE.fullmatch(value)
    found = _zones().get((labelled["zone"].strip() if labelled else value).casefold())
    if found is None:
        raise Unclean(Reason.UNKNOWN_TIMEZONE)
    return found


_RENAMED_LANGUAGES = {"iw": "he", "in": "id", "ji": "yi"}  # Salesforce still writes the codes of 1988


@functools.lru_cache(maxsize=2_000)
def language(value: str) -> str | None:
    """`en_GB` as `en-GB`, old codes as the new ones."""
    code, _, region = value.strip().replace("_", "-").partition("-")
    if not code:
        return None
    code = code.lower()
    code = _RENAMED_LANGUAGES.get(code, code)
    return f"{code}-{region.upper() if len(region) == 2 else region}"[:16] if region else code[:16]


@functools.lru_cache(maxsize=2_000)
def country_code(name: str | None) -> str | None:
    """The ISO code of two letters for a country as a CRM writes it; None when it is not known.

    Codes pass through; names are in `countries.toml` with their own-language forms.
    """
    if not name or not name.strip():
        return None
    key = " ".join(name.casefold().replace(".", "").split())
    if len(key) == 2 and key.isascii() and key.isalpha():
        return "GB" if key == "uk" else key.upper()
    return _countries().get(key)


@functools.cache
def _countries() -> dict[str, str]:
    table: dict[str, list[str]] = tomllib.loads(_shipped("countries.toml"))["countries"]
    return {name.casefold().replace(".", ""): code for code, names in table.items() for name in names}


# --- words of the CRM ---------------------------------------------------------------------------


def spelling_key(label: str) -> str:
    """Spellings are compared without case, hyphens or outer spaces."""
    return " ".join(label.casefold().replace("-", " ").replace("_", " ").split())


@functools.cache
def default_spellings() -> Spellings:
    return spellings({})


def spellings(own: Mapping[str, Any]) -> Spellings:
    """The shipped table with a company's own words added; a wrong word raises ValueError and names it."""
    shipped: dict[str, Any] = tomllib.loads(_shipped("spellings.toml"))

    def listed(name: str) -> frozenset[str]:
        return frozenset(str(word).strip().casefold() for word in (*shipped[name], *own.get(name, ())))

    return Spellings(
        roles={spelling_key(k): Role(v) for k, v in {**shipped["roles"], **own.get("roles", {})}.items()},
        segments={spelling_key(k): Segment(v) for k, v in {**shipped["segments"], **own.get("segments", {})}.items()},
        statuses={
            spelling_key(k): AccountStatus(v) for k, v in {**shipped["statuses"], **own.get("statuses", {})}.items()
        },
        free_mail=listed("free_mail"),
        role_addresses=listed("role_addresses"),
    )


def roles(value: str, known: Mapping[str, Role]) -> tuple[tuple[Role, ...], list[str]]:
    """The roles of a multi-picklist in the order of their vocabulary, and the labels nobody understands."""
    if not value:
        return (), []
    found: set[Role] = set()
    unknown: list[str] = []
    for label in value.split(";"):
        role = known.get(spelling_key(label))
        if role is not None:
            found.add(role)
        elif label.strip() and label.strip() not in unknown:
            unknown.append(label.strip())
    return in_order(found), unknown


def in_order(found: Iterable[Role]) -> tuple[Role, ...]:
    found = set(found)
    return tuple(role for role in Role if role in found) if found else ()


_MILESTONES = frozenset(MilestoneKind)


OWN_NUMBER = "number_"  # a kind that a company makes up begins with it


def milestone_kind(value: str) -> str | None:
    """None for a kind that is not in the list; `number_seats` and the like are a company's own."""
    key = spelling_key(value).replace(" ", "_")
    own = key.startswith(OWN_NUMBER) and len(key) <= 64 and re.fullmatch(r"[a-z][a-z0-9_]*", key) is not None
    return key if key in _MILESTONES or own else None


def _shipped(name: str) -> str:
    return resources.files("voc.accounts").joinpath(name).read_text(encoding="utf-8")
