"""Onboarding (3-metrics 8a)."""

from voc.metrics.columns.money import onboarding as of_all_onboarding
from voc.metrics.defined.money.declaring import MEDIAN_DAYS, OWNER_ON_THE_DAY, figure
from voc.metrics.definition import Definition, Direction, Kind, Measure, Spread
from voc.metrics.money import onboarding

ONBOARDING: tuple[Definition, ...] = (
    figure(
        "onboarding_time",
        onboarding.onboarding_time,
        of_all_onboarding.onboarding_time,
        label="Onboarding time",
        text="Days by which half of the onboardings that began in the period are live. Open ones count at their age "
        f"(Kaplan-Meier); a customer that left before stays open. {OWNER_ON_THE_DAY}",
        counts="onboardings",
        nothing="No onboarding began in this period: import onboarding_started and went_live.",
        **MEDIAN_DAYS,
    ),
    figure(
        "live_in_time",
        onboarding.live_in_time,
        of_all_onboarding.live_in_time,
        label="Live within the standard",
        text="Onboardings live within the standard, of those that are live or past it. Those still within it stand "
        f"beside. {OWNER_ON_THE_DAY}",
        counts="onboardings",
        kind=Kind.RENEWAL,
        spread=Spread.PLAIN,
        nothing="No onboarding of this period is live or past the standard.",
    ),
    figure(
        "time_to_launch",
        onboarding.time_to_launch,
        of_all_onboarding.time_to_launch,
        label="Time to launch",
        text=f"Days from the first deal won to going live, as onboarding time. {OWNER_ON_THE_DAY}",
        counts="first sales",
        nothing="No first deal was won in this period: import opportunities of the kind New Business.",
        **MEDIAN_DAYS,
    ),
    figure(
        "stuck_accounts",
        onboarding.stuck_accounts,
        of_all_onboarding.stuck_accounts,
        stands=True,
        needs_all=True,  # how long a stage usually takes
        label="Stuck in onboarding",
        text="Open stages (waiting to start, going live, training) older than four in five completed ones took in the "
        "same segment, of the open stages. Where fewer than 20 are completed nobody knows what is usual. Under "
        "today's owner.",
        counts="open stages",
        direction=Direction.DOWN,
        spread=Spread.PLAIN,
        nothing="No open stage, or fewer than 20 completed ones to compare with.",
    ),
    figure(
        "revenue_trained_30",
        onboarding.revenue_trained_30,
        of_all_onboarding.revenue_trained_30,
        label="Revenue trained in 30 days",
        text="Recurring revenue of the accounts that completed training within 30 days of the start, of the accounts "
        f"whose 30 days ended in the period. {OWNER_ON_THE_DAY}",
        counts="in revenue",
        rows="onboardings",
        kind=Kind.RENEWAL,
        nothing="No onboarding reached its 30th day in this period.",
    ),
    figure(
        "revenue_trained_90",
        onboarding.revenue_trained_90,
        of_all_onboarding.revenue_trained_90,
        label="Revenue trained in 90 days",
        text="Recurring revenue of the accounts that completed training within 90 days of the start, of the accounts "
        f"whose 90 days ended in the period. {OWNER_ON_THE_DAY}",
        counts="in revenue",
        rows="onboardings",
        kind=Kind.RENEWAL,
        nothing="No onboarding reached its 90th day in this period.",
    ),
    figure(
        "onboarding_rating",
        onboarding.onboarding_rating,
        of_all_onboarding.onboarding_rating,
        label="Onboarding rating",
        text="Mean of 1 to 5 over the questions about the CSM in the onboarding questionnaire, one person one vote, "
        "under the CSM at the onboarding's end.",
        counts="answers",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="Nobody answered the onboarding questionnaire in this period.",
    ),
    figure(
        "training_score",
        onboarding.training_score,
        of_all_onboarding.training_score,
        label="Training score",
        text="Mean of 1 to 5 over the questions about the training in the onboarding questionnaire, and the scores "
        "that came in with training_completed.",
        counts="scores",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No training was scored in this period.",
    ),
)
