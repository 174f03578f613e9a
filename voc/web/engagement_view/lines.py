"""The table: one line for each CSM and one for the whole."""

from collections.abc import Mapping

from markupsafe import Markup

from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.compare import Comparison
from voc.metrics.model import Figure, Shown
from voc.metrics.pages import Engagement, ScopeFigures
from voc.web import figure_view, view
from voc.web.engagement_view.chain import chain_counts
from voc.web.engagement_view.parts import Row, Wanted
from voc.web.engagement_view.trend import trend_of
from voc.web.figure_view import Asking, Cell


def csm_row(one: ScopeFigures, found: Engagement, wanted: Wanted, *, own: bool) -> Row:
    comparison = one.comparison
    return _line(
        one,
        wanted.asking,
        currency=found.currency,
        href=wanted.address(csm=one.id),
        own=own,
        standing=_standing(comparison),
        against_standard=standard_words(one),
        against_team=(wording.against_team(comparison, found.comparisons) or "") if comparison else "",
        beyond=comparison is not None and comparison.beyond and below_team(comparison),
        trend=trend_of(one, found),
    )


def total_name(one: ScopeFigures) -> str:
    return "All" if one.scope != Scope.CSM else one.name


def total_row(one: ScopeFigures, found: Engagement, asking: Asking) -> Row:
    figure = one.figures["response_rate"]
    span = figure_view.span(figure)
    return _line(
        one,
        asking,
        currency=found.currency,
        name=total_name(one),
        against_standard=against_all(figure, found.comparisons.standard),
        against_team=f"{span}, widened because colleagues answer alike" if span else "",
    )


def _line(
    one: ScopeFigures,
    asking: Asking,
    *,
    currency: str,
    against_standard: str,
    against_team: str,
    name: str | None = None,
    href: str = "",
    own: bool = False,
    standing: str = "",
    beyond: bool = False,
    trend: tuple[Markup | None, str] = (None, ""),
) -> Row:
    census, invited, delivered, answered = chain_counts(one.figures)
    figures, who = one.figures, name or one.name
    response = figures["response_rate"]
    return Row(
        name=who,
        href=href,
        accounts=view.count(one.accounts, "account") if one.accounts else "no account now",
        own=own,
        chain=[view.number(count) for count in (census, invited, delivered, answered)] if census else [],
        chain_mark=figure_view.mark(figures["participation"], asking),
        delivered=delivered / census if census else 0.0,
        answered=answered / census if census else 0.0,
        response=figure_view.cell(response, asking, who=who),
        standing=standing,
        against_standard=against_standard,
        against_team=against_team,
        beyond=beyond,
        trend=trend[0],
        no_trend=trend[1],
        coverage=figure_view.cell(figures["coverage_fresh"], asking, who=who),
        fresh=figure_view.cell(figures["fresh_contacts"], asking, who=who),
        promoters=figure_view.cell(figures["identified_promoters"], asking, who=who),
        silent=_silent_cell(figures, asking, currency, who),
        in_time=figure_view.cell(figures["follow_up_attainment"], asking, who=who),
    )


def _silent_cell(figures: Mapping[str, Figure], asking: Asking, currency: str, who: str) -> Cell:
    silent, revenue = figures["silent_accounts"], figures["silent_arr"]
    href, marked = asking.rows(silent), figure_view.mark(silent, asking)
    if silent.shown == Shown.REASON:
        return Cell("none asked", "", href, f"Silent accounts, {who}", marked)
    money = view.money(revenue.numerator, currency) if revenue.numerator else ("none" if not silent.numerator else "")
    return Cell(wording.counts(silent), money, href, f"Silent accounts, {who}", marked)


def _standing(comparison: Comparison | None) -> str:
    return comparison.standard if comparison and comparison.standard in ("meets", "below") else ""


def standard_words(one: ScopeFigures) -> str:
    told = wording.against_standard(one.comparison) if one.comparison else "Nobody was asked in this period."
    late = f" {view.count(one.inherited, 'invitation')} after a hand-over count for the team." if one.inherited else ""
    return f"{told}{late}"


def against_all(figure: Figure, standard: float) -> str:
    if figure.interval is None:
        return ""
    if figure.interval.low >= standard:
        return wording.STANDARD["meets"]
    return wording.STANDARD["below" if figure.interval.high < standard else "not_shown"]


def below_team(comparison: Comparison) -> bool:
    rate = comparison.team_rate
    return rate is not None and comparison.answered < rate * comparison.invitations
