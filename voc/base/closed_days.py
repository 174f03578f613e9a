"""Weekends and holidays of a country, by the `holidays` package; each country is loaded when it is first asked for."""

import sys
from datetime import date
from functools import lru_cache
from importlib.util import find_spec, module_from_spec

import holidays

_WEEKEND = frozenset({5, 6})
_ALL = "holidays.countries"


def _load_no_others() -> None:
    """Loading one country would run the package that imports all 250, half a second of every command's time.

    So the package stands there without having run: a country's module needs only its place.
    """
    spec = find_spec(_ALL)
    if spec is not None and _ALL not in sys.modules:
        sys.modules[_ALL] = module_from_spec(spec)


_load_no_others()


@lru_cache(maxsize=4096)
def closed_days(country: str | None, year: int) -> tuple[frozenset[int], frozenset[date]]:
    """Weekend (Monday is 0) and holidays; a country that is not known has Saturday and Sunday and no holidays."""
    if country is None:
        return _WEEKEND, frozenset()
    try:
        found = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return _WEEKEND, frozenset()
    return frozenset(found.weekend), frozenset(found)
