"""The star schema for BI: dimensions, facts and bridges as files, and the data dictionary made of the same fields.

    model        tables, fields, keys
    joined       facts beside the records of today
    customers, ours, words, asked, definitions, days     who, where, when, what was asked
    invitations, confidence, answers, mails, follow_ups, themes     what happened
    figures, scorecards, crm     what was kept, and the CRM's own facts
    writing      a folder, all of one moment, whole or not at all
    dictionary   what every column means

Of what was asked in confidence nothing says that it was answered: `voc.base.confidential` is the one place that decides
it, here as on the pages. Its figures are in `fact_confidential_group`, in groups that are never taken apart.

Order: `dim_date` last, because it holds the days that the others name.
"""

from voc.reports.star.answers import ANSWER, VERBATIM
from voc.reports.star.asked import QUESTION, QUESTIONNAIRE, WAVE
from voc.reports.star.confidence import CONFIDENTIAL_GROUP
from voc.reports.star.crm import ACTIVITY, DEAL, MILESTONE, RENEWAL
from voc.reports.star.customers import ACCOUNT, ACCOUNT_OWNER, CONTACT, CONTACT_ROLE, PERSON
from voc.reports.star.days import DATE
from voc.reports.star.definitions import DEFINITION
from voc.reports.star.figures import FIGURE
from voc.reports.star.follow_ups import FOLLOW_UP
from voc.reports.star.invitations import CENSUS, INVITATION, INVITATION_ROLE
from voc.reports.star.mails import MESSAGE
from voc.reports.star.model import StarTable
from voc.reports.star.ours import CSM, TEAM
from voc.reports.star.scorecards import SCORECARD_LINE
from voc.reports.star.themes import COMMENT_THEME, IMPROVEMENT, IMPROVEMENT_LINE, THEME
from voc.reports.star.words import REGION, ROLE, SEGMENT

DIMENSIONS = (
    ACCOUNT, CONTACT, PERSON, CSM, TEAM, SEGMENT, REGION, ROLE, QUESTIONNAIRE, QUESTION, WAVE, DEFINITION, THEME,
)  # fmt: skip
FACTS = (
    CENSUS, INVITATION, INVITATION_ROLE, CONFIDENTIAL_GROUP, ANSWER, VERBATIM, COMMENT_THEME, MESSAGE, FOLLOW_UP,
    IMPROVEMENT, IMPROVEMENT_LINE,
)  # fmt: skip
KEPT = (FIGURE, SCORECARD_LINE, RENEWAL, DEAL, MILESTONE, ACTIVITY, ACCOUNT_OWNER, CONTACT_ROLE)
STAR: tuple[StarTable, ...] = (*DIMENSIONS, *FACTS, *KEPT, DATE)

__all__ = ["STAR", "StarTable"]
