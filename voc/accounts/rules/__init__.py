"""What the rows of a CRM mean: texts to records, records to changes, merges through chains, the brake.

Pure. What needs other rows (does the account exist, is the address used twice) is decided by set in
the store, in this order: the row itself, deleted or merged, its account, what else it names, and last
the date or kind that is the point of the row.
"""

from voc.accounts.rules.brake import why_hold, why_hold_opt_outs
from voc.accounts.rules.changing import change_of, final_winners
from voc.accounts.rules.fields import DEFAULTS, REFERENCES, TEXTS
from voc.accounts.rules.meaning import Aliases, record_of

__all__ = [
    "DEFAULTS",
    "REFERENCES",
    "TEXTS",
    "Aliases",
    "change_of",
    "final_winners",
    "record_of",
    "why_hold",
    "why_hold_opt_outs",
]
