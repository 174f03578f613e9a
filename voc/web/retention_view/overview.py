"""The page as a whole, and what it says beside its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voc.metrics import wording
from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import Shown
from voc.metrics.money.compared import Comparison
from voc.metrics.money.page import RetentionPage
from voc.web import view
from voc.web.engagement_view import Wanted
from voc.web.parts import Card, Choice, Link, files
from voc.web.retention_view.ahead import GoalRow, OpenRow, goal_row, open_row, open_words
from voc.web.retention_view.cards import card_of, expansion_of
from voc.web.retention_view.table import COLUMNS, Row, row_of

INFLUENCED = (
    "Influenced, not owned: churn has many parents (price, product, a merger), and a CSM is one of them. A renewal "
    "stands under whoever owned the account 90 days before the decision, or at the notice date if that is earlier."
)


@dataclass(frozen=True)
class Page:
    heading: str
    lede: str
    filters: Sequence[Choice]
    as_of: str
    today: str
    renewals: Sequence[Card]
    growth: Sequence[Card]
    onboarding: Sequence[Card]
    table_heading: str
    table_links: Sequence[Link]
    standard: str
    heads: Sequence[str]
    rows: Sequence[Row]
    total: Row
    footer: str
    notes: Sequence[str]
    open_words: str
    open: Sequence[OpenRow]
    without: Sequence[tuple[str, str, str]]
    without_words: str
    goals: Sequence[GoalRow]
    missing: Sequence[tuple[str, str]]


def page(
    found: RetentionPage,
    *,
    wanted: Wanted,
    filters: Sequence[Choice],
    heading: str,
    own_csm_id: str | None,
    today: date,
) -> Page:
    asking = wanted.asking
    several = len(found.lines) > 1
    return Page(
        heading=heading,
        lede=_lede(found),
        filters=filters,
        as_of=found.window.to_on.isoformat(),
        today=today.isoformat(),
        renewals=[
            card_of(found, wanted, name)
            for name in ("customer_churn", "revenue_churn", "grr", "nrr", "on_time_renewal", "renewal_confirmed_90")
        ],
        growth=[expansion_of(found, wanted), card_of(found, wanted, "net_profitability")],
        onboarding=[
            card_of(found, wanted, name)
            for name in (
                "onboarding_rating",
                "onboarding_time",
                "time_to_launch",
                "live_in_time",
                "stuck_accounts",
                "revenue_trained_30",
                "revenue_trained_90",
                "training_score",
            )
        ],
        table_heading="By CSM, in alphabetical order" if several else "Your book",
        table_links=files(wanted.address("/retention/by-csm"), "of the table"),
        standard=view.percent(found.compared.standard),
        heads=[head for head, _ in COLUMNS],
        rows=[
            row_of(one, found, asking, own=one.id == own_csm_id, kept=found.compared.by_csm.get(one.id))
            for one in found.lines
        ],
        total=row_of(found.whole, found, asking, own=False, kept=None),
        footer=_footer(found.compared),
        notes=_notes(found),
        open_words=open_words(found),
        open=[open_row(one, found, today) for one in found.open],
        without=_without(found),
        without_words=f"Net retention with everybody: {wording.value(found.whole.figures['nrr'])}.",
        goals=[goal_row(one, found) for one in found.goals],
        missing=_missing(found),
    )


def _lede(found: RetentionPage) -> str:
    decided = found.whole.figures["customer_churn"]
    waiting = decided.parts.get("not_decided", 0)
    told = f"{view.count(round(decided.denominator or 0), 'renewal')} decided in the {found.window.days} days to "
    told += f"{view.day(found.window.to_on)}."
    if waiting:
        told += f" {view.count(waiting, 'more is', 'more are')} not decided yet."
    return told if found.kept_on is None else f"{told} As of last night."


def _footer(compared: Comparison) -> str:
    if not compared.compared:
        return INFLUENCED
    outside = f"{view.number(compared.expected_outside, 1)} of {compared.compared}"
    return f"{INFLUENCED} Expected by chance on this page: about {outside} outside the inner lines."


def _notes(found: RetentionPage) -> list[str]:
    notes = [
        "Customers kept are compared from 10 renewals in 3 accounts on; gross and net retention are never compared: "
        "one large account decides them. Under 8 renewals only counts are told.",
        "Lost is a renewal that was decided and lost. Who is no customer any more by the CRM’s word counts here only "
        "if a renewal was decided, on the day of that decision.",
    ]
    if found.inherited:
        words = view.count(found.inherited, "renewal counts", "renewals count")
        notes.append(
            f"{words} for the team and no CSM: who owned the account 90 days before is not known, because we had not "
            "read the CRM then."
        )
    return notes


def _without(found: RetentionPage) -> list[tuple[str, str, str]]:
    if found.whole.figures["nrr"].shown in (Shown.REASON, Shown.COUNTS):
        return []
    return [(one.name, "account" if one.kind == "account" else "CSM", view.percent(one.value)) for one in found.without]


_IMPORTS: Mapping[str, str] = {
    "onboarding_time": "onboarding_started and went_live",
    "time_to_launch": "opportunities of the type New Business, and went_live",
    "revenue_trained_90": "onboarding_started and training_completed",
    "training_score": "training_completed with the score, 1 to 5, as its value",
    "net_profitability": "cost_service and the other costs with the amount as their value, and set the gross margin "
    "under Settings › Standards",
}


def _missing(found: RetentionPage) -> list[tuple[str, str]]:
    """What cannot be told, why, and what would bring it."""
    missing = []
    for name, figure in found.whole.figures.items():
        if figure.shown != Shown.REASON:
            continue
        bring = _IMPORTS.get(name)
        reason = (figure.reason or "").split(": import")[0].rstrip(".") + "."
        missing.append((BY_NAME[name].label, f"{reason} Import {bring}." if bring else reason))
    no_day = found.whole.figures["on_time_renewal"].parts.get("no_due_date", 0)
    if no_day:
        words = (
            f"{view.count(no_day, 'renewal')} decided without a renewal date on the account: not counted as in time."
        )
        missing.append(("Renewed on time", words))
    return missing
