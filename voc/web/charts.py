"""Charts as SVG, made here: every value goes through `Markup.format`, which escapes it; no style, no script.

A bar stands beside its number and is hidden from screen readers. A chart carries its words in
`aria-label`, and the page gives the same numbers as a table behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.web.charts_score import Part

_EMPTY = Markup("")


def _clamped(share: float | None) -> float:
    return 0.0 if share is None else min(max(share, 0.0), 1.0)


def bar(share: float | None, *, tone: str = "acc", whole: float = 1.0, mark: float | None = None) -> Markup:
    """A track of length `whole` (of 1) filled by `share`; `tone` is acc, ink or sig; `mark` is a limit on it."""
    track = 100 * _clamped(whole)
    line = _EMPTY
    if mark is not None:
        at = 100 * _clamped(mark)
        line = Markup(
            '<rect class="f-sheet" x="{left:.1f}" width="0.8" height="8"/>'
            '<path class="k-ink" vector-effect="non-scaling-stroke" d="M{at:.0f}-2V10"/>'
        ).format(left=at - 0.4, at=at)
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="f-track" width="{track:.1f}" height="8"/>'
        '<rect class="f-{tone}" width="{filled:.1f}" height="8"/>{line}</svg>'
    ).format(track=track, tone=tone, filled=min(100 * _clamped(share), track), line=line)


@dataclass(frozen=True)
class Link:
    """One link of a chain: a count, what it counts, and what fell off before it."""

    name: str
    count: int | None
    lost: str = ""


def chain(links: Sequence[Link], *, label: str) -> Markup:
    """census -> invited -> delivered -> answered; every bar is a share of the first count."""
    whole = links[0].count if links and links[0].count else None
    items = Markup("").join(_chain_link(link, whole) for link in links)
    return Markup('<ol class="chain" aria-label="{label}">{items}</ol>').format(label=label, items=items)


def _chain_link(link: Link, whole: int | None) -> Markup:
    share = link.count / whole if whole and link.count is not None else 0.0
    shown = Markup("–") if link.count is None else f"{link.count:,}"
    return Markup(
        '<li><span class="n">{shown}</span><div class="l">{name}</div>{drawn}<div class="d">{lost}</div></li>'
    ).format(shown=shown, name=link.name, drawn=bar(share), lost=link.lost)


UNIT, GAP, PER_ROW = 13, 4, 17

_UNITS = {
    "heard": Markup('<rect class="f-acc" x="{x}" y="{y}" width="13" height="13" rx="2"/>'),
    "silent": Markup(
        '<rect class="f-none k-ink" stroke-width="1.5" x="{x_in}" y="{y_in}" width="11.5" height="11.5" rx="2"/>'
    ),
    "bounced": Markup('<path class="k-ink" stroke-width="1.8" d="M{x_cross} {y_cross}l9 9m0 -9l-9 9"/>'),
    "empty": Markup(
        '<rect class="f-none k-line2" stroke-dasharray="2 2.2" stroke-width="1.3"'
        ' x="{x_in}" y="{y_in}" width="11.5" height="11.5" rx="2"/>'
    ),
}


def units(*, heard: int, silent: int, bounced: int, empty: int) -> Markup:
    """One square per place, for up to about 60; the sentence beside it carries the numbers."""
    kinds = ["heard"] * heard + ["silent"] * silent + ["bounced"] * bounced + ["empty"] * empty
    step = UNIT + GAP
    drawn = []
    for index, kind in enumerate(kinds):
        x, y = index % PER_ROW * step, index // PER_ROW * step
        drawn.append(_UNITS[kind].format(x=x, y=y, x_in=x + 0.75, y_in=y + 0.75, x_cross=x + 2, y_cross=y + 2))
    rows = -(-len(kinds) // PER_ROW)
    return Markup('<svg width="{w}" height="{h}" viewBox="0 0 {w} {h}" aria-hidden="true">{drawn}</svg>').format(
        w=PER_ROW * step - GAP, h=max(rows * step - GAP, 0), drawn=Markup("").join(drawn)
    )


def spark(
    values: Sequence[float | None], *, low: float, high: float, label: str, standard: float | None = None
) -> Markup:
    """A small line of the same figure over time; gaps stay gaps, the last point is marked."""
    width, height, pad = 120, 28, 3

    def place(index: int, value: float) -> tuple[float, float]:
        across = (width - 2 * pad) * index / max(len(values) - 1, 1)
        up = (height - 2 * pad) * ((value - low) / (high - low) if high > low else 0.5)
        return pad + across, height - pad - up

    path, pen_up = [], True
    for index, value in enumerate(values):
        if value is None:
            pen_up = True
            continue
        x, y = place(index, value)
        path.append(f"{'M' if pen_up else 'L'}{x:.1f} {y:.1f}")
        pen_up = False
    level, dot, told = _EMPTY, _EMPTY, _EMPTY
    if standard is not None:
        _, y = place(0, standard)
        level = Markup('<path class="k-line2" stroke-dasharray="2 3" d="M{a} {y:.1f}H{b}"/>').format(
            a=pad, b=width - pad, y=y
        )
    last = next(((i, v) for i, v in reversed(list(enumerate(values))) if v is not None), None)
    if last is not None:
        x, y = place(*last)
        dot = Markup('<circle class="f-acc" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>').format(x=x, y=y)
        told = Markup('<text x="{x:.1f}" y="{y:.1f}">{last:.0f}</text>').format(
            x=width + 3, y=y + 4, last=100 * last[1]
        )
    return Markup(
        '<svg class="spark" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{level}'
        '<path class="f-none k-acc" stroke-width="1.8" stroke-linejoin="round" d="{path}"/>{dot}{told}</svg>'
    ).format(w=width + 24, h=height, label=label, level=level, path=" ".join(path), dot=dot, told=told)


def parts(seven: Sequence[Part], reasons: Mapping[str, str]) -> Markup:
    """Seven tracks under each other, each as long as its points, with the reason of each by its name."""
    longest = max((part.most for part in seven), default=1.0)
    rows = Markup("").join(
        Markup(
            '<div class="part"><dt>{name}</dt><dd>{drawn}<span class="p"><b>{points:.1f}</b> of {most:.0f}</span>'
            '<span class="why">{why}</span></dd></div>'
        ).format(
            name=part.name,
            drawn=bar(part.points / longest, whole=part.most / longest),
            points=part.points,
            most=part.most,
            why=reasons.get(part.name, ""),
        )
        for part in seven
    )
    return Markup('<dl class="parts">{rows}</dl>').format(rows=rows)
