"""Charts as SVG, made here: every value goes through `Markup.format`, which escapes it; no style, no script.

A bar stands beside its number and is hidden from screen readers. A chart carries its words in
`aria-label`, and the page gives the same numbers as a table behind it.
"""

from collections.abc import Mapping, Sequence

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
