"""CSMs by what people call them: many an export names an owner, not an owner's id."""

import re
from collections.abc import Iterable

from voc.accounts import rules
from voc.accounts.crm.folder.layout import Finish
from voc.accounts.model import Incoming, Kind

_ADDRESS = re.compile(r"[^\s<>()\"]+@[^\s<>()\"]+")


class Owners:
    """Names and addresses of the CSMs. A name that two of them have stands for neither."""

    def __init__(self, csms: Iterable[Incoming]) -> None:
        at_name, at_email = (rules.TEXTS[Kind.CSM].index(name) for name in ("name", "email"))
        self._ids: set[str] = set()
        self._called: dict[str, str | None] = {}
        for csm in csms:
            self._ids.add(csm.id)
            for name in {_key(csm.cells[at_name]), _key(csm.cells[at_email])} - {""} if csm.cells else ():
                self._called[name] = csm.id if self._called.get(name, csm.id) == csm.id else None

    def id_of(self, text: str) -> str:
        """The CSM's id, or the text as it is."""
        if text in self._ids or not text:
            return text
        address = _ADDRESS.search(text)
        return self._called.get(_key(text)) or (self._called.get(_key(address[0])) if address else None) or text

    def finish(self, kind: Kind) -> Finish | None:
        names = rules.REFERENCES[kind]
        places = [rules.TEXTS[kind].index(name) for name, named in names.items() if named == Kind.CSM]
        if not places or not self._called:
            return None

        def finished(cells: tuple[str, ...]) -> tuple[str, ...]:
            texts = list(cells)
            for place in places:
                texts[place] = self.id_of(texts[place])
            return tuple(texts)

        return finished


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
