"""What CRMs call our fields: Salesforce's names, our own plain ones, then HubSpot's. Compared without case."""

from voc.accounts.model import Kind

# file names without .csv, in the order in which they are looked for
FILES: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("user", "users", "csm", "csms"),
    Kind.ACCOUNT: ("account", "accounts"),
    Kind.CONTACT: ("contact", "contacts"),
    Kind.RELATION: ("accountcontactrelation", "relation", "relations"),
    Kind.OPPORTUNITY: ("opportunity", "opportunities"),
    Kind.OPPORTUNITY_ROLE: ("opportunitycontactrole", "opportunity_role", "opportunity_roles"),
    Kind.ACTIVITY: ("event", "events", "activity", "activities"),
    Kind.MILESTONE: ("milestone__c", "milestone", "milestones"),
}

# HubSpot writes all companies of a record into one cell, and the primary one into another.
_COMPANY = (
    "Associated Company IDs (Primary)",
    "Primary Associated Company ID",
    "Associated Company IDs",
    "Associated Company ID",
)

COLUMNS: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.CSM: {
        "name": ("Name",),
        "email": ("Email",),
        "title": ("Title",),
        "manager_id": ("ManagerId", "manager_id"),
        "time_zone": ("TimeZoneSidKey", "time_zone"),
        "active": ("IsActive", "active"),
    },
    Kind.ACCOUNT: {
        "name": ("Name", "Company name"),
        "parent_id": ("ParentId", "parent_id", "Parent Company ID"),
        "csm_id": ("CSM__c", "csm_id", "csm", "Company owner"),
        "owner_id": ("OwnerId", "owner_id", "Company owner"),
        "segment": ("Segment__c", "segment"),
        "industry": ("Industry",),
        "country": ("BillingCountry", "country", "Country/Region"),
        "arr": ("ARR__c", "arr"),
        "currency": ("CurrencyIsoCode", "currency"),
        "renewal_on": ("Renewal_Date__c", "renewal_on"),
        "customer_since_on": ("Customer_Since__c", "customer_since_on", "Became a Customer Date"),
        "status": ("Status__c", "status", "Lifecycle Stage"),
        "churned_on": ("Churned_On__c", "churned_on"),
    },
    Kind.CONTACT: {
        "account_id": ("AccountId", "account_id", *_COMPANY),
        "first_name": ("FirstName", "first_name", "First Name"),
        "last_name": ("LastName", "last_name", "Last Name"),
        "email": ("Email",),
        "title": ("Title", "Job Title"),
        "department": ("Department",),
        "country": ("MailingCountry", "country", "Country/Region"),
        "language": ("Language__c", "language", "Preferred language"),
        "time_zone": ("TimeZone__c", "time_zone", "Time Zone"),
        "opted_out": ("HasOptedOutOfEmail", "opted_out", "Unsubscribed from all email"),
        "bounced": ("bounced",),
        "bounced_on": ("EmailBouncedDate", "bounced_on"),
        "bounce_reason": ("EmailBouncedReason", "bounce_reason", "Email hard bounce reason"),
        "left_company": ("Left_Company__c", "left_company", "left"),
        "last_activity_on": ("LastActivityDate", "last_activity_on", "Last Activity Date"),
        "created_on": ("CreatedDate", "created_on", "Create Date"),
        "consented_on": ("Consented_On__c", "consented_on", "Consented on"),
    },
    Kind.RELATION: {
        "account_id": ("AccountId", "account_id"),
        "contact_id": ("ContactId", "contact_id"),
        "roles": ("Roles", "role"),
        "active": ("IsActive", "active"),
        "direct": ("IsDirect", "direct"),
        "start_on": ("StartDate", "start_on"),
        "end_on": ("EndDate", "end_on"),
    },
    Kind.OPPORTUNITY: {
        "account_id": ("AccountId", "account_id", *_COMPANY),
        "owner_id": ("OwnerId", "owner_id", "Deal owner"),
        "name": ("Name", "Deal Name"),
        "kind": ("Type", "kind", "Deal Type"),
        "stage": ("StageName", "stage", "Deal Stage"),
        "closed": ("IsClosed", "closed", "Is Deal Closed?", "Is Closed"),
        "won": ("IsWon", "won", "Is Closed Won"),
        "amount": ("Amount",),
        "currency": ("CurrencyIsoCode", "currency"),
        "close_on": ("CloseDate", "close_on", "Close Date"),
        "arr_before": ("ARR_Before__c", "arr_before"),
        "arr_after": ("ARR_After__c", "arr_after"),
        "renewal_confirmed_on": ("Renewal_Confirmed_On__c", "renewal_confirmed_on"),
    },
    Kind.OPPORTUNITY_ROLE: {
        "opportunity_id": ("OpportunityId", "opportunity_id"),
        "contact_id": ("ContactId", "contact_id"),
        "role": ("Role",),
        "main": ("IsPrimary", "main"),
    },
    Kind.ACTIVITY: {
        "about_id": ("WhatId", "about_id", "account_id"),
        "contact_id": ("WhoId", "contact_id"),
        "csm_id": ("OwnerId", "csm_id"),
        "subject": ("Subject",),
        "kind": ("Type", "kind"),
        "on": ("ActivityDate", "on"),
    },
    Kind.MILESTONE: {
        "account_id": ("Account__c", "account_id"),
        "csm_id": ("CSM__c", "csm_id"),
        "kind": ("Kind__c", "kind"),
        "on": ("Date__c", "on"),
        "value": ("Value__c", "value"),
        "evidence": ("Evidence__c", "evidence"),
    },
}

ID: dict[Kind, tuple[str, ...]] = {
    **dict.fromkeys(Kind, ("Id", "Record ID")),
    Kind.ACCOUNT: ("Id", "Record ID", "Company ID"),
    Kind.CONTACT: ("Id", "Record ID", "Contact ID"),
    Kind.OPPORTUNITY: ("Id", "Record ID", "Deal ID"),
}
DELETED = ("IsDeleted", "deleted")
WINNER = ("MasterRecordId", "merged_into")
MODIFIED = ("SystemModstamp", "LastModifiedDate", "modified_at", "Last Modified Date")
# known, and of no use to us
IGNORED = frozenset(
    {"createddate", "lastmodifieddate", "last modified date", "lastmodifiedbyid", "systemmodstamp", "createdbyid"}
)

# An export has the ids of Salesforce when its accounts have one of these columns.
SALESFORCE = frozenset({"systemmodstamp", "isdeleted", "masterrecordid", "ownerid", "billingcountry", "csm__c"})
