"""What CSMs do for what is known (3-metrics 8a)."""

from voc.metrics.columns.money import proofs as of_all_proofs
from voc.metrics.defined.money.declaring import SUBJECT
from voc.metrics.definition import Definition, Owner
from voc.metrics.money import upkeep

UPKEEP: tuple[Definition, ...] = (
    Definition(
        name="voc_contribution",
        label="VOC contribution",
        text="Accounts where in the period a place was filled or confirmed, an answer came in or a follow-up was "
        "closed; of the accounts where any of it was due: a place without a fresh contact, somebody asked, a "
        "follow-up open. A scorecard asks it of one month. Under today's owner.",
        counts="accounts",
        owner=Owner.TODAY,
        units=upkeep.voc_contribution,
        nothing="Nothing was due at any account.",
    ),
    Definition(
        name="crm_upkeep",
        needs_all=True,  # its rows are weeks, of no account
        label="CRM upkeep by week",
        text="Weeks in which no problem of the sync was left open for over 7 days and every suggestion was decided "
        "within 7 days, of the whole weeks of the period in which the CRM was read. Under the owner at the end of "
        "the week.",
        counts="weeks",
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=lambda ledger: upkeep.crm_upkeep(ledger.weeks),
        columns=of_all_proofs.crm_upkeep,
        nothing="The CRM was not read for a whole week in this period.",
    ),
)
