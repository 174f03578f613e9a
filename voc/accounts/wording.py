"""What a sync found wrong, in plain words: what it means and who mends it where."""

from voc.accounts.model import ProblemLevel, Reason

_SENTENCES: dict[Reason, str] = {
    Reason.MISSING_ID: "The row has no id that can be one, so nobody can tell which record it is.",
    Reason.SHORT_ROW: "The row has fewer columns than the header; the export was cut off or a line was broken.",
    Reason.LONG_ROW: "The row has more columns than the header; a value probably holds a delimiter without quotes.",
    Reason.UNREADABLE_ROW: "The row cannot be read: a quote or a line break stands where none can be.",
    Reason.MISSING_ACCOUNT: "The row names no account.",
    Reason.UNKNOWN_ACCOUNT: "The account it names is neither in the export nor known from before.",
    Reason.DELETED_ACCOUNT: "The account it names was deleted in the CRM.",
    Reason.UNKNOWN_CONTACT: "The contact it names is not known.",
    Reason.UNKNOWN_OPPORTUNITY: "The opportunity it names is not known.",
    Reason.UNKNOWN_KIND: "The kind of milestone is not in the list (docs: voc/metrics/MILESTONES.md); a kind of"
    " your own begins with number_.",
    Reason.BAD_DATE: "This is not a date of the form 2026-03-31, from 1900 to 2199; it was not guessed.",
    Reason.INVALID_EMAIL: "This is not exactly one usable mail address; the contact cannot be reached until it is.",
    Reason.BAD_NUMBER: "This is not a number.",
    Reason.NO_CSM: "The customer has no CSM.",
    Reason.INACTIVE_CSM: "The customer's CSM is switched off in the CRM.",
    Reason.UNKNOWN_CSM: "The customer's CSM is not among the users.",
    Reason.NO_ARR: "The customer has no recurring revenue.",
    Reason.FOREIGN_CURRENCY: "The customer pays in another currency; the amount was not converted.",
    Reason.RENEWAL_IN_PAST: "The customer's renewal day is past.",
    Reason.UNKNOWN_SEGMENT: "The customer has no known segment, so coverage cannot be computed.",
    Reason.UNKNOWN_STATUS: "The status is not understood; the account is taken for what it was, or for a customer.",
    Reason.UNKNOWN_PARENT: "The parent account is not known.",
    Reason.ROLE_ADDRESS: "The address belongs to a function rather than a person.",
    Reason.FREE_MAIL: "The address is at a private mail provider.",
    Reason.UNKNOWN_TIMEZONE: "The time zone is not understood; the country decides instead.",
    Reason.UNCLEAR_OPT_OUT: "Neither yes nor no: taken as an opt-out: nobody is asked against their will.",
    Reason.UNKNOWN_ROLE: "The role is not understood; add its spelling to the source's mapping.",
    Reason.DUPLICATE_ID: "The record is in the file twice; this is the older copy and does not count.",
    Reason.DUPLICATE_EMAIL_SAME_ACCOUNT: "Another contact of the account has the same address; merge them in the CRM.",
    Reason.DUPLICATE_EMAIL_OTHER_ACCOUNT: "A contact of another account has the same address.",
    Reason.CONTROL_CHARACTER_REMOVED: "A control character was taken out of the text.",
    Reason.OVERSIZED_FIELD: "The text was longer than 1 MiB and was cut.",
    Reason.MERGE_GUESSED: "The contact is gone without a trace, and one other contact of its account has its address:"
    " taken for merged into that one.",
    Reason.MERGE_WINNER_MISSING: "The record was merged into one that is nowhere in the export.",
    Reason.ACCOUNT_MISSING_FROM_EXPORT: "The account is missing from the export, but contacts of it are in it.",
    Reason.HEADER_ONLY_FILE: "This second copy has only a header and was ignored.",
    Reason.SECOND_COPY: "This second copy of a file was ignored.",
    Reason.UNKNOWN_COLUMN: "The column is not known and was ignored.",
    Reason.EMPTY_FILE: "The file has no rows: taken as not exported, yesterday's records stay.",
    Reason.MISSING_FILE: "The file is missing: taken as not exported, yesterday's records stay.",
}


def sentence(level: ProblemLevel, reason: Reason) -> str:
    """The reason in plain words; the same reason can refuse a row or only warn."""
    if level == ProblemLevel.WARNING and reason == Reason.UNKNOWN_CONTACT:
        return "The person it names is no contact of ours, a lead perhaps; the activity stays."
    return _SENTENCES[reason]
