"""The connection to the CRM: checked and saved, forgotten, and opened."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import sqlalchemy
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy.exc import ArgumentError

from voc.accounts import checks
from voc.accounts.connection import Connection, Crm, Secret
from voc.accounts.connector import Connector, Outside, Source
from voc.accounts.crm.csvfolder import CsvFolder
from voc.accounts.crm.hubspot import HubSpot, paths
from voc.accounts.crm.odoo import Odoo
from voc.accounts.crm.salesforce import Salesforce
from voc.accounts.crm.warehouse import Warehouse
from voc.accounts.store import connections as store
from voc.base import audit, guard
from voc.base.db import Database
from voc.base.errors import Misconfigured, Refused
from voc.base.secrets import Vault

STORED = "crm"
"""The name of the stored connection, beside the word of its CRM."""

Open = Callable[[Connection, Mapping[Secret, str], Outside], Connector]
# One line for each CRM that is spoken to.
CONNECTORS: dict[Crm, Open] = {
    Crm.SALESFORCE: Salesforce,
    Crm.HUBSPOT: HubSpot,
    Crm.ODOO: lambda connection, secrets, outside: Odoo(connection, secrets, outside=outside),
    Crm.WAREHOUSE: Warehouse,
    Crm.CSV: lambda connection, _, __: CsvFolder(Path(connection.place), connection),
}

HUBSPOT_PLACE = "https://api.hubapi.com"
# The vendor's own hosts: whoever may change the place must not send the credentials anywhere else.
_HOSTS: dict[Crm, tuple[str, ...]] = {
    Crm.SALESFORCE: (".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"),
    Crm.HUBSPOT: (".hubapi.com",),
}
_PASSWORD = re.compile(r"pass|pwd|token|secret", re.IGNORECASE)
_MENDS = {
    Crm.SALESFORCE: "Write the My Domain URL, such as https://acme.my.salesforce.com (Setup > My Domain).",
    Crm.HUBSPOT: f"Write {HUBSPOT_PLACE}.",
    Crm.ODOO: "Write its address as in the browser, such as https://acme.odoo.com, without a path. One on your own "
    "network has to be named in voc.toml first: crm_private_hosts.",
    Crm.WAREHOUSE: "Write it like postgresql+psycopg://reader@db.example.com/warehouse, the password in its own field.",
    Crm.CSV: "Write the whole path of the folder with the exports, such as /srv/export.",
}


def save_connection(
    db: sqlalchemy.Connection,
    connection: Connection,
    *,
    secrets: Mapping[Secret, str],
    actor: str,
    now: datetime,
    vault: Vault,
    private_hosts: tuple[str, ...] = (),
) -> Connection:
    """Check and keep it, as it then stands. `secrets` are the new ones; an empty one leaves what is stored.

    Another scheme, host, port or CRM clears every stored secret that is not given anew: whoever
    points us to another machine must know the credentials for it. Refused, with the field, for the
    first thing that is wrong; nothing is saved then.
    """
    connection = msgspec.structs.replace(connection, place=_place(connection, private_hosts))
    given = {name: value.strip() for name, value in secrets.items() if value.strip()}
    before, stored = store.load_connection(db), store.which_secrets(db)
    moved = before is not None and _machine(before) != _machine(connection)
    kept = set() if moved else set(stored) & set(checks.SECRETS[connection.crm])
    checks.check(connection)
    checks.check_secrets(connection, given=given, kept=kept)
    _check_key(given.get(Secret.PRIVATE_KEY))
    cleared = set(stored) - kept - set(given)
    store.clear_secrets(db, cleared)
    store.put_secrets(db, given, vault=vault, now=now)
    store.put_connection(db, connection, by=actor, now=now)
    detail = _difference(before, connection) | _about_secrets(given, cleared)
    if detail:
        _record(db, "CRM connection changed", detail, actor=actor, now=now)
    return connection


def forget_connection(db: sqlalchemy.Connection, *, actor: str, now: datetime) -> None:
    """Nothing is read or written any more; what was read before stays."""
    before = store.load_connection(db)
    if before is None:
        return
    cleared = store.which_secrets(db)
    store.clear_secrets(db, cleared)
    store.put_connection(db, None, by=actor, now=now)
    detail = {"from": store.plain(before)} | _about_secrets({}, set(cleared))
    _record(db, "CRM connection removed", detail, actor=actor, now=now)


def connect(connection: Connection, secrets: Mapping[Secret, str], outside: Outside) -> Connector:
    """The connector for a connection; nothing is read or called yet."""
    return CONNECTORS[connection.crm](connection, secrets, outside)


def open_source(
    name: str, *, database: Database | None = None, vault: Vault | None = None, outside: Outside | None = None
) -> Source:
    """What a name stands for: `csv:FOLDER`, or the stored connection by `crm` or its CRM's own word.

    Nothing is read or called yet. The stored connection needs `database`, `vault` and `outside`.
    """
    kind, _, place = name.partition(":")
    if kind == Crm.CSV and place:
        return CsvFolder(Path(place))
    if database is not None and vault is not None and outside is not None:
        with database.read() as db:
            connection = store.load_connection(db)
            secrets = store.stored_secrets(db, vault) if connection else {}
        if connection is not None and name in (STORED, connection.crm):
            return connect(connection, secrets, outside)
        if connection is None and name in (STORED, *Crm):
            raise Misconfigured("source", "no CRM is connected", "Set it up under Settings > CRM, or write csv:FOLDER")
    raise Misconfigured("source", f"{name!r} names no source", "Write csv:FOLDER with the folder of the export")


# --- where it is --------------------------------------------------------------------------------


def _place(connection: Connection, private_hosts: tuple[str, ...]) -> str:
    place = connection.place.strip()
    if connection.crm == Crm.HUBSPOT and not place:
        return HUBSPOT_PLACE
    match connection.crm:
        case Crm.CSV:
            if not Path(place).is_absolute():
                raise _wrong_place(connection.crm)
        case Crm.WAREHOUSE:
            _check_warehouse(place)
        case crm:
            place = place.rstrip("/")
            _check_url(crm, place, private_hosts)
    return place


def _check_url(crm: Crm, place: str, private_hosts: tuple[str, ...]) -> None:
    try:
        target = guard.target(place, private_hosts=private_hosts)
    except Misconfigured as wrong:
        raise Refused(f"{_sentence(wrong.problem)} {_MENDS[crm]}", field="place") from None
    parts = urlsplit(place)
    path = "" if crm == Crm.HUBSPOT and paths.VERSION.fullmatch(parts.path) else parts.path
    if path or parts.query or parts.fragment or not guard.may_be_called(target.host, private_hosts):
        raise _wrong_place(crm)
    own = _HOSTS.get(crm)
    if own and not target.host.endswith(own) and not guard.is_private(target.host, private_hosts):
        raise _wrong_place(crm)


def _check_warehouse(place: str) -> None:
    try:
        url = sqlalchemy.make_url(place)
    except ArgumentError:
        raise _wrong_place(Crm.WAREHOUSE) from None
    if url.password or _PASSWORD.search(str(url.query)):
        raise Refused("Put the password into its own field: there it is encrypted.", field="place")


def _machine(connection: Connection) -> tuple[object, ...]:
    """What a secret was entered for."""
    if connection.crm == Crm.WAREHOUSE:
        url = sqlalchemy.make_url(connection.place)
        return connection.crm, url.drivername, url.host, url.port, url.query, url.database if url.host is None else None
    if connection.crm == Crm.CSV:
        return connection.crm, connection.place
    parts = urlsplit(connection.place)
    return connection.crm, parts.scheme, parts.hostname, parts.port


def _wrong_place(crm: Crm) -> Refused:
    return Refused(_MENDS[crm], field="place")


def _sentence(problem: str) -> str:
    return f"That address is not one to use: {problem}."


# --- what is kept about it ----------------------------------------------------------------------


def _check_key(pem: str | None) -> None:
    if pem is None:
        return
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise Refused("That key is locked with a password. Give it without one.", field=Secret.PRIVATE_KEY) from None
    except ValueError:
        mend = "Paste the whole PEM text, from -----BEGIN to END-----."
        raise Refused(f"That is no private key. {mend}", field=Secret.PRIVATE_KEY) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise Refused("Salesforce takes RSA keys of 2048 bits or more.", field=Secret.PRIVATE_KEY)


def _difference(before: Connection | None, after: Connection) -> dict[str, object]:
    old, new = store.plain(before) if before else {}, store.plain(after)
    changed = [name for name in new if name not in old or old[name] != new[name]]
    if not changed:
        return {}
    return {"from": {name: old[name] for name in changed if name in old}, "to": {name: new[name] for name in changed}}


def _about_secrets(given: Mapping[Secret, str], cleared: set[Secret]) -> dict[str, object]:
    said = {"secrets set": sorted(given), "secrets cleared": sorted(cleared)}
    return {name: secrets for name, secrets in said.items() if secrets}


def _record(db: sqlalchemy.Connection, action: str, detail: dict[str, object], *, actor: str, now: datetime) -> None:
    audit.record(db, at=now, actor=actor, action=action, object_kind="setting", object_id=store.KEY, detail=detail)
