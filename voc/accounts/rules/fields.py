"""What a connector hands over for each kind of record, and which of it names another record."""

from voc.accounts.model import Kind

# The texts a connector hands over per object, in this order. A field that its CRM does not have
# gets the text beside it in DEFAULTS.
TEXTS: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("name", "email", "title", "manager_id", "time_zone", "active"),
    Kind.ACCOUNT: (
        "name",
        "parent_id",
        "csm_id",
        "owner_id",
        "segment",
        "industry",
        "country",
        "arr",
        "currency",
        "renewal_on",
        "customer_since_on",
        "status",
        "churned_on",
    ),
    Kind.CONTACT: (
        "account_id",
        "first_name",
        "last_name",
        "email",
        "title",
        "department",
        "country",
        "language",
        "time_zone",
        "opted_out",
        "bounced",
        "bounced_on",
        "bounce_reason",
        "left_company",
        "last_activity_on",
        "created_on",
        "consented_on",
    ),
    Kind.RELATION: ("account_id", "contact_id", "roles", "active", "direct", "start_on", "end_on"),
    Kind.OPPORTUNITY: (
        "account_id",
        "owner_id",
        "name",
        "kind",
        "stage",
        "closed",
        "won",
        "amount",
        "currency",
        "close_on",
        "arr_before",
        "arr_after",
        "renewal_confirmed_on",
    ),
    Kind.OPPORTUNITY_ROLE: ("opportunity_id", "contact_id", "role", "main"),
    Kind.ACTIVITY: ("about_id", "contact_id", "csm_id", "subject", "kind", "on"),
    Kind.MILESTONE: ("account_id", "csm_id", "kind", "on", "value", "evidence"),
}
DEFAULTS = {"active": "1", "direct": "1", "status": "customer"}

# Which fields name another record, and of which kind.
REFERENCES: dict[Kind, dict[str, Kind]] = {
    Kind.CSM: {"manager_id": Kind.CSM},
    Kind.ACCOUNT: {"parent_id": Kind.ACCOUNT, "csm_id": Kind.CSM, "owner_id": Kind.CSM},
    Kind.CONTACT: {"account_id": Kind.ACCOUNT},
    Kind.RELATION: {"account_id": Kind.ACCOUNT, "contact_id": Kind.CONTACT},
    Kind.OPPORTUNITY: {"account_id": Kind.ACCOUNT, "owner_id": Kind.CSM},
    Kind.OPPORTUNITY_ROLE: {"opportunity_id": Kind.OPPORTUNITY, "contact_id": Kind.CONTACT},
    # `about_id` may name an account or an opportunity; an opportunity's id never has an alias
    Kind.ACTIVITY: {"about_id": Kind.ACCOUNT, "contact_id": Kind.CONTACT, "csm_id": Kind.CSM},
    Kind.MILESTONE: {"account_id": Kind.ACCOUNT, "csm_id": Kind.CSM},
}
