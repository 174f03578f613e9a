"""Recurring revenue by state, as a bar and as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.base.words import AccountState
from voc.metrics.board import Board, StateLine
from voc.web import view
from voc.web.figure_view import Asking
from voc.web.parts import Mark

MEANS: Mapping[AccountState, tuple[str, str]] = {
    AccountState.HEARD: ("one answer or more", "heard"),
    AccountState.SILENT: ("asked, reached, nobody answered", "silent"),
    AccountState.NOT_ASKED: ("ours to mend: nobody was invited", "not_asked"),
    AccountState.QUIET: ("not asked enough to call it silence", "quiet"),
    AccountState.UNREACHABLE: ("every mail bounced", "other"),
    AccountState.ALL_OPTED_OUT: ("all asked never to be asked again", "other"),
    AccountState.IN_FLIGHT: ("nothing is due yet", "rest"),
    AccountState.IN_CONFIDENCE: ("asked in confidence: shown to nobody", "rest"),
    AccountState.TOO_NEW: ("customers under 90 days", "rest"),
}
_TONES = {
    "heard": "f-acc",
    "silent": "f-sig",
    "not_asked": "hatch",
    "quiet": "f-ink",
    "other": "f-faint k-ink",
    "rest": "f-track k-ink",
}

LEAST_FOR_PERCENT = 5  # accounts in all; of fewer only counts are told


@dataclass(frozen=True)
class State:
    name: str
    swatch: Markup
    revenue: str
    share: str
    accounts: str
    means: str
    style: str
    part: float
    mark: Mark | None


def revenue_heading(found: Board, money: float) -> str:
    accounts = view.count(sum(one.accounts for one in found.states), "account")
    told = f"Recurring revenue by state, {view.money(money, found.currency)} in {accounts}"
    if found.without_rate:
        told += f"; {len(found.without_rate)} without an exchange rate left out"
    return told


def state_of(one: StateLine, money: float, found: Board, asking: Asking) -> State:
    (means, style), currency = MEANS[one.state], found.currency
    silent = next((line.now for line in found.six if line.now.name == "silent_accounts"), None)
    return State(
        name=view.word(one.state),
        swatch=_swatch(style),
        revenue=view.money(one.arr, currency),
        share=_share(one.arr, money) if sum(line.accounts for line in found.states) >= LEAST_FOR_PERCENT else view.DASH,
        accounts=view.number(one.accounts),
        means=means,
        style=style,
        part=one.arr / money if money else 0.0,
        mark=None if silent is None else _of_state(one, asking.rows(silent, label=one.state.value)),
    )


def _share(arr: float, money: float) -> str:
    """Whole percent; what is there is never shown as none."""
    if not money:
        return view.DASH
    return "under 1%" if 0 < arr / money < 0.005 else view.percent(arr / money)


def _of_state(one: StateLine, rows: str) -> Mark:
    return Mark(f"silent_accounts:{one.state.value}", one.accounts, one.accounts, rows)


def _swatch(style: str) -> Markup:
    if style == "not_asked":
        inner = Markup(
            '<rect class="k-ink f-none" x=".5" y=".5" width="11" height="11"/>'
            '<path class="k-ink" stroke-width="1.6" d="M1 7l6-6M3 11l8-8M8 11l3-3"/>'
        )
    else:
        inner = Markup('<rect class="{} k-ink" stroke-width=".6" width="12" height="12"/>').format(_TONES[style])
    return Markup('<svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{}</svg>').format(inner)


def bar_of(states: Sequence[StateLine], money: float, currency: str) -> Markup:
    """Hatched where nobody asked: told apart without colour too."""
    if money <= 0:
        return Markup("")
    words = ", ".join(f"{view.low_word(one.state)} {view.money(one.arr, currency)}" for one in states)
    x, parts = 0.0, []
    for one in states:
        width = 700 * one.arr / money
        style = MEANS[one.state][1]
        wide = max(width - 2, 0.5)
        if style == "not_asked":
            parts.append(
                Markup(
                    '<rect class="k-ink f-none" x="{a:.1f}" width="{w:.1f}" y=".5" height="27"/>'
                    '<rect fill="url(#hatch)" x="{a:.1f}" width="{w:.1f}" height="28"/>'
                ).format(a=x, w=wide)
            )
        else:
            parts.append(
                Markup('<rect class="{}" x="{:.1f}" width="{:.1f}" height="28"/>').format(_TONES[style], x, wide)
            )
        x += width
    return Markup(
        '<svg class="revbar" viewBox="0 0 700 28" preserveAspectRatio="none" height="28" width="100%" role="img"'
        ' aria-label="Recurring revenue by state: {words}."><defs><pattern id="hatch" width="6" height="6"'
        ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="k-ink" stroke-width="2" d="M0 0V6"/>'
        "</pattern></defs>{parts}</svg>"
    ).format(words=words, parts=Markup("").join(parts))
