"""Scorecards: saved by version, in use from a month on, frozen with each month's last night, corrected, approved.

Nothing here is changed once it is written: a file that is saved is a new version, a month that is corrected a new
revision with a reason, and nobody is paid from one that was not approved.
"""

from voc.metrics.run.cards.approving import Approved, approve, approved, others_who_approve, why_not_approve
from voc.metrics.run.cards.freezing import NIGHT, catch_up, correct, month
from voc.metrics.run.cards.looking import Looked, look
from voc.metrics.run.cards.reckoning import by_scope, reckon
from voc.metrics.run.cards.versions import card_of, copy, held, save, shipped, stop_using, text_of, use, why_outdated

__all__ = [
    "NIGHT",
    "Approved",
    "Looked",
    "approve",
    "approved",
    "by_scope",
    "card_of",
    "catch_up",
    "copy",
    "correct",
    "held",
    "look",
    "month",
    "others_who_approve",
    "reckon",
    "save",
    "shipped",
    "stop_using",
    "text_of",
    "use",
    "why_not_approve",
    "why_outdated",
]
