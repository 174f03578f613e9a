"""HubSpot's owners: a list of their own, those who left in another."""

from collections.abc import Iterable, Iterator

from voc.accounts import rules
from voc.accounts.crm.http import LoopGuard
from voc.accounts.crm.hubspot.answers import Owner
from voc.accounts.crm.hubspot.api import Api, Sizes
from voc.accounts.crm.rows import MakeRow
from voc.accounts.model import Incoming, Kind


def listed(api: Api, sizes: Sizes) -> Iterator[Owner]:
    """Those of today, then those who left; who came back is in both lists and counts as here."""
    seen: set[str] = set()
    for archived in (False, True):
        guard, after = LoopGuard("HubSpot's list of owners"), None
        while True:
            page = api.owners(archived=archived, after=after, limit=sizes.owners)
            for owner in page.results:
                if owner.id not in seen:
                    seen.add(owner.id)
                    owner.archived = archived
                    yield owner
            after = page.paging.next.after if page.paging and page.paging.next else None
            if after is None:
                break
            guard.saw(after)


def of_users(found: Iterable[Owner]) -> dict[str, str]:
    """The number of a user -> the id of the owner that is the same person; an owner's own id stays one."""
    owners = list(found)
    ids = {owner.id for owner in owners}
    users = {str(owner.user_id or owner.user_id_including_inactive): owner.id for owner in owners}
    return {user: id for user, id in users.items() if user not in ids}


def rows(found: Iterable[Owner], made: MakeRow) -> Iterator[Incoming]:
    for owner in found:
        yield made(owner.id, 0, None, _cells(owner), owner.updated_at)


def _cells(owner: Owner) -> tuple[str, ...]:
    name = " ".join(part for part in (owner.first_name, owner.last_name) if part)
    values = {"name": name, "email": owner.email or "", "active": "" if owner.archived else "1"}
    return tuple(values.get(field, "") for field in rules.TEXTS[Kind.CSM])
