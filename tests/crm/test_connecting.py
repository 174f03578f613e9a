"""The connection to the CRM: what may be saved, what becomes of its secrets, and what opens it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.builders import NOW
from voc.accounts import checks
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn, Switch
from voc.accounts.connector import Outside
from voc.accounts.model import Kind, Role
from voc.accounts.run import forget_connection, open_source, save_connection
from voc.accounts.store import load_connection, stored_secrets, which_secrets
from voc.base import audit
from voc.base.db import Database
from voc.base.errors import Misconfigured, Refused
from voc.base.secrets import Vault

HUBSPOT = Connection(Crm.HUBSPOT, place="https://api.hubapi.com")
ODOO = Connection(Crm.ODOO, place="https://acme.odoo.com", database="acme")
SALESFORCE = Connection(Crm.SALESFORCE, place="https://acme.my.salesforce.com", user="3MVG9")
WAREHOUSE = Connection(Crm.WAREHOUSE, place="postgresql+psycopg://reader@db.example.com/warehouse")
FOLDER = Connection(Crm.CSV, place="/srv/export")
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


_PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LOCKED = KEY.private_bytes(*_PKCS8, BestAvailableEncryption(b"pass")).decode()
ELLIPTIC = ec.generate_private_key(ec.SECP256R1()).private_bytes(*_PKCS8, NoEncryption()).decode()


def save(
    db: sqlalchemy.Connection,
    vault: Vault,
    connection: Connection,
    secrets: Mapping[Secret, str] | None = None,
    **more: Any,
) -> Connection:
    return save_connection(db, connection, secrets=secrets or {}, actor="ana", now=NOW, vault=vault, **more)


def but(connection: Connection, **changed: Any) -> Connection:
    return msgspec.structs.replace(connection, **changed)


@pytest.mark.parametrize("connection", [HUBSPOT, ODOO, SALESFORCE, WAREHOUSE, FOLDER], ids=lambda one: one.crm)
def test_a_connection_is_kept_as_it_was_saved(database: Database, vault: Vault, connection: Connection) -> None:
    wanted = but(
        connection,
        objects={Kind.ACCOUNT: ObjectMap(object="Account", fields={"arr": "ARR__c"}, only={"Type": ["Customer"]})},
        roles={"Boss": Role.DECISION_MAKER},
        every_minutes=15,
    )
    with database.begin() as db:
        assert load_connection(db) is None
        assert save(db, vault, wanted) == wanted
    with database.read() as db:
        assert load_connection(db) == wanted


def test_secrets_are_stored_encrypted_and_named_with_their_day_only(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        save(db, vault, HUBSPOT, {Secret.TOKEN: " pat-eu1-planted \n"})
    with database.read() as db:
        assert stored_secrets(db, vault) == {Secret.TOKEN: "pat-eu1-planted"}
        assert which_secrets(db) == {Secret.TOKEN: NOW}
        assert b"planted" not in db.exec_driver_sql("SELECT ciphertext FROM secret").scalar_one()


def test_an_empty_secret_leaves_the_stored_one(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        save(db, vault, HUBSPOT, {Secret.TOKEN: "first"})
        save(db, vault, but(HUBSPOT, every_minutes=30), {Secret.TOKEN: ""})
        assert stored_secrets(db, vault) == {Secret.TOKEN: "first"}


@pytest.mark.parametrize(
    "moved",
    [
        but(ODOO, place="https://evil.example.com"),
        but(ODOO, place="https://acme.odoo.com:8443"),
        but(ODOO, place="http://acme.odoo.com"),
        HUBSPOT,
    ],
    ids=["host", "port", "scheme", "crm"],
)
def test_another_machine_gets_none_of_the_stored_secrets(sqlite: Database, vault: Vault, moved: Connection) -> None:
    with sqlite.begin() as db:
        save(db, vault, ODOO, {Secret.API_KEY: "for-acme-only"})
        save(db, vault, moved, private_hosts=("acme.odoo.com",))
        assert which_secrets(db) == {}
        assert audit.listing(db)[0].detail["secrets cleared"] == ["api_key"]


def test_a_warehouse_elsewhere_gets_no_password(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        for place in ("db.evil.com/warehouse", "db.example.com:1/warehouse", "db.example.com/w?host=db.evil.com"):
            save(db, vault, WAREHOUSE, {Secret.PASSWORD: "planted"})
            save(db, vault, but(WAREHOUSE, place=f"postgresql+psycopg://reader@{place}"))
            assert which_secrets(db) == {}


def test_a_new_secret_comes_along_to_another_machine(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        save(db, vault, ODOO, {Secret.API_KEY: "old"})
        save(db, vault, but(ODOO, place="https://new.odoo.com"), {Secret.API_KEY: "new"})
        assert stored_secrets(db, vault) == {Secret.API_KEY: "new"}


def test_a_change_is_audited_without_secrets(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        save(db, vault, HUBSPOT)
        save(db, vault, but(HUBSPOT, every_minutes=15), {Secret.TOKEN: "planted"})
        save(db, vault, but(HUBSPOT, every_minutes=15))
        lines = audit.listing(db, object_kind="setting")
        assert len(lines) == 2
        assert lines[0].detail == {"from": {"every_minutes": 60}, "to": {"every_minutes": 15}, "secrets set": ["token"]}
        assert audit.first_broken(db) is None


def test_forgetting_takes_the_secrets_along(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        save(db, vault, HUBSPOT, {Secret.TOKEN: "planted"})
        forget_connection(db, actor="ana", now=NOW + timedelta(hours=1))
        assert load_connection(db) is None
        assert which_secrets(db) == {}
        assert audit.listing(db)[0].action == "CRM connection removed"


def _without(field: str) -> dict[Kind, ObjectMap]:
    return {Kind.CONTACT: ObjectMap(fields={field: ""})}


WRONG: list[tuple[str, Connection, str]] = [
    ("a page instead of My Domain", but(SALESFORCE, place="https://acme.lightning.force.com"), "place"),
    ("a host that only ends alike", but(SALESFORCE, place="https://evilmy.salesforce.com"), "place"),
    ("a path behind it", but(SALESFORCE, place="https://acme.my.salesforce.com/services"), "place"),
    ("no TLS", but(SALESFORCE, place="http://acme.my.salesforce.com"), "place"),
    ("a user in it", but(HUBSPOT, place="https://api.hubapi.com@evil.example.com"), "place"),
    ("another vendor's host", but(HUBSPOT, place="https://hubapi.com.evil.example.com"), "place"),
    ("no address", but(ODOO, place=""), "place"),
    ("our own machine", but(ODOO, place="https://127.0.0.1"), "place"),
    ("our own machine in figures", but(ODOO, place="https://2130706433"), "place"),
    ("the cloud's store of credentials", but(ODOO, place="https://169.254.169.254"), "place"),
    ("no database", but(ODOO, database=None), "database"),
    ("a password in the address", but(WAREHOUSE, place="postgresql://reader:planted@db.example.com/w"), "place"),
    ("a password behind it", but(WAREHOUSE, place="postgresql://db.example.com/w?password=planted"), "place"),
    ("no address of a database", but(WAREHOUSE, place="db.example.com"), "place"),
    ("a folder from nowhere", but(FOLDER, place="export"), "place"),
    ("no client id", but(SALESFORCE, user=None), "user"),
    ("nobody to act as", but(SALESFORCE, sign_in=SignIn.JWT), "acting_as"),
    ("no such zone", but(WAREHOUSE, zone="Europe/Atlantis"), "zone"),
    ("too often", but(HUBSPOT, every_minutes=4), "every_minutes"),
    ("too seldom", but(HUBSPOT, every_minutes=1441), "every_minutes"),
    ("a field of no kind", but(HUBSPOT, objects={Kind.CONTACT: ObjectMap(fields={"shoe": "x"})}), "objects.contact"),
    ("no opt-out", but(HUBSPOT, objects=_without("opted_out")), "objects.contact.opted_out"),
    ("no addresses", but(HUBSPOT, objects=_without("email")), "objects.contact.email"),
    ("no contacts", but(HUBSPOT, objects={Kind.CONTACT: ObjectMap(off=True)}), "objects.contact"),
    ("a query elsewhere", but(ODOO, objects={Kind.CONTACT: ObjectMap(query="SELECT 1")}), "objects.contact.query"),
    ("values of no field", but(ODOO, objects={Kind.ACTIVITY: ObjectMap(only={"x": []})}), "objects.activity"),
    ("an empty spelling", but(HUBSPOT, roles={" ": Role.CHAMPION}), "roles"),
    ("writing into a folder", but(FOLDER, writes=frozenset({Switch.TASKS})), "writes"),
    ("a score to nowhere", but(HUBSPOT, writes=frozenset({Switch.SCORE})), "write_columns.score"),
    ("a line break", but(ODOO, user="a\nb"), "user"),
    ("on without a key", but(HUBSPOT, on=True), "token"),
]  # fmt: skip


@pytest.mark.parametrize(("connection", "field"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_cannot_be_meant_is_refused_at_its_field(
    sqlite: Database, vault: Vault, connection: Connection, field: str
) -> None:
    with sqlite.begin() as db:
        with pytest.raises(Refused) as refused:
            save(db, vault, connection)
        assert refused.value.field == field
        assert "planted" not in refused.value.reason
        assert load_connection(db) is None


@pytest.mark.parametrize(
    ("connection", "secrets", "field"),
    [
        (HUBSPOT, {Secret.API_KEY: "x"}, "api_key"),
        (HUBSPOT, {Secret.TOKEN: "a\nb"}, "token"),
        (HUBSPOT, {Secret.TOKEN: "påt"}, "token"),
        (SALESFORCE, {Secret.PRIVATE_KEY: "planted"}, "private_key"),
        (SALESFORCE, {Secret.PRIVATE_KEY: PUBLIC}, "private_key"),
        (SALESFORCE, {Secret.PRIVATE_KEY: LOCKED}, "private_key"),
        (SALESFORCE, {Secret.PRIVATE_KEY: ELLIPTIC}, "private_key"),
    ],
)
def test_a_secret_that_cannot_be_one_is_refused(
    sqlite: Database, vault: Vault, connection: Connection, secrets: Mapping[Secret, str], field: str
) -> None:
    with sqlite.begin() as db, pytest.raises(Refused) as refused:
        save(db, vault, connection, secrets)
    assert refused.value.field == field


def test_a_key_for_salesforce_is_taken_as_pem(sqlite: Database, vault: Vault) -> None:
    jwt = but(SALESFORCE, sign_in=SignIn.JWT, acting_as="voc@acme.example", on=True)
    with sqlite.begin() as db:
        save(db, vault, jwt, {Secret.PRIVATE_KEY: PEM})
        assert stored_secrets(db, vault)[Secret.PRIVATE_KEY] == PEM.strip()


def test_hubspot_has_a_place_of_its_own(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        assert save(db, vault, but(HUBSPOT, place="")).place == "https://api.hubapi.com"


def test_a_named_private_host_may_be_any_crm(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        here = but(SALESFORCE, place="http://127.0.0.1:8069/")
        assert save(db, vault, here, private_hosts=("127.0.0.1",)).place == "http://127.0.0.1:8069"


OUTSIDE = Outside(now=lambda: NOW, sleep=lambda _: None)


def test_the_stored_folder_opens_by_its_names(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        save(db, vault, FOLDER)
    for name in ("crm", "csv"):
        assert open_source(name, database=sqlite, vault=vault, outside=OUTSIDE).name == "csv:/srv/export"


@pytest.mark.parametrize("connection", [SALESFORCE, HUBSPOT, ODOO, WAREHOUSE], ids=lambda one: one.crm)
def test_each_crm_opens_without_being_called(sqlite: Database, vault: Vault, connection: Connection) -> None:
    with sqlite.begin() as db:
        save(db, vault, connection, dict.fromkeys(checks.SECRETS[connection.crm][:1], "planted"))
    for name in ("crm", connection.crm):
        source = open_source(name, database=sqlite, vault=vault, outside=OUTSIDE)
        assert source.windows is not None
        assert "planted" not in source.name
        source.close()


def test_a_folder_opens_without_a_database() -> None:
    assert open_source("csv:/srv/other").name == "csv:/srv/other"


@pytest.mark.parametrize("name", ["crm", "odoo", "nothing", "csv:"])
def test_a_name_of_nothing_is_refused(sqlite: Database, vault: Vault, name: str) -> None:
    with pytest.raises(Misconfigured):
        open_source(name, database=sqlite, vault=vault, outside=OUTSIDE)
