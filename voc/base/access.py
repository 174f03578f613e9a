"""Who looks. What they may see is a condition in each query, so a foreign object is not found."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select, true

from voc.base.schema import account, csm
from voc.base.words import StaffRole


@dataclass(frozen=True)
class Viewer:
    """`csm_id` is a CSM's own id in the CRM; for a lead it is the id that CSMs name as their manager."""

    staff_id: int | None
    name: str
    role: StaffRole
    csm_id: str | None = None

    @property
    def sees_all(self) -> bool:
        return self.role in (StaffRole.LEADER, StaffRole.ADMIN)


# The terminal on the server: whoever has that may read the database itself.
TERMINAL = Viewer(staff_id=None, name="terminal", role=StaffRole.ADMIN)


def visible_csms(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `csm` that a query carries."""
    if viewer.sees_all:
        return true()
    if viewer.csm_id is None:
        return false()
    if viewer.role == StaffRole.LEAD:
        return or_(csm.c.id == viewer.csm_id, csm.c.manager_id == viewer.csm_id)
    return csm.c.id == viewer.csm_id


def visible_accounts(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `account`: a CSM sees own accounts, a lead the team's, a leader and an admin all."""
    if viewer.sees_all:
        return true()
    return account.c.csm_id.in_(select(csm.c.id).where(visible_csms(viewer)))
