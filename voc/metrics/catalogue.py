"""Every figure, in the order of the page of definitions; each subject defines its own in `defined`."""

from voc.metrics.defined import beside, follow_ups, money, places, response, scores, standing
from voc.metrics.definition import VERSION, Definition, Direction, Kind, Measure, Owner, Spread

__all__ = ["BY_NAME", "CATALOGUE", "OPENS", "VERSION", "Definition", "Direction", "Kind", "Measure", "Owner", "Spread"]

CATALOGUE: tuple[Definition, ...] = (
    *places.DEFINITIONS,
    *response.DEFINITIONS,
    *scores.DEFINITIONS,
    *standing.DEFINITIONS,
    *follow_ups.DEFINITIONS,
    *money.DEFINITIONS,
)
BY_NAME = {one.name: one for one in CATALOGUE}
# What opens to rows: every figure, and what stands beside them.
OPENS = {**BY_NAME, **{one.name: one for one in beside.DEFINITIONS}}
