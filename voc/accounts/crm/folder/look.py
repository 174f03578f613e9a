"""What *Check* and the mapping page show of a folder: its files and their columns, examples, spellings in use."""

from collections.abc import Mapping
from itertools import islice
from typing import Protocol

from voc.accounts import rules
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe
from voc.accounts.crm.folder.files import Table
from voc.accounts.crm.folder.layout import Layout, plain
from voc.accounts.model import FileRead, Kind, Problem, Reason
from voc.base.errors import Misconfigured

_SPELLINGS = 1_000


class Folder(Protocol):
    def open(self) -> list[Problem]: ...

    def file(self, kind: Kind) -> FileRead: ...


def probe(folder: Folder, layouts: Mapping[Kind, Layout]) -> Probe:
    """`layouts` are filled once the folder is open."""
    try:
        problems = folder.open()
    except Misconfigured as wrong:
        objects = [ObjectFound(kind, None, readable=False, why="Nothing could be read") for kind in Kind]
        return Probe(None, None, objects, warnings=[str(wrong)])
    return Probe(
        signed_in_as=None,
        version=None,
        objects=[_object(kind, folder.file(kind), layouts.get(kind)) for kind in Kind],
        warnings=[*map(_warning, problems), *_about_opt_out(layouts.get(Kind.CONTACT))],
    )


def sample(table: Table | None, *, limit: int) -> list[dict[str, str]]:
    if table is None:
        return []
    header = table.header()
    return [dict(zip(header, cells, strict=False)) for _, cells in islice(table.rows(), limit) if cells is not None]


def spelled(table: Table | None, column: str) -> list[str]:
    if table is None:
        return []
    places = [place for place, name in enumerate(table.header()) if plain(name) == plain(column)]
    labels: set[str] = set()
    for _, cells in table.rows():
        if places and cells and len(cells) > places[0]:
            labels |= {label.strip() for label in cells[places[0]].split(";")}
        if len(labels) > _SPELLINGS:
            break
    return sorted(labels - {""}, key=str.casefold)


def _object(kind: Kind, file: FileRead, layout: Layout | None) -> ObjectFound:
    if layout is None:
        return ObjectFound(kind, file.file, readable=False, why="It has no rows" if file.file else "There is no file")
    fields = [
        FieldFound(
            field, layout.headers.get(field), FieldState.FOUND if field in layout.headers else FieldState.NOT_MAPPED
        )
        for field in ("id", *rules.TEXTS[kind])
    ]
    return ObjectFound(kind, file.file, readable=True, fields=fields, columns=layout.names)


def _warning(problem: Problem) -> str:
    said = {
        Reason.UNKNOWN_COLUMN: f"{problem.file}: the column {problem.text} is not read.",
        Reason.EMPTY_FILE: f"{problem.file} is empty.",
        Reason.HEADER_ONLY_FILE: f"{problem.file} has only a header; it is left aside.",
        Reason.SECOND_COPY: f"{problem.file} is a second copy; it is left aside.",
    }
    return said.get(problem.reason, f"{problem.file}: {problem.reason}")


def _about_opt_out(contacts: Layout | None) -> list[str]:
    if contacts is None or "opted_out" in contacts.headers:
        return []
    return ["No column says who opted out: they would still be asked."]
