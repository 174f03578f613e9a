"""The chain over places: invited, delivered, answered (3-metrics 1.3)."""

from voc.metrics import units
from voc.metrics.definition import Definition, Owner, Spread

_PLACE = "A place is one role that an account's segment requires; it is filled as far as its holders got."

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="participation",
        label="Participation",
        text="Of all places we should hear from, those whose holder answered in time: invited of all, delivered of the "
        f"invited, answered of the delivered. {_PLACE} Inviting friends only, or leaving dead addresses, cannot "
        "raise it.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PARTICIPATION,
        spread=Spread.CLUSTERED,
        nightly=True,
    ),
    Definition(
        name="places_invited",
        label="Places invited",
        text=f"Places with somebody invited, of all places. {_PLACE}",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_INVITED,
    ),
    Definition(
        name="places_delivered",
        label="Places delivered",
        text="Places whose invitation arrived (accepted, and no hard bounce by its due date), of the invited places.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_DELIVERED,
    ),
    Definition(
        name="places_answered",
        label="Places answered",
        text="Places whose holder answered in time, of the places whose invitation arrived.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_ANSWERED,
    ),
)
