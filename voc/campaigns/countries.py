"""A country as a CRM writes it -> its ISO code, and the zone most of its people live in."""

import re
from functools import lru_cache
from importlib.resources import files

from holidays.registry import COUNTRIES

from voc.accounts import clean

_CODES = {entry[1] for entry in COUNTRIES.values()}
_BY_NAME = {name.replace("_", ""): code for name, (_class, code, *_more) in COUNTRIES.items()}
# Where the first zone of the IANA table is that of an outpost.
_MOST_PEOPLE = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}


@lru_cache(maxsize=1024)
def country_code(text: str | None) -> str | None:
    """`Germany`, `DE`, `The Netherlands` -> two letters, or None if it is no country we know."""
    known = clean.country_code(text)
    if known in _CODES or not text:
        return known
    plain = re.sub(r"[\W_]", "", text.lower().replace("&", "and"))
    return _BY_NAME.get(plain) or _BY_NAME.get(plain.removeprefix("the"))


@lru_cache(maxsize=1024)
def main_zone(country: str | None) -> str | None:
    """The zone most people of a country live in, by its ISO code."""
    return _main_zones().get(country or "")


@lru_cache(maxsize=1)
def _main_zones() -> dict[str, str]:
    """The IANA table lists a country's most populous zone first, where geography does not speak against it."""
    zones = dict(_MOST_PEOPLE)
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, _place, zone, *_comment = line.split("\t")
            zones.setdefault(code, zone)
    return zones
