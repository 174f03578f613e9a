"""Follow-ups against their limits (3-metrics 6)."""

from voc.metrics import units
from voc.metrics.definition import Definition, Owner, Spread

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="follow_up_attainment",
        label="Follow-ups in time",
        text="Follow-ups with a first contact by a person within their limit in business hours, of those "
        "contacted or past "
        "the limit. Open ones within their limit stand beside it.",
        counts="follow-ups",
        owner=Owner.FOLLOW_UP,
        units=units.follow_up_attainment,
        spread=Spread.PLAIN,
        standard="follow_up_standard",
    ),
)
