"""Rates over invitations, people and accounts (3-metrics 1.2, 1.4)."""

from voc.metrics import units
from voc.metrics.definition import DUE, Definition, Owner, Spread

_LEFT = "People who left and test addresses are in no rate."

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="response_rate",
        label="Response",
        text="Answered in time, in full or in part, of all invitations that arrived: complete and partial over "
        "complete, "
        f"partial, refused, silent and other (RR6). Bounces are left out and shown beside it. {_LEFT} {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR6,
        spread=Spread.CLUSTERED,
        nightly=True,
    ),
    Definition(
        name="response_rate_1",
        label="Response, complete, every bounce as no answer",
        text=f"Complete over all invitations, bounced ones too (RR1). {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR1,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_2",
        label="Response, counting bounces as no answer",
        text=f"Complete and partial over all invitations, bounced ones too (RR2). {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR2,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_3",
        label="Response, complete, bounces by the chance of still being there",
        text="Complete over the invitations that arrived and the bounced ones, each bounced one weighed by how "
        "sure we were "
        f"just before sending that the person was still there, one half where we did not know (RR3). {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR3,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_4",
        label="Response, bounces by the chance of still being there",
        text=f"Complete and partial, bounced ones weighed as in RR3 (RR4). {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR4,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_5",
        label="Response, complete only",
        text=f"Complete over all invitations that arrived (RR5). {DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR5,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="reach",
        label="People heard",
        text=f"People who answered at least once, late or not, of the people reached at least once. {DUE}",
        counts="people",
        owner=Owner.ASKED,
        units=units.reach,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="account_response",
        label="Accounts heard",
        text=f"Accounts with one answer or more, of the accounts reached. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.account_response,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="two_roles_heard",
        label="Accounts heard in two roles",
        text=f"Accounts with answers from two roles or more, of the accounts reached. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.two_roles,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="decision_maker_heard",
        label="Decision maker heard",
        text=f"Accounts whose decision maker answered, of the accounts reached. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.decision_maker,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="arr_heard",
        label="Revenue heard",
        text="Recurring revenue of the accounts with one answer or more, of the revenue of the accounts "
        "reached, as it was "
        f"when they were asked. Accounts whose currency has no rate are left out and named. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.revenue_heard,
    ),
    Definition(
        name="response_target",
        label="Response target met",
        text="Accounts where at least the standard's share of the delivered answered and a decision maker was "
        "heard, of the "
        f"accounts reached. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.response_target,
        spread=Spread.PLAIN,
    ),
)
