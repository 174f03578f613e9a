"""What changes here. `cases`: from an answer to a confirmed case; `you_said`: what the customer is told came of it."""

from voc.followup.run import you_said
from voc.followup.run.cases import (
    SERVICE,
    acknowledge,
    catch_up,
    confirm,
    contact,
    escalate,
    notices,
    open_silent,
    plan,
    reopen,
    resolve,
    tell,
)
from voc.followup.run.thanks import thank

__all__ = [
    "SERVICE",
    "acknowledge",
    "catch_up",
    "confirm",
    "contact",
    "escalate",
    "notices",
    "open_silent",
    "plan",
    "reopen",
    "resolve",
    "tell",
    "thank",
    "you_said",
]
