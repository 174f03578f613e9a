"""Stories, references, results, discounts and usage (3-metrics 8a)."""

from voc.metrics.columns.money import proofs as of_all_proofs
from voc.metrics.defined.money.declaring import figure
from voc.metrics.definition import Definition, Direction, Kind, Measure, Spread
from voc.metrics.money import proofs, reckoning

_COUNT = {"measure": Measure.NUMBER, "reckon": reckoning.counted}

PROOFS: tuple[Definition, ...] = (
    figure(
        "success_stories",
        proofs.success_stories,
        of_all_proofs.success_stories,
        label="Success stories confirmed",
        text="Stories that a customer confirmed in the period, under whoever did it.",
        counts="stories",
        nothing="No story was confirmed in this period: import success_story_confirmed.",
        **_COUNT,
    ),
    figure(
        "documents",
        proofs.documents,
        of_all_proofs.documents,
        label="Documentation contributed",
        text="Documents contributed in the period, under whoever did it.",
        counts="documents",
        nothing="No document was contributed in this period: import documentation_contributed.",
        **_COUNT,
    ),
    figure(
        "validated_references",
        proofs.validated_references,
        of_all_proofs.validated_references,
        label="Validated references",
        text="References validated in the period that hold: the customer is one year old or more, its story has a "
        "number, its latest answer is no detractor's and no follow-up is overdue. The others are listed with what "
        "speaks against them.",
        counts="references",
        nothing="No reference was validated in this period: import reference_validated.",
        **_COUNT,
    ),
    figure(
        "referrals_named",
        proofs.referrals_named,
        of_all_proofs.referrals_named,
        label="Referrals taken up",
        text="New people named by respondents who became contacts, per answer of the period.",
        counts="answers",
        nothing="Nobody answered in this period.",
    ),
    figure(
        "customer_stated_value",
        proofs.customer_stated_value,
        of_all_proofs.customer_stated_value,
        label="Results they bought it for",
        text="Answers of 4 or 5 on getting the results they bought it for, of those who answered it. Concessions of "
        "the period are printed beside it: a good word that was bought is none.",
        counts="answers",
        kind=Kind.SENTIMENT,
        spread=Spread.CLUSTERED,
        nothing="Nobody was asked about results in this period.",
    ),
    figure(
        "concessions",
        proofs.concessions,
        of_all_proofs.concessions,
        label="Concessions",
        text="Discounts of the period, from milestones of the kind discount_given. Printed beside the results "
        "customers state.",
        counts="discounts",
        direction=Direction.DOWN,
        kind=Kind.STATE,
        measure=Measure.MONEY,
        reckon=reckoning.counted,
        nothing="No discount came in for this period.",
    ),
    figure(
        "product_usage",
        proofs.product_usage,
        of_all_proofs.product_usage,
        stands=True,
        label="Product usage",
        text="Latest number of the kind product_usage of each account, one account one vote. Under today's owner.",
        counts="accounts",
        kind=Kind.STATE,
        measure=Measure.MEAN,
        nothing="No product usage came in: import product_usage with a number.",
    ),
)
