"""What the mails of a step share, kept once; writes `stencil`. `base.retention` lets go of what no mail needs."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from voc.base.among import among
from voc.base.db import insert_once
from voc.base.frozen import Shared
from voc.base.schema import stencil
from voc.base.secrets import Vault

_WRITTEN_AHEAD = timedelta(days=1)  # so that not each batch writes it
_KNOWN = select(stencil.c.id, stencil.c.used_until).where(among(stencil.c.id, "ids"))


def keep(db: Connection, used: Mapping[str, Shared], *, vault: Vault, now: datetime) -> None:
    """Before the mails that need them are kept, in their transaction. One order for all who keep several."""
    if not used:
        return
    known = {row.id: row.used_until for row in db.execute(_KNOWN, {"ids": used})}
    for id in sorted(used):
        until = now + _WRITTEN_AHEAD
        if id not in known:
            insert_once(db, stencil, {"id": id, "pieces": vault.seal(used[id].encoded()), "used_until": until})
        elif known[id] < now:
            db.execute(update(stencil).where(stencil.c.id == id).values(used_until=until))
