"""Roles: who is who at which company, and who has a part in which deal. Rows of associations, read in every run."""

from collections.abc import Iterable, Iterator
from itertools import chain

from voc.accounts.connector import Page
from voc.accounts.crm.hubspot.api import Api, Sizes
from voc.accounts.crm.hubspot.associations import chosen, in_chunks, pairs, with_text
from voc.accounts.crm.rows import MakeRow


def relations(
    api: Api, sizes: Sizes, contacts: Iterable[str], *, buying_roles: str | None, made: MakeRow
) -> Iterator[Page]:
    """Every contact with each of its companies: the labels, and at its primary one the contact's buying roles."""
    buying = with_text(api, sizes, "contacts", buying_roles) if buying_roles else {}
    for ids in in_chunks(contacts, sizes.associations):
        page = []
        for contact, found in pairs(api, "contacts", "companies", ids).items():
            main = chosen(found)
            for pair in found:
                roles = pair.labels | set(buying.get(contact, "").split(";") if pair is main else ())
                cells = _relation_cells(pair.other, contact, roles, direct=pair is main)
                page.append(made(f"{contact}-{pair.other}", 0, None, cells, ""))
        yield Page(page)


def opportunity_roles(api: Api, sizes: Sizes, deals: Iterable[str], *, main: str, made: MakeRow) -> Iterator[Page]:
    """Every deal with each of its contacts; `main` is the label of the one it is about, if there is one."""
    for ids in in_chunks(deals, sizes.associations):
        page = []
        for pair in chain.from_iterable(pairs(api, "deals", "contacts", ids).values()):
            cells = (pair.one, pair.other, "; ".join(sorted(pair.labels - {main})), _flag(main in pair.labels))
            page.append(made(f"{pair.one}-{pair.other}", 0, None, cells, ""))
        yield Page(page)


def _relation_cells(company: str, contact: str, roles: set[str], *, direct: bool) -> tuple[str, ...]:
    labels = ";".join(sorted(label.strip() for label in roles if label.strip()))
    return (company, contact, labels, _flag(True), _flag(direct), "", "")


def _flag(value: bool) -> str:
    return "1" if value else ""
