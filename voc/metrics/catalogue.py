"""Every figure: name, label, definition in plain words, measure, direction, kind, version; the page of definitions."""

from dataclasses import dataclass
from enum import StrEnum

from voc.metrics import units
from voc.metrics.units import Units

VERSION = 1  # goes up when a formula, a window or a default that nobody has measured changes


class Measure(StrEnum):
    SHARE = "share"  # 0..1, shown as a whole percent
    SCORE = "score"  # -100..100, shown in whole points


class Direction(StrEnum):
    UP = "up"  # more is better
    DOWN = "down"


class Kind(StrEnum):
    """Only process and renewal figures may pay money (3-metrics 0.6, 8a)."""

    PROCESS = "process"
    SENTIMENT = "sentiment"
    STATE = "state"
    RENEWAL = "renewal"


class Owner(StrEnum):
    """Whose figure a fact is, and so which facts a scope counts."""

    ASKED = "asked"  # due invitations, owner frozen when each was sent
    CHAIN = "chain"  # places, owner of the account's latest due invitation, else today's
    TODAY = "today"  # the account as it stands
    FOLLOW_UP = "follow_up"  # the follow-up's own owner


class Spread(StrEnum):
    """Which interval it carries; none where nothing was sampled."""

    NONE = "none"
    PLAIN = "plain"  # Wilson over its own rows
    CLUSTERED = "clustered"  # Wilson, widened because colleagues answer alike
    SCORE = "score"  # adjusted Wald on effective counts
    ACCOUNTS = "accounts"  # t over account scores


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One figure; `counts` is what one row of the denominator is, in the plural."""

    name: str
    label: str
    text: str
    counts: str
    owner: Owner
    units: Units
    direction: Direction = Direction.UP
    kind: Kind = Kind.PROCESS
    spread: Spread = Spread.NONE
    measure: Measure = Measure.SHARE
    nightly: bool = False  # kept each night for accounts too
    version: int = VERSION


_DUE = "Counts invitations whose due date (21 days after sending) lies in the window, under the owner at sending."
_LEFT = "People who left and test addresses are in no rate."
_PLACE = "A place is one role that an account's segment requires; it is filled as far as its holders got."

CATALOGUE: tuple[Definition, ...] = (
    Definition(
        name="participation",
        label="Participation",
        text="Of all places we should hear from, those whose holder answered in time: invited of all, delivered of the "
        f"invited, answered of the delivered. {_PLACE} Inviting friends only, or leaving dead addresses, cannot "
        "raise it.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PARTICIPATION,
        spread=Spread.CLUSTERED,
        nightly=True,
    ),
    Definition(
        name="places_invited",
        label="Places invited",
        text=f"Places with somebody invited, of all places. {_PLACE}",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_INVITED,
    ),
    Definition(
        name="places_delivered",
        label="Places delivered",
        text="Places whose invitation arrived (accepted, and no hard bounce by its due date), of the invited places.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_DELIVERED,
    ),
    Definition(
        name="places_answered",
        label="Places answered",
        text="Places whose holder answered in time, of the places whose invitation arrived.",
        counts="places",
        owner=Owner.CHAIN,
        units=units.PLACES_ANSWERED,
    ),
    Definition(
        name="response_rate",
        label="Response",
        text="Answered in time, in full or in part, of all invitations that arrived: complete and partial over "
        "complete, "
        f"partial, refused, silent and other (RR6). Bounces are left out and shown beside it. {_LEFT} {_DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR6,
        spread=Spread.CLUSTERED,
        nightly=True,
    ),
    Definition(
        name="response_rate_1",
        label="Response, complete, every bounce as no answer",
        text=f"Complete over all invitations, bounced ones too (RR1). {_DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR1,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_2",
        label="Response, counting bounces as no answer",
        text=f"Complete and partial over all invitations, bounced ones too (RR2). {_DUE}",
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
        f"just before sending that the person was still there, one half where we did not know (RR3). {_DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR3,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_4",
        label="Response, bounces by the chance of still being there",
        text=f"Complete and partial, bounced ones weighed as in RR3 (RR4). {_DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR4,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="response_rate_5",
        label="Response, complete only",
        text=f"Complete over all invitations that arrived (RR5). {_DUE}",
        counts="invitations",
        owner=Owner.ASKED,
        units=units.RR5,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="reach",
        label="People heard",
        text=f"People who answered at least once, late or not, of the people reached at least once. {_DUE}",
        counts="people",
        owner=Owner.ASKED,
        units=units.reach,
        spread=Spread.CLUSTERED,
    ),
    Definition(
        name="account_response",
        label="Accounts heard",
        text=f"Accounts with one answer or more, of the accounts reached. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.account_response,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="two_roles_heard",
        label="Accounts heard in two roles",
        text=f"Accounts with answers from two roles or more, of the accounts reached. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.two_roles,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="decision_maker_heard",
        label="Decision maker heard",
        text=f"Accounts whose decision maker answered, of the accounts reached. {_DUE}",
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
        f"when they were asked. Accounts whose currency has no rate are left out and named. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.revenue_heard,
    ),
    Definition(
        name="response_target",
        label="Response target met",
        text="Accounts where at least the standard's share of the delivered answered and a decision maker was "
        "heard, of the "
        f"accounts reached. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.response_target,
        spread=Spread.PLAIN,
    ),
    Definition(
        name="nps_accounts",
        label="Recommend, by account",
        text="Mean of the account scores, one account one vote: promoters (9-10) less detractors (0-6) in each "
        "account, "
        "latest answer of each person. So one large happy account cannot hide five small unhappy ones. "
        f"Approximate, and shown with an interval from 8 accounts on. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.account_scores,
        spread=Spread.ACCOUNTS,
        measure=Measure.SCORE,
        kind=Kind.SENTIMENT,
    ),
    Definition(
        name="nps_people",
        label="Recommend, by person",
        text="Promoters (9-10) less detractors (0-6) of everybody who answered, one person one vote, latest "
        "answer of each. "
        f"Beside it the worst and the best case: every silent person unhappy, or happy. {_DUE}",
        counts="people",
        owner=Owner.ASKED,
        units=units.scores,
        spread=Spread.SCORE,
        measure=Measure.SCORE,
        kind=Kind.SENTIMENT,
        nightly=True,
    ),
    Definition(
        name="nps_money",
        label="Recommend, by revenue",
        text="Mean of the account scores weighed by recurring revenue. Approximate; rests on few large accounts "
        "unless eight "
        f"or more carry it. Accounts whose currency has no rate are left out and named. {_DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.revenue_scores,
        spread=Spread.ACCOUNTS,
        measure=Measure.SCORE,
        kind=Kind.SENTIMENT,
    ),
    Definition(
        name="coverage_fresh",
        label="Coverage, fresh",
        text="Weight of the places with a reachable contact who is still there with a chance of 70% or more, of "
        "the weight of "
        "all places.",
        counts="points",
        owner=Owner.TODAY,
        units=units.coverage_fresh,
        nightly=True,
    ),
    Definition(
        name="coverage_named",
        label="Coverage, named",
        text="Weight of the places with a reachable contact, however long ago the last sign of life, of the "
        "weight of all "
        "places.",
        counts="points",
        owner=Owner.TODAY,
        units=units.coverage_named,
        nightly=True,
    ),
    Definition(
        name="stakeholders_known",
        label="Stakeholders known",
        text="Mean fresh coverage of the accounts, one account one vote.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.known,
    ),
    Definition(
        name="stakeholders_known_arr",
        label="Stakeholders known, by revenue",
        text="Mean fresh coverage of the accounts, weighed by recurring revenue. Accounts whose currency has no "
        "rate are left "
        "out and named.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.known_by_revenue,
    ),
    Definition(
        name="fresh_contacts",
        label="Fresh contacts",
        text="Reachable people in required places who are still there with a chance of 70% or more, of all of "
        "them. Beside it "
        "those whose freshness rests on a CSM's own word alone.",
        counts="people",
        owner=Owner.TODAY,
        units=units.fresh_contacts,
    ),
    Definition(
        name="contact_upkeep",
        label="Contact upkeep",
        text="Places with a fresh contact, or one that was confirmed in the window, of all places.",
        counts="places",
        owner=Owner.TODAY,
        units=units.contact_upkeep,
    ),
    Definition(
        name="identified_promoters",
        label="Identified promoters",
        text="Places whose holder's latest answer in 365 days is 9 or 10, of all places.",
        counts="places",
        owner=Owner.TODAY,
        units=units.identified_promoters,
        kind=Kind.SENTIMENT,
    ),
    Definition(
        name="silent_accounts",
        label="Silent accounts",
        text="Accounts where two people or more were reached, each twice or with the due date 30 days past, and nobody "
        "answered in 180 days; of the accounts asked in 180 days. Accounts not asked or not reachable are gaps in "
        "coverage, never silent.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.silent_accounts,
        direction=Direction.DOWN,
        kind=Kind.STATE,
    ),
    Definition(
        name="silent_arr",
        label="Revenue of silent accounts",
        text="Recurring revenue of the silent accounts, of the revenue of the accounts asked. Accounts whose "
        "currency has no "
        "rate are left out and named.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.silent_revenue,
        direction=Direction.DOWN,
        kind=Kind.STATE,
    ),
    Definition(
        name="invitation_guideline",
        label="Invitation guideline met",
        text="Accounts where every required role has its required number of people invited in the window, of "
        "the accounts "
        "with a census.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.invitation_guideline,
    ),
    Definition(
        name="follow_up_attainment",
        label="Follow-ups in time",
        text="Follow-ups with a first contact by a person within their limit in business hours, of those "
        "contacted or past "
        "the limit. Open ones within their limit stand beside it.",
        counts="follow-ups",
        owner=Owner.FOLLOW_UP,
        units=units.follow_up_attainment,
        spread=Spread.PLAIN,
    ),
)
BY_NAME = {one.name: one for one in CATALOGUE}
