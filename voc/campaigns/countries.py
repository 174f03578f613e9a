"""A country as a CRM writes it -> its ISO code."""

import re
from functools import lru_cache
from importlib.resources import files

from holidays.registry import COUNTRIES

# What people write and the calendar's own list does not know.
_ALSO = {
    "america": "US",
    "brasil": "BR",
    "czechrepublic": "CZ",
    "danmark": "DK",
    "deutschland": "DE",
    "england": "GB",
    "espana": "ES",
    "españa": "ES",
    "greatbritain": "GB",
    "holland": "NL",
    "italia": "IT",
    "korea": "KR",
    "northernireland": "GB",
    "osterreich": "AT",
    "österreich": "AT",
    "polska": "PL",
    "republicofireland": "IE",
    "republicofkorea": "KR",
    "russianfederation": "RU",
    "schweiz": "CH",
    "scotland": "GB",
    "suisse": "CH",
    "sverige": "SE",
    "turkiye": "TR",
    "türkiye": "TR",
    "uae": "AE",
    "unitedstatesofamerica": "US",
    "wales": "GB",
}
_BY_NAME = {
    **_ALSO,
    **{name.replace("_", ""): entry[1] for name, entry in COUNTRIES.items()},
    **{word.lower(): entry[1] for entry in COUNTRIES.values() for word in entry},
}
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
    """`Germany`, `DE`, `deu`, `The Netherlands` -> two letters, or None if it is no country we know."""
    if not text:
        return None
    plain = re.sub(r"[^\w]", "", text.lower().replace("&", "and")).replace("_", "")
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
