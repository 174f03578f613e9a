"""Where each field of an object stands in one file, and the rows a connector yields made of its records."""

from collections.abc import Callable, Mapping
from operator import itemgetter

from voc.accounts import clean, rules
from voc.accounts.crm import columns, rows
from voc.accounts.crm.folder import mapping
from voc.accounts.model import Incoming, Kind, Reason
from voc.base.errors import Misconfigured

Finish = Callable[[tuple[str, ...]], tuple[str, ...]]
"""A last look at the texts of a row, in the order of `rules.TEXTS`, such as owners' names turned into ids."""


def plain(name: str) -> str:
    return name.strip().strip("\ufeff").casefold()


class Layout:
    def __init__(self, kind: Kind, header: list[str], own: Mapping[str, str]) -> None:
        self.kind = kind
        self.names = header
        self.width = len(header)
        places: dict[str, int] = {}
        for place, name in enumerate(header):
            places.setdefault(plain(name), place)

        def find(field: str, names: tuple[str, ...]) -> int | None:
            wanted = (own[field],) if field in own else names
            return next((places[plain(name)] for name in wanted if plain(name) in places), None)

        self.fields = {field: find(field, names) for field, names in columns.COLUMNS[kind].items()}
        self.id = find("id", columns.ID[kind])
        if self.id is None and kind == Kind.CSM:
            self.id = self.fields["email"]  # a list of colleagues seldom has another
        self.deleted = find("deleted", columns.DELETED)
        self.winner = find("winner", columns.WINNER)
        self.modified = find("modified", columns.MODIFIED)
        used = {self.id, self.deleted, self.winner, self.modified, *self.fields.values()}
        self.unknown = [
            name
            for place, name in enumerate(header)
            if place not in used and plain(name) not in columns.IGNORED and name.strip()
        ]
        self.headers = {field: header[place] for field, place in self.fields.items() if place is not None}
        self.headers |= {"id": header[self.id]} if self.id is not None else {}

    def text(self, cells: list[str], column: str) -> str:
        """One cell without case, by the name of its column."""
        place = next((place for place, name in enumerate(self.names) if plain(name) == plain(column)), None)
        return plain(cells[place]) if place is not None and place < len(cells) else ""

    def require(self, place: str, *fields: str) -> None:
        for field in fields:
            if (self.id if field == "id" else self.fields[field]) is None:
                raise Misconfigured(
                    place,
                    f"no column holds the {field} of each {self.kind}",
                    f'Name it in {mapping.NAME}: [columns.{self.kind}] {field} = "..."',
                )

    def reader(
        self, *, same_id: Callable[[str], str], make: rows.MakeRow, finish: Finish | None = None
    ) -> Callable[[int, int, list[str] | None], Incoming]:
        """From one record to one row, with as little work per record as can be."""
        width, at_id, at_deleted, at_winner, at_modified = (
            self.width,
            self.id or 0,
            self.deleted,
            self.winner,
            self.modified,
        )
        names = rules.TEXTS[self.kind]
        # Fields that the file lacks are read from the defaults put behind its own columns.
        defaults = [rules.DEFAULTS.get(name, "") for name in names]
        found = [self.fields[name] for name in names]
        places = [width + n if place is None else place for n, place in enumerate(found)]
        pick = itemgetter(*places)

        def read_row(row: int, line: int, record: list[str] | None) -> Incoming:
            if record is None or len(record) != width:
                return self._refused(row, line, record, same_id)
            id = same_id(record[at_id].replace("\x00", ""))
            if not id:
                return Incoming(id="", row=row, line=line, reason=Reason.MISSING_ID)
            winner = same_id(record[at_winner]) if at_winner is not None and record[at_winner] else ""
            modified = record[at_modified] if at_modified is not None else ""
            if winner or (at_deleted is not None and clean.flag(record[at_deleted])):
                return Incoming(id, row, line, modified=modified, deleted=True, winner_id=winner or None)
            cells = pick(record + defaults)
            return make(id, row, line, finish(cells) if finish else cells, modified)

        return read_row

    def _refused(self, row: int, line: int, record: list[str] | None, same_id: Callable[[str], str]) -> Incoming:
        if record is None:
            return Incoming(id="", row=row, line=line, reason=Reason.UNREADABLE_ROW)
        id = same_id(record[self.id]) if self.id is not None and self.id < len(record) else ""
        return Incoming(id, row, line, reason=Reason.SHORT_ROW if len(record) < self.width else Reason.LONG_ROW)
