"""A country as a CRM writes it -> its ISO code."""

import re
from functools import lru_cache

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


@lru_cache(maxsize=1024)
def country_code(text: str | None) -> str | None:
    """`Germany`, `DE`, `deu`, `The Netherlands` -> two letters, or None if it is no country we know."""
    if not text:
        return None
    plain = re.sub(r"[^\w]", "", text.lower().replace("&", "and")).replace("_", "")
    return _BY_NAME.get(plain) or _BY_NAME.get(plain.removeprefix("the"))
