"""F2: the 250 is lost, the server keeps silent after the dot, or the connection breaks before anything is kept.

Nobody can tell these apart: all are unknown, listed, and not repeated. A person settles them, or the
next step of the chase follows.
"""

from datetime import timedelta

from sqlalchemy import func, select

from tests.builders import NOW
from tests.faults.lab import Lab, lab
from tests.faults.promise import UNKNOWN_IS_LISTED
from tests.faults.table import Result, Row, on_both
from voc.base.access import TERMINAL
from voc.base.schema import invitation
from voc.base.words import MessageState
from voc.delivery import run as delivery
from voc.delivery.store.letters import in_state
from voc.delivery.store.tally import Chosen

PROVES = (UNKNOWN_IS_LISTED,)

_WAYS = ("lose", "drop", "hang")


def run(*, long: bool) -> Result:
    return on_both("F2", lambda engine: _trial(engine, each=200 if long else 3))


def _trial(engine: str, *, each: int) -> Row:
    people, found = each * len(_WAYS), []
    with lab(engine, people=people + each) as here:
        # One that goes well after each three: a wave pauses itself when ten in a row do not.
        here.server.answer(*(*_WAYS, "250 kept") * each, at="dot")
        first = here.send(now=NOW, timeout_seconds=0.5)
        if first.unknown != people:
            found.append(f"{first.unknown} of {people} are unknown")
        again = [here.send(now=NOW + timedelta(days=days)) for days in (0, 1, 3)]
        if any(sent.handed_over for sent in again):
            found.append("unknown ones were tried again by themselves")
        with here.database.read() as db:
            listed = len(in_state(db, TERMINAL, MessageState.UNKNOWN, Chosen(), limit=people + each))
            going_on = db.execute(select(func.count()).where(invitation.c.next_step == "reminder_1")).scalar_one()
        if (listed, going_on) != (people, people + each):
            found.append(f"{listed} listed, {going_on} chases go on, of {people} unknown and {each} sent")
        totals = here.reckon()
        found += totals.found
        if totals.delivered != 3 * each:
            found.append(f"the server kept {totals.delivered}, not {3 * each}")
        unknown = [row.id for row in here.messages() if row.state == "unknown"][:2]
        _settled(here, unknown)
        states = sorted(row.state for row in here.messages() if row.id in unknown)
        if states != ["failed", "sent"]:
            found.append(f"settled by a person, they are {states}")
    said = f"{totals.unknown} unknown ({totals.unknown_delivered} delivered), {listed} listed, 0 tried again"
    return Row("250 lost; silence after the dot; dropped before it was kept", engine, people, said, tuple(found[:10]))


def _settled(here: Lab, ids: list[int]) -> None:
    with here.database.begin() as db:
        delivery.settle(db, ids[0], accepted=True, by="Clara Wendt", now=NOW, vault=here.vault)
        delivery.settle(db, ids[1], accepted=False, by="Clara Wendt", now=NOW, vault=here.vault)
