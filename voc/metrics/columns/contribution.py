"""Accounts where something was due and done (8a), all at once; as `money.upkeep.voc_contribution`. Pure."""

import numpy as np

from voc.metrics.columns.kinds import MISSING, any_of, here
from voc.metrics.columns.model import Company
from voc.metrics.columns.places import Places
from voc.metrics.columns.rows import Rows

_LABELS = ("contributed", "not_contributed", "nothing_due")


def voc_contribution(company: Company, places: Places, *, since: int) -> Rows:
    asked, cases, moment, count = company.asked, company.cases, company.at, len(company.accounts)
    answered = (asked.answered > since) & (asked.answered <= moment)
    resolved = (cases.resolved > since) & (cases.resolved <= moment)
    done = any_of(places.account, places.filled(since)[places.at], count)
    done |= any_of(asked.account, answered, count) | any_of(cases.account, resolved, count)
    open_ = (cases.resolved == MISSING) | (cases.resolved > since)
    invited = here(asked.sent) & (~here(asked.due) | (asked.due > since))
    due = any_of(places.account, ~places.fresh[places.at], count)
    due |= any_of(asked.account, invited, count) | any_of(cases.account, open_, count)
    book = np.flatnonzero(company.accounts.customer)
    label = np.where(done, 0, np.where(due, 1, 2))[book]
    return Rows(book, (label == 0) * 1.0, (label < 2) * 1.0, label, _LABELS)
