"""What stands beside the figures and opens to rows as they do, but is kept by no night: what is under way, periods."""

from voc.base.words import Disposition
from voc.metrics.definition import Definition, Owner
from voc.metrics.model import Book, Unit
from voc.metrics.silence import by_person
from voc.metrics.units import Terms


def _running(book: Book, _terms: Terms) -> list[Unit]:
    return [
        Unit(float(answered), 1.0, "answered" if answered else "waiting", "invitation", str(one.id), one.contact_id)
        for one in book.due
        for answered in [one.answered_at is not None]
    ]


def _reached_in_time(book: Book, _terms: Terms) -> list[Unit]:
    reached = [one for one in book.due if one.delivered and one.disposition != Disposition.NOT_ELIGIBLE]
    return [
        Unit(float(heard), 1.0, "answered" if heard else "silent", "contact", contact_id, contact_id)
        for contact_id, mails in by_person(reached).items()
        for heard in [any(one.answered_on_time for one in mails)]
    ]


UNDER_WAY = Definition(
    name="under_way",
    label="Invitations under way",
    text="Invitations that arrived and whose due date is still to come, with those answered so far. They are in no "
    "rate until they are due.",
    counts="invitations",
    owner=Owner.ASKED,
    units=_running,
)
REACHED_IN_TIME = Definition(
    name="reached_in_time",
    label="Response of people",
    text="People who answered in time, of the people reached in the period, each once.",
    counts="people",
    owner=Owner.ASKED,
    units=_reached_in_time,
)
DEFINITIONS: tuple[Definition, ...] = (UNDER_WAY, REACHED_IN_TIME)
