"""The six figures on top."""

from collections.abc import Mapping
from dataclasses import replace

from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.model import Figure, Shown
from voc.metrics.pages import ScopeFigures
from voc.web import figure_view, view
from voc.web.engagement_view.chain import LEAST_FOR_A_SHARE
from voc.web.figure_view import Asking
from voc.web.parts import Card, Told


def figure_cards(whole: ScopeFigures, asking: Asking, currency: str) -> list[Card]:
    found = whole.figures
    response, pending = found["response_rate"], found["follow_up_attainment"].parts.get("pending", 0)
    named, own_word = found["coverage_named"], found["fresh_contacts"].parts.get("own_word", 0)
    return [
        figure_view.card(
            response,
            asking,
            of=f"{wording.counts(response)} answered",
            beside=_bounces(response, found["response_rate_2"], asking) if response.counted else [],
        ),
        figure_view.card(
            found["coverage_fresh"],
            asking,
            beside=[Told(f"named {wording.value(named)}, {wording.counts(named)}", figure_view.mark(named, asking))],
        ),
        figure_view.card(
            found["fresh_contacts"],
            asking,
            beside=figure_view.part_told(
                found["fresh_contacts"],
                asking,
                "own_word",
                f"{view.count(own_word, 'rests', 'rest')} on a CSM’s own word alone",
            ),
        ),
        figure_view.card(found["identified_promoters"], asking, notes=["latest answer 9 or 10, 365 days"]),
        silent_card(found, asking, currency),
        figure_view.card(
            found["follow_up_attainment"],
            asking,
            of=f"{wording.counts(found['follow_up_attainment'])} due",
            beside=figure_view.part_told(
                found["follow_up_attainment"],
                asking,
                "pending",
                f"{pending} more {'is' if pending == 1 else 'are'} open within the limit",
            ),
        ),
    ]


def _bounces(rate: Figure, strict: Figure, asking: Asking) -> list[Told]:
    """Printed with the response, always: bounces, and the rate with them as no answer."""
    bounced, counting = wording.bounces(rate, strict)
    found = figure_view.part_told(rate, asking, "unknown", bounced) or [Told(bounced)]
    return [*found, Told(counting, figure_view.mark(strict, asking))] if counting else found


def more_cards(whole: ScopeFigures, asking: Asking, currency: str) -> list[Card]:
    """Four questions that one response rate would mix up, and the score in its three totals."""
    found = whole.figures
    # Of one book the accounts lead: one large happy account cannot hide five small unhappy ones.
    totals = ("nps_people", "nps_accounts", "nps_money")
    totals = ("nps_accounts", "nps_people", "nps_money") if whole.scope == Scope.CSM else totals
    shares = (
        *("reach", "account_response", "decision_maker_heard", "two_roles_heard"),
        *("invitation_guideline", "response_target", "contact_upkeep"),
    )
    return [
        _money_card(found["arr_heard"], asking, currency),
        *(figure_view.card(found[name], asking) for name in shares),
        *(_score_card(found[name], asking) for name in totals),
    ]


def _money_card(figure: Figure, asking: Asking, currency: str) -> Card:
    money = f"{view.money(figure.numerator, currency)} of {view.money(figure.denominator, currency)}"
    told = f"{money}, {view.of(figure.parts.get('heard', 0), figure.counted)} accounts"
    return figure_view.card(figure, asking, of=told if figure.shown != Shown.REASON else "")


def _score_card(figure: Figure, asking: Asking) -> Card:
    notes = [one for one in (wording.few_accounts(figure), wording.everybody(figure)) if one]
    return figure_view.card(figure, asking, of=wording.counts(figure), notes=notes)


def silent_card(found: Mapping[str, Figure], asking: Asking, currency: str) -> Card:
    """The count stands large: a share of accounts says less than which they are."""
    silent, revenue = found["silent_accounts"], found["silent_arr"]
    gaps = [
        told
        for label, words in (
            ("not_asked", "not asked, a gap in coverage"),
            ("unreachable", "unreachable, a gap in coverage"),
        )
        for told in figure_view.part_told(silent, asking, label, f"{silent.parts.get(label, 0)} {words}")
    ]
    if silent.shown == Shown.REASON:
        return replace(figure_view.card(silent, asking), note="", beside=gaps)
    money = f"with {view.money(revenue.numerator, currency)}" if revenue.numerator else "no revenue known"
    with_money = [Told(money, figure_view.mark(revenue, asking))] if silent.numerator else []
    share = view.percent(silent.value) if silent.counted >= LEAST_FOR_A_SHARE else ""
    return Card(
        name="Silent accounts",
        value=view.number(silent.numerator),
        unit=f"of {view.number(silent.denominator)} asked",
        of=share,
        note="",
        links=figure_view.links(silent, asking),
        mark=figure_view.mark(silent, asking),
        beside=[*with_money, *gaps],
    )
