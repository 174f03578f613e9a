"""What is called otherwise than we know it: the file `mapping.toml` in the folder, and what Settings > CRM says.

ids = "plain"                        # or "salesforce"
[files]
account = "customers.xlsx"
[sheets]
account = "All customers"            # else the first that is visible
[columns.account]
name = "Company"
[roles]                              # and [segments], [statuses]
"technical buyer" = "influencer"
"""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from voc.accounts import clean, rules
from voc.accounts.connection import Connection
from voc.accounts.model import Kind, Spellings
from voc.base import toml
from voc.base.errors import Misconfigured

NAME = "mapping.toml"
_ALWAYS = ("id", "deleted", "winner", "modified")
_MEND = "Correct it as the documentation shows"


class Mapping(msgspec.Struct, forbid_unknown_fields=True):
    ids: str | None = None
    files: dict[Kind, str] = {}
    sheets: dict[Kind, str] = {}
    columns: dict[Kind, dict[str, str]] = {}
    roles: dict[str, str] = {}
    segments: dict[str, str] = {}
    statuses: dict[str, str] = {}
    free_mail: list[str] = []
    role_addresses: list[str] = []
    only: dict[Kind, dict[str, list[str]]] = {}
    off: list[Kind] = []

    @property
    def spellings(self) -> Spellings:
        own = {name: getattr(self, name) for name in ("roles", "segments", "statuses", "free_mail", "role_addresses")}
        try:
            return clean.spellings(own)
        except ValueError as mistake:
            raise Misconfigured(NAME, str(mistake), "Write one of our own words on the right side") from None


def read(folder: Path, connection: Connection | None) -> Mapping:
    """The folder's own mapping; what a person entered on the page stands above it."""
    mapping = _from_file(folder / NAME)
    if connection is not None:
        _add(mapping, connection)
    for kind, own in mapping.columns.items():
        known = {*rules.TEXTS[kind], *_ALWAYS}
        if unknown := sorted(own.keys() - known):
            raise Misconfigured(
                str(folder / NAME), f"{kind} has no field {unknown[0]}", f"Use {', '.join(sorted(known))}"
            )
    return mapping


def fingerprint(folder: Path, connection: Connection | None) -> str:
    """Stands for folder and mapping as they are, readable or not."""
    own = folder / NAME
    said = msgspec.json.encode(
        None
        if connection is None
        else [connection.objects, connection.roles, connection.segments, connection.statuses],
        order="deterministic",
    )
    text = own.read_bytes() if own.is_file() else b""
    return blake2b(b"\0".join((f"csv:{folder}".encode(), text, said)), digest_size=16).hexdigest()


def _from_file(path: Path) -> Mapping:
    if not path.is_file():
        return Mapping()
    try:
        found: dict[str, Any] = toml.read(path.read_text(encoding="utf-8"))
        return msgspec.convert(found, Mapping)
    except (toml.NotToml, UnicodeDecodeError, msgspec.ValidationError) as mistake:
        raise Misconfigured(str(path), f"it cannot be read: {mistake}", _MEND) from None


def _add(mapping: Mapping, connection: Connection) -> None:
    for kind, own in connection.objects.items():
        if own.object:
            mapping.files[kind] = own.object
        if own.fields:
            mapping.columns[kind] = {**mapping.columns.get(kind, {}), **_as_written(own.fields)}
        if own.only:
            mapping.only[kind] = own.only
        if own.off:
            mapping.off.append(kind)
    mapping.roles.update({label: role.value for label, role in connection.roles.items()})
    mapping.segments.update({label: segment.value for label, segment in connection.segments.items()})
    mapping.statuses.update({label: status.value for label, status in connection.statuses.items()})


def _as_written(fields: dict[str, str]) -> dict[str, str]:
    """The page's words for what is beside the fields, as a mapping file has them."""
    renamed = {"merged_into": "winner", "modified_at": "modified"}
    return {renamed.get(field, field): column for field, column in fields.items()}
