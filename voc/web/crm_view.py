"""What Settings > CRM shows: the five CRMs and what each asks for, the steps, fields beside examples. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voc.accounts import rules, schedule
from voc.accounts.checking import Checked, Example, Tried, why_not_read
from voc.accounts.clean import spelling_key
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn
from voc.accounts.connector import FieldFound, FieldState
from voc.accounts.model import Kind, ProblemLevel, RunState
from voc.accounts.store import SyncRun
from voc.web import view


@dataclass(frozen=True)
class Entry:
    """One field of the form that connects. `only` is the way of signing in that needs it."""

    name: str
    label: str
    help: str = ""
    secret: Secret | None = None
    long: bool = False
    only: SignIn | None = None


@dataclass(frozen=True)
class Offer:
    crm: Crm
    name: str
    line: str
    entries: tuple[Entry, ...]
    steps: tuple[str, ...]  # the set-up over there, in order
    ways: tuple[tuple[SignIn, str], ...] = ()
    queries: bool = False
    note: str = ""


OFFERS: dict[Crm, Offer] = {
    Crm.SALESFORCE: Offer(
        Crm.SALESFORCE,
        "Salesforce",
        "Read through its API every hour: what changed, what was deleted, merged or handed over.",
        (
            Entry("place", "My Domain URL", "Such as https://acme.my.salesforce.com; in Setup under My Domain."),
            Entry("user", "Consumer key", "Of the External Client App, also called client id."),
            Entry(
                "client_secret",
                "Consumer secret",
                "Also called client secret.",
                Secret.CLIENT_SECRET,
                only=SignIn.CLIENT_CREDENTIALS,
            ),
            Entry("acting_as", "User name it signs in as", "Such as voc@acme.com.integration.", only=SignIn.JWT),
            Entry(
                "private_key",
                "Private key",
                "The whole PEM text; its certificate is uploaded in the app.",
                Secret.PRIVATE_KEY,
                long=True,
                only=SignIn.JWT,
            ),
        ),
        (
            "Make a user for us with the licence “Salesforce Integration”, and no profile rights beyond it.",
            "Download the permission set below, deploy it (Workbench, or “sf project deploy”), and assign it to that "
            "user. It may read exactly what the mapping names, and nothing else.",
            "In Setup, open External Client App Manager and make a new app. Enable OAuth with the scopes “Manage user "
            "data via APIs (api)”; for a certificate also “Perform requests at any time (refresh_token)”.",
            "Under Flow Enablement, enable Client Credentials Flow; or JWT Bearer Flow and upload the certificate.",
            "Under Policies, set “Run As” to the user (client credentials), or pre-authorise the permission set (JWT).",
            "Copy consumer key and consumer secret from the app's OAuth settings into this form.",
        ),
        ways=(
            (SignIn.CLIENT_CREDENTIALS, "Client credentials: a key and a secret"),
            (SignIn.JWT, "JWT bearer: a certificate, and no secret to keep there"),
        ),
        note="User name and password are not offered: Salesforce is retiring that way of signing in.",
    ),
    Crm.HUBSPOT: Offer(
        Crm.HUBSPOT,
        "HubSpot",
        "Read through its API every hour: contacts, companies, deals, and the labels between them.",
        (
            Entry("place", "API address", "https://api.hubapi.com unless HubSpot told you another one."),
            Entry("token", "Access token of the private app", "It begins with pat-.", Secret.TOKEN),
        ),
        (
            "In HubSpot, open Settings > Integrations > Private apps (Legacy apps in newer accounts) and make one.",
            "Give it these scopes, all for reading: crm.objects.contacts.read, crm.objects.companies.read, "
            "crm.objects.deals.read, crm.objects.owners.read, crm.schemas.contacts.read, crm.schemas.companies.read, "
            "crm.schemas.deals.read. Meetings need crm.objects.contacts.read only.",
            "Writing back needs more, and only if you switch it on: crm.objects.contacts.write and "
            "crm.objects.companies.write.",
            "Create the app, show its token, and copy it into this form.",
        ),
    ),
    Crm.ODOO: Offer(
        Crm.ODOO,
        "Odoo",
        "Read through its API every hour; contacts that were merged or deleted are found by a daily look at all ids.",
        (
            Entry("place", "Address", "As in the browser, without a path: https://acme.odoo.com."),
            Entry("database", "Database", "As its sign-in page or its address shows it."),
            Entry("user", "Login", "Only for Odoo before 19: the address the user signs in with."),
            Entry("api_key", "API key", "", Secret.API_KEY),
        ),
        (
            "Make an internal user for us. Give it read access to Contacts and CRM, and nothing to administer.",
            "Sign in as that user; under Preferences > Account Security, make a new API key. Choose the longest "
            "duration that you allow, and note when it ends.",
            "Copy the key into this form. Odoo shows it once.",
        ),
    ),
    Crm.WAREHOUSE: Offer(
        Crm.WAREHOUSE,
        "SQL warehouse",
        "Read by one query for each object from PostgreSQL or another database that SQLAlchemy knows.",
        (
            Entry("place", "Database address", "postgresql+psycopg://reader@db.example.com/warehouse, no password."),
            Entry("password", "Password", "", Secret.PASSWORD),
            Entry(
                "zone", "Time zone of dates without one", "Such as Europe/Berlin. Empty if every column has its own."
            ),
        ),
        (
            "Make a database user that may only SELECT, and only from the tables or views meant for us.",
            "Write one query for each object (under Map). Its columns have our names, and each has a column id.",
            "Name a column modified, with the moment of the last change, and only what changed is read. Without it "
            "every run reads all rows.",
        ),
        queries=True,
        note="Each query runs in a transaction that can only read.",
    ),
    Crm.CSV: Offer(
        Crm.CSV,
        "Folder of exports",
        "CSV or Excel files that somebody or a job puts there: Salesforce's export, HubSpot's, or plain headers.",
        (Entry("place", "Folder", "The whole path on the machine that does the reading, such as /srv/export."),),
        (
            "Put the files of one export into the folder. Salesforce's Data Export works as it comes.",
            "For other headers, name them under Map, or put a mapping.toml beside the files.",
            "Each reading takes the whole folder. A file without rows means “not exported”, never “all gone”.",
        ),
    ),
}

OBJECTS: dict[Kind, str] = {
    Kind.CSM: "CSMs and their managers",
    Kind.ACCOUNT: "Accounts",
    Kind.CONTACT: "Contacts",
    Kind.RELATION: "Roles of contacts",
    Kind.OPPORTUNITY: "Renewals and sales",
    Kind.OPPORTUNITY_ROLE: "Roles in renewals and sales",
    Kind.ACTIVITY: "Business reviews and trainings",
    Kind.MILESTONE: "Milestones",
}
_MEANS: dict[str, str] = {
    "active": "Still with us; a CSM who is not loses access",
    "manager_id": "Their lead",
    "csm_id": "The CSM who looks after the account",
    "owner_id": "Its owner in the CRM",
    "parent_id": "The account it belongs to",
    "arr": "Recurring revenue a year",
    "renewal_on": "Day of the next renewal",
    "status": "Customer, prospect or churned",
    "opted_out": "Wants no mail. Needed: nobody is asked against their will",
    "bounced": "Mail to them came back",
    "consented_on": "Since when they agree to be asked by mail; only where Settings > The chase wants consent",
    "left_company": "No longer works there",
    "roles": "Why we must hear them",
    "direct": "Works there, and not only beside it",
    "kind": "What kind of record it is",
    "about_id": "The account or sale it is about",
    "on": "The day it took place",
    "main": "The one who decides there",
}
_LABELS = {"arr": "ARR", "arr_before": "ARR before", "arr_after": "ARR after", "csm_id": "CSM", "manager_id": "Lead"}
_STATES: dict[FieldState, tuple[str, str]] = {
    FieldState.FOUND: ("done", "Found"),
    FieldState.MISSING: ("late", "Not there"),
    FieldState.UNREADABLE: ("late", "Not readable"),
    FieldState.CALCULATED: ("half", "Calculated"),
    FieldState.NOT_MAPPED: ("none", "Not mapped"),
}
WRITABLE = (Crm.SALESFORCE, Crm.HUBSPOT, Crm.ODOO)
CALCULATED_MEANS = "Read once a day in full: a change of it does not show as a change of the record."


# --- the steps ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    name: str
    path: str
    chip: str
    said: str


@dataclass(frozen=True)
class Standing:
    """What is known of the connection when a page is shown."""

    connection: Connection | None
    secrets_missing: Sequence[Secret] = ()
    checked: Checked | None = None
    tried: Tried | None = None
    unknown: int = 0  # spellings that nobody understands

    @property
    def why_not(self) -> list[str]:
        """Why it cannot be read yet."""
        return why_not_read(self.checked.probe) if self.checked else []


def stages(standing: Standing, *, now: datetime) -> list[Stage]:
    """Where a person is on the way from nothing to a connection that runs."""
    connection, checked, tried = standing.connection, standing.checked, standing.tried
    base = "/settings/crm"
    if connection is None:
        return [Stage(name, base, "none", "not yet") for name in ("Connect", "Check", "Map", "Try", "Switch on")]
    missing = view.listed([secret.replace("_", " ") for secret in standing.secrets_missing])
    connect = ("late", f"the {missing} is missing") if missing else ("done", OFFERS[connection.crm].name)
    check, mapped, trying = ("none", "not yet"), ("none", "after the check"), ("none", "not yet")
    if checked is not None:
        ago = age(checked.at, now)
        troubles = len(standing.why_not) + len(checked.probe.missing_grants)
        check = ("late", f"{view.count(troubles, 'thing')} to mend") if troubles else ("done", ago)
        mapped = (
            ("half", f"{view.count(standing.unknown, 'spelling')} unknown") if standing.unknown else ("done", "done")
        )
    if tried is not None:
        trying = ("late", "would be held") if tried.state == RunState.HELD else ("done", age(tried.at, now))
    on = ("done", every(connection.every_minutes)) if connection.on else ("none", "off")
    found = [
        Stage("Connect", base, *connect),
        Stage("Check", f"{base}/check", *check),
        Stage("Map", f"{base}/map", *mapped),
        Stage("Try", f"{base}/try", *trying),
        Stage("Switch on", f"{base}/schedule", *on),
    ]
    if connection.crm in WRITABLE:
        some = view.count(len(connection.writes), "switch", "switches") + " on" if connection.writes else "off"
        found.append(Stage("Write back", f"{base}/write-back", "done" if connection.writes else "none", some))
    return found


def every(minutes: int) -> str:
    if minutes % 60:
        return f"every {minutes} minutes"
    return "every hour" if minutes == 60 else f"every {minutes // 60} hours"


def age(at: datetime, now: datetime) -> str:
    """just now, 4 minutes ago, 3 hours ago, 2 days ago."""
    passed = max(now - at, timedelta())
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{view.count(minutes, 'minute')} ago"
    hours = minutes // 60
    return f"{hours} hours ago" if hours < 72 else f"{hours // 24} days ago"


def duration(seconds: float) -> str:
    """40 seconds, 6 minutes, 2 hours 5 minutes."""
    if seconds < 90:
        return view.count(max(1, round(seconds)), "second")
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{view.count(minutes // 60, 'hour')} {view.count(minutes % 60, 'minute')}"


# --- what was found -----------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldRow:
    """A field of ours beside what the CRM calls it."""

    field: str
    means: str
    column: str
    own: bool  # said in this mapping, and not the usual one
    chip: str
    state: str
    note: str
    examples: list[str]


def field_rows(kind: Kind, wanted: ObjectMap, checked: Checked | None) -> list[FieldRow]:
    """Every field of an object, with the values that its column holds in the rows seen."""
    one = checked.object(kind) if checked else None
    found = {item.field: item for item in one.fields} if one else {}
    samples = checked.samples.get(kind, []) if checked else []
    rows = []
    for name in _fields(kind, found):
        item = found.get(name)
        usual = item.column or "" if item else ""
        column = wanted.fields.get(name, usual)
        same = item is not None and column == usual
        chip, state = _STATES[item.state] if item is not None and same else ("none", "Not checked yet")
        if not column:
            chip, state = _STATES[FieldState.NOT_MAPPED]
        note = (item.note or "") if item is not None and same else ""
        if item is not None and same and item.state == FieldState.CALCULATED and not note:
            note = CALCULATED_MEANS
        values = [row[column] for row in samples if row.get(column)] if column else []
        rows.append(
            FieldRow(name, _MEANS.get(name, ""), column, name in wanted.fields, chip, state, note, _distinct(values))
        )
    return rows


def _fields(kind: Kind, found: Mapping[str, FieldFound]) -> list[str]:
    ours = rules.TEXTS[kind]
    return [
        *ours,
        *(name for name in found if name not in ours and name not in ("id", "deleted", "winner", "modified")),
    ]


def label(field: str) -> str:
    """Our field as one reads it: Account, ARR before, Opted out."""
    return _LABELS.get(field, view.word(field.removesuffix("_id")))


def low_label(field: str) -> str:
    """The same inside a sentence."""
    return view.low_word(label(field))


def by_object(examples: Sequence[Example]) -> list[tuple[Kind, list[Example]]]:
    """In the order in which objects may name each other."""
    grouped = [(kind, [one for one in examples if one.object == kind]) for kind in Kind]
    return [(kind, found) for kind, found in grouped if found]


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value[:60] for value in values))[:3]


@dataclass(frozen=True)
class Spelling:
    """One spelling of the CRM. `word` is what it means to us, "" for nothing; `usual` without this mapping."""

    text: str
    word: str
    usual: str
    in_use: bool

    @property
    def is_unknown(self) -> bool:
        return self.in_use and not self.word


def spellings(in_use: Sequence[str], own: Mapping[str, str], shipped: Mapping[str, str]) -> list[Spelling]:
    """Those in use, the unknown ones first, then those that only the mapping knows."""
    kept = {spelling_key(text): word for text, word in own.items()}
    seen = dict.fromkeys(text.strip() for text in in_use if text.strip())
    rows = []
    for text in seen:
        usual = str(shipped.get(spelling_key(text), ""))
        rows.append(Spelling(text, kept.get(spelling_key(text), usual), usual, in_use=True))
    used = {spelling_key(text) for text in seen}
    rows += [
        Spelling(text, word, str(shipped.get(spelling_key(text), "")), in_use=False)
        for text, word in own.items()
        if spelling_key(text) not in used
    ]
    return sorted(rows, key=lambda one: (not one.is_unknown, not one.in_use))


def usual(shipped: Mapping[str, object]) -> dict[str, str]:
    """What each spelling means where the mapping says nothing."""
    return {text: str(word) for text, word in shipped.items()}


def next_at(connection: Connection, newest: SyncRun | None, *, now: datetime) -> datetime | None:
    """When it is read next on schedule."""
    if not connection.on:
        return None
    return schedule.next_at(newest, every=timedelta(minutes=connection.every_minutes), now=now)


def refused(tried: Tried) -> int:
    return sum(doubt.count for doubt in tried.doubts if doubt.level == ProblemLevel.REJECTED)
