"""Rates over invitations, people and accounts (3-metrics 1.2, 1.4)."""

from typing import Any

from voc.metrics import units
from voc.metrics.definition import DUE, Definition, Owner, Spread

_LEFT = "People who left and test addresses are in no rate."
_REACHED = "of the accounts reached"


def _rate(name: str, label: str, counts: str, rows: units.Units, text: str, **declared: Any) -> Definition:
    """Of invitations that have come due, under the owner at sending."""
    told = {"spread": Spread.CLUSTERED, **declared}
    return Definition(
        name=name, label=label, text=f"{text} {DUE}", counts=counts, owner=Owner.ASKED, units=rows, **told
    )


DEFINITIONS: tuple[Definition, ...] = (
    _rate(
        "response_rate",
        "Response",
        "invitations",
        units.RR6,
        "Answered in time, in full or in part, of all invitations that arrived: complete and partial over complete, "
        "partial, refused, silent and other. Of the six response rates that programmes report by number (AAPOR, RR1 to "
        f"RR6) it is RR6. Bounces are left out and shown beside it. {_LEFT}",
        nightly=True,
        standard="response_standard",
    ),
    _rate(
        "response_rate_1",
        "Response, complete, every bounce as no answer",
        "invitations",
        units.RR1,
        "Complete over all invitations, bounced ones too (RR1).",
    ),
    _rate(
        "response_rate_2",
        "Response, counting bounces as no answer",
        "invitations",
        units.RR2,
        "Complete and partial over all invitations, bounced ones too (RR2).",
    ),
    _rate(
        "response_rate_3",
        "Response, complete, bounces by the chance of still being there",
        "invitations",
        units.RR3,
        "Complete over the invitations that arrived and the bounced ones, each bounced one weighed by how sure we were "
        "just before sending that the person was still there, one half where we did not know (RR3).",
    ),
    _rate(
        "response_rate_4",
        "Response, bounces by the chance of still being there",
        "invitations",
        units.RR4,
        "Complete and partial, bounced ones weighed as in RR3 (RR4).",
    ),
    _rate(
        "response_rate_5",
        "Response, complete only",
        "invitations",
        units.RR5,
        "Complete over all invitations that arrived (RR5).",
    ),
    _rate(
        "reach",
        "People heard",
        "people",
        units.reach,
        "People who answered at least once, late or not, of the people reached at least once.",
    ),
    _rate(
        "account_response",
        "Accounts heard",
        "accounts",
        units.account_response,
        f"Accounts with one answer or more, {_REACHED}.",
        spread=Spread.PLAIN,
    ),
    _rate(
        "two_roles_heard",
        "Accounts heard in two roles",
        "accounts",
        units.two_roles,
        f"Accounts with answers from two roles or more, {_REACHED}.",
        spread=Spread.PLAIN,
    ),
    _rate(
        "decision_maker_heard",
        "Decision maker heard",
        "accounts",
        units.decision_maker,
        f"Accounts whose decision maker answered, {_REACHED}.",
        spread=Spread.PLAIN,
    ),
    _rate(
        "arr_heard",
        "Revenue heard",
        "accounts",
        units.revenue_heard,
        "Recurring revenue of the accounts with one answer or more, of the revenue of the accounts reached, as it was "
        "when they were asked. Accounts whose currency has no rate are left out and named.",
        spread=Spread.NONE,
    ),
    _rate(
        "response_target",
        "Response target met",
        "accounts",
        units.response_target,
        "Accounts where at least the standard's share of the delivered answered and a decision maker was heard, "
        f"{_REACHED}.",
        spread=Spread.PLAIN,
        standard="target_standard",
    ),
)
