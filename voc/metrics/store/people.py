"""Our own people as figures name them."""

from sqlalchemy import Connection, select

from voc.base.schema import csm, staff
from voc.base.words import RecordState
from voc.metrics.model import Person


def people(db: Connection) -> dict[str, Person]:
    """Every CSM by id, and whoever they name as their manager (from the CRM, else from our staff)."""
    found = {
        row.id: Person(row.id, row.name, row.manager_id, bool(row.active))
        for row in db.execute(select(csm).where(csm.c.state != RecordState.MERGED).order_by(csm.c.id))
    }
    names = {row.csm_id: row.name for row in db.execute(select(staff.c.csm_id, staff.c.name)) if row.csm_id}
    for manager_id in sorted({one.manager_id for one in found.values() if one.manager_id} - set(found)):
        found[manager_id] = Person(manager_id, names.get(manager_id, manager_id), None)
    return found
