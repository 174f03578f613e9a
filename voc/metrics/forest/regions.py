"""A country -> one of three parts of the world: finer ones would mostly be too small to show. Pure."""

from voc.campaigns.countries import main_zone

AMERICAS, EMEA, ASIA_PACIFIC = "Americas", "Europe, Middle East and Africa", "Asia-Pacific"
_MIDDLE_EAST = frozenset(
    ["AE", "AM", "AZ", "BH", "CY", "GE", "IL", "IQ", "IR", "JO", "KW", "LB", "OM", "PS", "QA", "SA", "SY", "TR", "YE"]
)
_BY_AREA = {"America": AMERICAS, "Asia": ASIA_PACIFIC, "Australia": ASIA_PACIFIC, "Pacific": ASIA_PACIFIC}


def of(country: str | None) -> str | None:
    """`country` is an ISO code of two letters; None if it is not known."""
    if country is None:
        return None
    if country in _MIDDLE_EAST:
        return EMEA
    zone = main_zone(country)
    return None if zone is None else _BY_AREA.get(zone.partition("/")[0], EMEA)
