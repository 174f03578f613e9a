"""Look at the CRM before it is read: rights, fields, examples. Nothing is written anywhere."""

from collections.abc import Callable
from datetime import datetime

from voc.accounts.checking import SPELLED, Checked
from voc.accounts.connector import Connector, ObjectFound
from voc.accounts.model import Kind
from voc.base import clock
from voc.base.errors import VocError

EXAMPLES = 4
_LONGEST = 300
_MOST_SPELLINGS = 100

Tell = Callable[[Kind, float], None]


def check(connector: Connector, *, now: datetime, tell: Tell = lambda _kind, _share: None) -> Checked:
    """One look at everything; `tell` is called before each object. Raises what the connector cannot get around."""
    begun = clock.seconds()
    probe = connector.probe()
    readable = [one for one in probe.objects if one.readable]
    samples: dict[Kind, list[dict[str, str]]] = {}
    spelled: dict[Kind, dict[str, list[str]]] = {}
    unseen: list[str] = []
    for place, one in enumerate(readable):
        tell(one.kind, place / len(readable))
        try:
            samples[one.kind] = [_cut(row) for row in connector.sample(one.kind, limit=EXAMPLES)]
            spelled[one.kind] = _spelled(connector, one)
        except VocError as mistake:
            unseen.append(f"No examples of {one.object or one.kind}: {mistake}")
    return Checked(probe, samples, spelled, unseen, at=now, seconds=clock.seconds() - begun)


def _spelled(connector: Connector, one: ObjectFound) -> dict[str, list[str]]:
    fields = SPELLED.get(one.kind, ())
    return {field: connector.spelled(one.kind, field)[:_MOST_SPELLINGS] for field in fields}


def _cut(row: dict[str, str]) -> dict[str, str]:
    return {column: value[:_LONGEST] for column, value in row.items()}
