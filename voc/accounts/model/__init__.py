"""What a CRM tells us, in our own words: eight kinds of record, what one run did, what it found wrong.

A connector yields `Incoming` rows: our field names, the CRM's text. `rules` turns each into one of
the eight records below; `run.sync` writes them.
"""

from voc.accounts.model.records import (
    RECORDS,
    Account,
    Activity,
    Contact,
    Csm,
    Milestone,
    Opportunity,
    OpportunityRole,
    Record,
    Relation,
)
from voc.accounts.model.report import Counts, FileRead, Live, Progress, Spent, SyncReport, Watcher
from voc.accounts.model.rows import Change, Cleaned, Incoming, Problem, Staged
from voc.accounts.model.words import Fate, Kind, MilestoneKind, Reach, Reason, Spellings
from voc.base.words import AccountStatus, ProblemLevel, RecordState, Role, RunState, Segment

__all__ = [
    "RECORDS",
    "Account",
    "AccountStatus",
    "Activity",
    "Change",
    "Cleaned",
    "Contact",
    "Counts",
    "Csm",
    "Fate",
    "FileRead",
    "Incoming",
    "Kind",
    "Live",
    "Milestone",
    "MilestoneKind",
    "Opportunity",
    "OpportunityRole",
    "Problem",
    "ProblemLevel",
    "Progress",
    "Reach",
    "Reason",
    "Record",
    "RecordState",
    "Relation",
    "Role",
    "RunState",
    "Segment",
    "Spellings",
    "Spent",
    "Staged",
    "SyncReport",
    "Watcher",
]
