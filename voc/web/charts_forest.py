"""Bars of the forest: a share with the interval it lies in. Each stands beside its number."""

import textwrap
from collections.abc import Sequence

from markupsafe import Markup

from voc.web.plot import Frame, drawing, n, text


def share_bar(share: float, low: float, high: float, *, most: float) -> Markup:
    """A bar as long as the share, a line from `low` to `high` through its end; `most` is the longest of the table."""
    scale = 100 / most if most > 0 else 0.0
    return Markup(
        '<svg class="bar wide" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="f-track" y="3" width="100" height="8"/>'
        '<rect class="f-acc" y="3" width="{}" height="8"/>'
        '<path class="k-sheet f-none" vector-effect="non-scaling-stroke" stroke-width="1.5" d="M{} 7H{}M{} 4.5V9.5"/>'
        '<path class="k-ink f-none" vector-effect="non-scaling-stroke" stroke-width="1.5" d="M{} 7H{}M{} 3V11"/>'
        "</svg>"
    ).format(*(n(one * scale) for one in (share, low, share, low, share, high, high)))


def interval_rows(
    rows: Sequence[tuple[str, float, float | None, float | None]], *, title: str, description: str
) -> Markup:
    """(name, correlation, low, high): a point with its interval on -1..1, a wide and a narrow drawing."""
    return Markup("").join(
        _intervals(rows, width=width, left=left, style=style, title=title, description=description)
        for width, left, style in ((760, 230, "wideonly"), (350, 132, "narrow"))
    )


_ROW = 34


def _intervals(
    rows: Sequence[tuple[str, float, float | None, float | None]],
    *,
    width: float,
    left: float,
    style: str,
    title: str,
    description: str,
) -> Markup:
    height = _ROW * len(rows) + 52
    frame = Frame(width=width, height=height, x_low=-1, x_high=1, left=left, right=14, top=10, bottom=40)
    parts = [
        Markup('<path class="{}" d="M{} {}V{}"/>').format(
            "k-line2" if at == 0 else "k-line", n(frame.x(at)), n(frame.top), n(frame.floor)
        )
        + text(frame.x(at), frame.floor + 18, f"{at:+g}".replace("-", "−") if at else "0", anchor="middle")
        for at in (-1, -0.5, 0, 0.5, 1)
    ]
    parts.append(text(frame.x(0), frame.floor + 34, "goes with a lower or a higher score", anchor="middle"))
    for place, (name, r, low, high) in enumerate(rows):
        y = frame.top + _ROW * (place + 0.5)
        parts += _label(name, x=left - 10, y=y, room=left)
        if low is not None and high is not None:
            parts.append(
                Markup('<path class="k-ink f-none" stroke-width="1.6" d="M{} {}H{}"/>').format(
                    n(frame.x(low)), n(y), n(frame.x(high))
                )
            )
        parts.append(Markup('<circle class="f-acc" cx="{}" cy="{}" r="4.5"/>').format(n(frame.x(r)), n(y)))
    return drawing(frame, parts, name=f"drivers-{style}", title=title, description=description, style=style)


def _label(name: str, *, x: float, y: float, room: float) -> list[Markup]:
    """The name before its line, on two lines where one is too short."""
    most = int((room - 14) / 6.8)
    lines = textwrap.wrap(name, most, max_lines=2, placeholder="…")
    first = y + 4 - 7 * (len(lines) - 1)
    return [text(x, first + 14 * place, one, style="t-ink", anchor="end") for place, one in enumerate(lines)]
