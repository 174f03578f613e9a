"""Meetings, reviews and calls, and what they were worth (3-metrics 8a)."""

from voc.metrics.columns.money import contacts as of_all_contacts
from voc.metrics.defined.money.declaring import SHARED_BY_DAYS, SUBJECT, figure
from voc.metrics.definition import Definition, Kind, Measure, Owner, Spread
from voc.metrics.money import contacts

CONTACTS: tuple[Definition, ...] = (
    figure(
        "activity",
        contacts.activity,
        of_all_contacts.activity,
        label="Meetings per account and quarter",
        text="Meetings, calls and reviews logged, per account and quarter. Always read beside “Meetings valued”: how "
        f"many says nothing of what they were worth. {SHARED_BY_DAYS}",
        counts="accounts",
        measure=Measure.MEAN,
        nothing="No account was owned in this period.",
    ),
    figure(
        "meetings_valued",
        contacts.meetings_valued,
        of_all_contacts.meetings_valued,
        label="Meetings valued",
        text="Answers of 4 or 5 to the pulse or after a review, of those given within 90 days of a human contact.",
        counts="answers",
        kind=Kind.SENTIMENT,
        spread=Spread.PLAIN,
        nothing="No pulse or post-review answer followed a meeting in this period.",
    ),
    figure(
        "business_reviews_held",
        contacts.business_reviews_held,
        of_all_contacts.business_reviews_held,
        stands=True,
        label="Business reviews held",
        text="Accounts with a review in the last 180 days, of the accounts whose segment requires one. Under today's "
        "owner.",
        counts="accounts",
        nothing="No account is in a segment that requires a review.",
    ),
    figure(
        "call_quality",
        contacts.call_quality,
        of_all_contacts.call_quality,
        label="Call quality",
        text="Mean of the call reviews of the period, 1 to 5 over the questions of the template. From 5 reviews on.",
        counts="call reviews",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No call was reviewed in this period.",
    ),
    figure(
        "hand_over_quality",
        contacts.hand_over_quality,
        of_all_contacts.hand_over_quality,
        label="Hand-over quality",
        text="Mean of what colleagues said of the accounts that came to them in the period, 1 to 5 over the "
        "questions of the template, under whoever handed over. From 5 reviews on.",
        counts="hand-over reviews",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No hand-over was reviewed in this period.",
    ),
    Definition(
        name="activity_x_quality",
        label="Activity × quality",
        text="Activity against its standard times call quality against its standard, each at most 1.5; 1 is both in "
        "full. Calls tell from 5 reviews on. Printed beside the outcome (net retention, recovery), never merged into "
        "one rank. Of a team: the mean of its CSMs.",
        counts="CSMs",
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=lambda ledger: contacts.activity_x_quality(ledger.clients, ledger.terms),
        columns=of_all_contacts.activity_x_quality,
        kind=Kind.MIXED,
        measure=Measure.MEAN,
        nothing="Activity or call reviews are missing in this period.",
    ),
)
