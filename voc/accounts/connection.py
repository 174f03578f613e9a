"""How a company's CRM is reached and read: what Settings > CRM edits. Values only; secrets are kept apart."""

from enum import StrEnum, auto

import msgspec

from voc.accounts.model import AccountStatus, Kind, Role, Segment


class Crm(StrEnum):
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    ODOO = "odoo"
    WAREHOUSE = "warehouse"
    CSV = "csv"


class SignIn(StrEnum):
    """How Salesforce lets us in; the other CRMs have one way each."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT = "jwt"


class Secret(StrEnum):
    """What is kept encrypted, under `crm.<name>`. Changing `place` clears all of them."""

    CLIENT_SECRET = auto()  # Salesforce, client credentials
    PRIVATE_KEY = auto()  # Salesforce, JWT bearer: PEM
    TOKEN = auto()  # HubSpot private app
    API_KEY = auto()  # Odoo
    PASSWORD = auto()  # warehouse


class Switch(StrEnum):
    """What may be written back; each is off until somebody switches it on."""

    TASKS = "tasks"
    LAST_ASKED = "last_asked"
    LAST_ANSWERED = "last_answered"
    SCORE = "score"
    COVERAGE = "coverage"


class ObjectMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of our kinds is called there. What is not said is as the connector's own mapping has it."""

    object: str | None = None
    fields: dict[str, str] = {}  # ours -> the CRM's; "" for not mapped
    only: dict[str, list[str]] = {}  # the CRM's column -> the values that make a row one of these
    query: str | None = None  # warehouse: the SELECT
    off: bool = False  # nothing is read for this kind


class Connection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`place` is the CRM's address: My Domain URL, API URL, Odoo's URL, SQLAlchemy URL without its password, folder."""

    crm: Crm
    place: str = ""
    database: str | None = None  # Odoo
    user: str | None = None  # Salesforce: client id; Odoo before 19: login
    acting_as: str | None = None  # Salesforce, JWT: the user name it signs in as
    sign_in: SignIn = SignIn.CLIENT_CREDENTIALS
    zone: str | None = None  # warehouse: the IANA zone of columns without one
    objects: dict[Kind, ObjectMap] = {}
    roles: dict[str, Role] = {}
    segments: dict[str, Segment] = {}
    statuses: dict[str, AccountStatus] = {}
    on: bool = False  # read on schedule
    every_minutes: int = 60
    writes: frozenset[Switch] = frozenset()
    write_columns: dict[Switch, str] = {}  # the CRM's column that takes it
