"""Three totals of the recommend score, three questions (3-metrics 3.5)."""

from voc.metrics import units
from voc.metrics.definition import DUE, Definition, Kind, Measure, Owner, Spread

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="nps_accounts",
        label="Recommend, by account",
        text="Mean of the account scores, one account one vote: promoters (9-10) less detractors (0-6) in each "
        "account, "
        "latest answer of each person. So one large happy account cannot hide five small unhappy ones. "
        f"Approximate, and shown with an interval from 8 accounts on. {DUE}",
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
        f"Beside it the worst and the best case: every silent person unhappy, or happy. {DUE}",
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
        f"or more carry it. Accounts whose currency has no rate are left out and named. {DUE}",
        counts="accounts",
        owner=Owner.ASKED,
        units=units.revenue_scores,
        spread=Spread.ACCOUNTS,
        measure=Measure.SCORE,
        kind=Kind.SENTIMENT,
    ),
)
