"""Where each field of a kind stands in the rows of a query, and the rows a connector yields made of them."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from voc.accounts import clean, rules
from voc.accounts.crm import rows
from voc.accounts.crm.texts import text_of
from voc.accounts.crm.warehouse import values
from voc.accounts.model import Incoming, Kind, Reason

_OURS = ("id", "modified_at", "deleted", "merged_into")
# Nobody said no: an unknown flag must not switch off a person or a role.
_WHEN_NULL = ("active", "direct")


class Layout:
    """The columns of one query. `mapped`: our name -> the query's, "" for none, where they differ."""

    def __init__(
        self, kind: Kind, names: Sequence[str], mapped: Mapping[str, str], *, salt: bytes, zone: ZoneInfo | None
    ) -> None:
        self.kind = kind
        self.names = list(names)
        self._folded = [name.casefold() for name in names]
        self._mapped = mapped
        self._zone = zone
        self._make = rows.maker(salt)
        self._places = {field: self._find(field) for field in (*_OURS, *rules.TEXTS[kind])}
        self.at_id = self._places["id"] or 0
        self.id_name = self.names[self.at_id] if self.names else "id"
        modified = self._places["modified_at"]
        self.modified_name = None if modified is None else self.names[modified]
        used = set(self._places.values())
        self.unknown = [name for place, name in enumerate(self.names) if place not in used]

    def _find(self, field: str) -> int | None:
        wanted = self._mapped.get(field, field).casefold()
        return self._folded.index(wanted) if wanted and wanted in self._folded else None

    @property
    def problem(self) -> tuple[str, str] | None:
        """What is wrong with the columns as a whole, and what to do."""
        if self._places["id"] is None:
            return "it has no column id", "Name the column that tells the records apart: SELECT ... AS id"
        twice = sorted({name for name in self._folded if self._folded.count(name) > 1})
        if twice:
            return f"it has two columns named {twice[0]}", "Name each column once"
        if self._mapped.get("opted_out") and self._places.get("opted_out") is None:
            return f"it has no column {self._mapped['opted_out']}", "Nobody may be asked while opt-outs cannot be read"
        return None

    def place_of(self, field: str) -> str | None:
        """The query's column of a field of ours."""
        place = self._places.get(field)
        return None if place is None else self.names[place]

    @property
    def columns_of_life(self) -> tuple[str, ...]:
        """The id and what says whether a record is still one."""
        flags = (self.place_of("deleted"), self.place_of("merged_into"))
        return (self.id_name, *(name for name in flags if name is not None))

    def alive(self, flags: Sequence[Any]) -> bool:
        """From the flags behind the id in `columns_of_life`."""
        where = [field for field in ("deleted", "merged_into") if self._places[field] is not None]
        return not any(
            clean.flag(text_of(flag)) if field == "deleted" else values.id_text(flag)
            for field, flag in zip(where, flags, strict=True)
        )

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Incoming]:
        """Texts of all fields; what the query lacks is as `rules.DEFAULTS` has it."""
        width = len(self.names)
        fields = rules.TEXTS[self.kind]
        defaults = tuple(rules.DEFAULTS.get(name, "") for name in fields)
        at = [self._places[name] for name in fields]
        pick = itemgetter(*(width + n if place is None else place for n, place in enumerate(at)))
        nullable = [n for n, name in enumerate(fields) if name in _WHEN_NULL and at[n] is not None]
        made = []
        for row in found:
            picked = pick((*row, *defaults))
            if nullable:
                picked = tuple("1" if n in nullable and one is None else one for n, one in enumerate(picked))
            cells = tuple([one if type(one) is str else text_of(one) for one in picked])
            made.append(self._row(row, cells))
        return made

    def _row(self, row: Sequence[Any], cells: tuple[str, ...]) -> Incoming:
        id = values.id_text(row[self.at_id])
        if not id:
            return Incoming(id="", row=0, line=None, reason=Reason.MISSING_ID)
        modified = values.moment_text(self._value(row, "modified_at"), zone=self._zone)
        winner = values.id_text(self._value(row, "merged_into"))
        if winner or clean.flag(text_of(self._value(row, "deleted"))):
            return Incoming(id, 0, None, modified=modified, deleted=True, winner_id=winner or None)
        return self._make(id, 0, None, cells, modified)

    def _value(self, row: Sequence[Any], field: str) -> Any:
        place = self._places[field]
        return None if place is None else row[place]
