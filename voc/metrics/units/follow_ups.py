"""Follow-ups (6)."""

from datetime import datetime

from voc.metrics.model import Book, Case, Unit
from voc.metrics.units.terms import Terms


def follow_up_attainment(book: Book, terms: Terms) -> list[Unit]:
    units = []
    for case in book.cases:
        label = _kept(case, terms.moment)
        due = float(label != "pending")
        units.append(Unit(float(label == "met"), due, label, "follow_up", str(case.id), case.contact_id))
    return units


def _kept(case: Case, moment: datetime) -> str:
    """met, missed (late), open_late (open past the limit) or pending (open within it); the limit itself is in time."""
    if case.contacted_at is not None:
        return "met" if case.contacted_at <= case.contact_by else "missed"
    return "open_late" if moment > case.contact_by else "pending"
