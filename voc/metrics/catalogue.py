"""Every figure, in the order of the page of definitions; each subject defines its own in `defined`."""

from collections.abc import Collection, Mapping
from typing import Any

from voc.metrics.defined import beside, follow_ups, money, places, response, scores, standing
from voc.metrics.definition import VERSION, Definition, Direction, Kind, Measure, Owner, Spread

__all__ = [
    "BY_NAME",
    "CATALOGUE",
    "OPENS",
    "VERSION",
    "Definition",
    "Direction",
    "Figures",
    "Kind",
    "Measure",
    "Owner",
    "Spread",
    "chosen",
    "ever",
]

CATALOGUE: tuple[Definition, ...] = (
    *places.DEFINITIONS,
    *response.DEFINITIONS,
    *scores.DEFINITIONS,
    *standing.DEFINITIONS,
    *follow_ups.DEFINITIONS,
    *money.DEFINITIONS,
)


class Figures(dict[str, Definition]):
    """By name. Every `number_...` that a company makes up is one too, also where nothing of it has come in yet."""

    def __missing__(self, name: str) -> Definition:
        found = money.of_number(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and money.of_number(name) is not None)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 -- this is `get`


BY_NAME = Figures({one.name: one for one in CATALOGUE})


def chosen(names: Collection[str] | None) -> list[Definition]:
    """Those of these names, in the order of the catalogue, a company's own numbers last; None is the catalogue."""
    if names is None:
        return list(CATALOGUE)
    own = sorted(name for name in names if name not in _SHIPPED and name in BY_NAME)
    return [one for one in CATALOGUE if one.name in names] + [BY_NAME[name] for name in own]


def ever(name: str, catalogue: Mapping[str, Definition] = BY_NAME) -> Definition:
    """Also of a figure that an earlier version of this service had: it has a name, and nothing is counted for it."""
    return catalogue[name] if name in catalogue else _gone(name)


def _gone(name: str) -> Definition:
    return Definition(
        name=name,
        label=name.replace("_", " ").capitalize(),
        text="A figure of an earlier version of this service. Nothing is counted for it any more.",
        counts="rows",
        owner=Owner.TODAY,
        kind=Kind.STATE,
    )


_SHIPPED = frozenset(one.name for one in CATALOGUE)
# What opens to rows: every figure, and what stands beside them.
OPENS = Figures({**BY_NAME, **{one.name: one for one in beside.DEFINITIONS}})
