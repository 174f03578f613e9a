"""Whether a viewer may see an account."""

from sqlalchemy import Connection, select

from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account
from voc.base.words import RecordState


def visible_account(db: Connection, account_id: str, viewer: Viewer) -> str:
    """The account's name; NotFound unless the viewer may see it."""
    query = select(account.c.name).where(
        account.c.id == account_id, account.c.state == RecordState.LIVE, visible_accounts(viewer)
    )
    name = db.execute(query).scalar()
    if name is None:
        raise NotFound("There is no such account, or it is not yours.")
    return name
