"""What CRMs call our fields: Salesforce's names first, then our own plain ones. Compared without case."""

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
        "name": ("Name",),
        "parent_id": ("ParentId", "parent_id"),
        "csm_id": ("CSM__c", "csm_id", "csm"),
        "owner_id": ("OwnerId", "owner_id"),
        "segment": ("Segment__c", "segment"),
        "industry": ("Industry",),
        "country": ("BillingCountry", "country"),
        "arr": ("ARR__c", "arr"),
        "currency": ("CurrencyIsoCode", "currency"),
        "renewal_on": ("Renewal_Date__c", "renewal_on"),
        "customer_since_on": ("Customer_Since__c", "customer_since_on"),
        "status": ("Status__c", "status"),
        "churned_on": ("Churned_On__c", "churned_on"),
    },
    Kind.CONTACT: {
        "account_id": ("AccountId", "account_id"),
        "first_name": ("FirstName", "first_name"),
        "last_name": ("LastName", "last_name"),
        "email": ("Email",),
        "title": ("Title",),
        "department": ("Department",),
        "country": ("MailingCountry", "country"),
        "language": ("Language__c", "language"),
        "time_zone": ("TimeZone__c", "time_zone"),
        "opted_out": ("HasOptedOutOfEmail", "opted_out"),
        "bounced": ("bounced",),
        "bounced_on": ("EmailBouncedDate", "bounced_on"),
        "bounce_reason": ("EmailBouncedReason", "bounce_reason"),
        "left_company": ("Left_Company__c", "left_company", "left"),
        "last_activity_on": ("LastActivityDate", "last_activity_on"),
        "created_on": ("CreatedDate", "created_on"),
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
        "account_id": ("AccountId", "account_id"),
        "owner_id": ("OwnerId", "owner_id"),
        "name": ("Name",),
        "kind": ("Type", "kind"),
        "stage": ("StageName", "stage"),
        "closed": ("IsClosed", "closed"),
        "won": ("IsWon", "won"),
        "amount": ("Amount",),
        "currency": ("CurrencyIsoCode", "currency"),
        "close_on": ("CloseDate", "close_on"),
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

ID = ("Id",)
DELETED = ("IsDeleted", "deleted")
WINNER = ("MasterRecordId", "merged_into")
MODIFIED = ("SystemModstamp", "LastModifiedDate", "modified_at")
# known, and of no use to us
IGNORED = frozenset({"createddate", "lastmodifieddate", "lastmodifiedbyid", "systemmodstamp", "createdbyid"})

# An export has the ids of Salesforce when its accounts have one of these columns.
SALESFORCE = frozenset({"systemmodstamp", "isdeleted", "masterrecordid", "ownerid", "billingcountry", "csm__c"})
