"""Numbers that a company sends of its own."""

import re
from functools import lru_cache

from voc.metrics.defined.money.declaring import SUBJECT, of_accounts
from voc.metrics.definition import Definition, Kind, Measure, Owner
from voc.metrics.money import proofs

_OWN_NUMBER = re.compile(r"number_[a-z0-9_]{1,57}")


@lru_cache(maxsize=256)
def of_number(name: str) -> Definition | None:
    """The figure of a number that a company sends of its own, such as number_seats; None for any other name.

    Nobody here knows what it measures, so that it may weigh on a scorecard and never pay.
    """
    if not _OWN_NUMBER.fullmatch(name):
        return None
    said = name.removeprefix("number_").replace("_", " ").strip()
    return Definition(
        name=name,
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=of_accounts(proofs.from_outside(name)),
        stands=True,
        label=said[:1].upper() + said[1:] or name,
        text=f"Latest milestone of the kind {name} of each account with its day, one account one vote. It comes from "
        "outside: what it measures is known there. Under today's owner.",
        counts="accounts",
        kind=Kind.STATE,
        measure=Measure.MEAN,
        nothing=f"No {name} came in: import milestones of that kind with a number.",
    )
