"""Whether a connection makes sense before anybody is called: the first thing that is wrong, and its mend."""

from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import available_timezones

from voc.accounts import rules
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn, Switch
from voc.accounts.model import Kind
from voc.base.errors import Refused

EVERY_MINUTES = range(5, 1441)
SECRETS: dict[Crm, tuple[Secret, ...]] = {
    Crm.SALESFORCE: (Secret.CLIENT_SECRET, Secret.PRIVATE_KEY),
    Crm.HUBSPOT: (Secret.TOKEN,),
    Crm.ODOO: (Secret.API_KEY,),
    Crm.WAREHOUSE: (Secret.PASSWORD,),
    Crm.CSV: (),
}
# What a connector and a mapping file may name beside the fields of the record.
OWN_COLUMNS = frozenset({"id", "modified", "deleted", "winner"})
# Without these no row would be loaded, nobody could be asked, or somebody would be asked against their will.
_INDISPENSABLE: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("email",),
    Kind.ACCOUNT: ("name",),
    Kind.CONTACT: ("account_id", "email", "opted_out"),
    Kind.RELATION: ("account_id", "contact_id", "roles"),
    Kind.OPPORTUNITY: ("account_id",),
    Kind.OPPORTUNITY_ROLE: ("opportunity_id", "contact_id"),
    Kind.ACTIVITY: ("about_id", "on"),
    Kind.MILESTONE: ("account_id", "kind", "on"),
}
_ALWAYS_READ = (Kind.ACCOUNT, Kind.CONTACT)
_WRITES = (Crm.SALESFORCE, Crm.HUBSPOT, Crm.ODOO)
_LONGEST = 500
_LONGEST_QUERY = 100_000


def check(connection: Connection) -> None:
    """Refused, with the field: one that is missing, or that this CRM cannot use."""
    for name in ("place", "database", "user", "acting_as", "zone"):
        _check_text(getattr(connection, name) or "", name)
    if connection.crm == Crm.SALESFORCE:
        _check_salesforce(connection)
    if connection.crm == Crm.ODOO and not connection.database:
        raise Refused("Odoo needs the name of its database, as its sign-in page shows it.", field="database")
    if connection.zone is not None and connection.zone not in available_timezones():
        raise Refused(f"{connection.zone} is no time zone. Write one such as Europe/Berlin.", field="zone")
    if connection.every_minutes not in EVERY_MINUTES:
        raise Refused("Read it every 5 to 1440 minutes; 60 is usual.", field="every_minutes")
    for kind, wanted in connection.objects.items():
        _check_object(connection.crm, kind, wanted)
    for field in ("roles", "segments", "statuses"):
        for spelling in getattr(connection, field):
            if not spelling.strip():
                raise Refused("One spelling is empty. Fill it in or remove its line.", field=field)
            _check_text(spelling, field)
    _check_writes(connection)


def check_secrets(connection: Connection, *, given: Mapping[Secret, str], kept: Collection[Secret]) -> None:
    """Refused, with the secret's name as the field: not one of this CRM's, not usable, or missing where it is on."""
    for name, value in given.items():
        if name not in SECRETS[connection.crm]:
            raise Refused(f"{connection.crm.title()} has no {plain_name(name)}.", field=name)
        if name != Secret.PRIVATE_KEY and not (value.isprintable() and len(value) <= 4096):
            raise Refused(f"That {plain_name(name)} holds line breaks or is too long. Copy it again.", field=name)
        if name in (Secret.TOKEN, Secret.API_KEY, Secret.CLIENT_SECRET) and (not value.isascii() or " " in value):
            raise Refused(f"That {plain_name(name)} holds letters that none can have. Copy it again.", field=name)
    if connection.on and (missing := set(needed(connection)) - {*given, *kept}):
        name = min(missing)
        raise Refused(f"Enter the {plain_name(name)}: without it nothing can be read.", field=name)


def needed(connection: Connection) -> tuple[Secret, ...]:
    """The secrets without which this connection cannot work. A warehouse may let us in without a password."""
    match connection.crm:
        case Crm.SALESFORCE:
            return (Secret.PRIVATE_KEY if connection.sign_in == SignIn.JWT else Secret.CLIENT_SECRET,)
        case Crm.HUBSPOT | Crm.ODOO:
            return SECRETS[connection.crm]
    return ()


def plain_name(name: Secret) -> str:
    return "API key" if name == Secret.API_KEY else name.replace("_", " ")


def _check_salesforce(connection: Connection) -> None:
    if not connection.user:
        raise Refused("Salesforce needs the consumer key (client id) of the app.", field="user")
    if connection.sign_in == SignIn.JWT and not connection.acting_as:
        raise Refused("Name the user that the app signs in as.", field="acting_as")


def _check_object(crm: Crm, kind: Kind, wanted: ObjectMap) -> None:
    place = f"objects.{kind}"
    if wanted.off:
        if kind in _ALWAYS_READ:
            raise Refused(f"Without its {kind}s there is nobody to ask.", field=place)
        return
    _check_text(wanted.object or "", place)
    known = {*rules.TEXTS[kind], *OWN_COLUMNS}
    for field, column in wanted.fields.items():
        if field not in known:
            raise Refused(f"We know no field {field[:80]} of a {kind}.", field=place)
        if not column and field == "opted_out":
            reason = "Map the field that says who wants no mail: nobody may be asked against their will."
            raise Refused(reason, field=f"{place}.{field}")
        if not column and field in _INDISPENSABLE[kind]:
            raise Refused(f"The {field} of a {kind} is needed. Map it to a field.", field=f"{place}.{field}")
        _check_text(column, f"{place}.{field}")
    for column, values in wanted.only.items():
        for text in (column, *values):
            _check_text(text, place)
        if not column or not values:
            raise Refused("Name a field and at least one of its values, or remove the line.", field=place)
    if wanted.query is not None and (crm != Crm.WAREHOUSE or not 0 < len(wanted.query.strip()) <= _LONGEST_QUERY):
        raise Refused("A query is for a warehouse, and one SELECT.", field=f"{place}.query")


def _check_writes(connection: Connection) -> None:
    if connection.writes and connection.crm not in _WRITES:
        raise Refused(f"Nothing can be written back into {_called(connection.crm)}.", field="writes")
    for switch in sorted(connection.writes - {Switch.TASKS}):
        if not connection.write_columns.get(switch):
            raise Refused("Name the CRM's field that takes it.", field=f"write_columns.{switch}")
    for switch, column in connection.write_columns.items():
        _check_text(column, f"write_columns.{switch}")


def _called(crm: Crm) -> str:
    return {Crm.CSV: "a folder", Crm.WAREHOUSE: "a warehouse"}.get(crm, crm.title())


def _check_text(value: Any, field: str) -> None:
    if len(value) > _LONGEST or not all(sign.isprintable() for sign in value):
        raise Refused(f"Write at most {_LONGEST} signs, without line breaks.", field=field)
