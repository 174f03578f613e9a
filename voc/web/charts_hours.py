"""Mail by the hour: what was sent and what failed in the hours behind us, what is due in those ahead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from voc.web.plot import Frame, drawing, n, text, ticks


@dataclass(frozen=True)
class HourBar:
    """One hour from `at` on; `ahead` says that it is still to come."""

    at: datetime
    sent: int
    failed: int
    due: int
    ahead: bool


def hours(bars: Sequence[HourBar], *, clock: Callable[[datetime], datetime], title: str, description: str) -> Markup:
    """A wide and a narrow drawing; `clock` gives the local time that stands under the bars."""
    wide = Frame(width=1100, height=210, x_high=len(bars), left=46, right=8, top=26, bottom=40)
    half = len(bars) // 4
    inner = bars[half : len(bars) - half]
    narrow = Frame(width=350, height=210, x_high=len(inner), left=40, right=6, top=26, bottom=40)
    return Markup("").join(
        drawing(
            frame,
            _parts(frame, shown, clock),
            name=f"hours-{style}",
            title=title,
            description=description,
            style=style,
        )
        for frame, shown, style in ((wide, bars, "wideonly"), (narrow, inner, "narrow"))
    )


def _parts(frame: Frame, bars: Sequence[HourBar], clock: Callable[[datetime], datetime]) -> list[Markup]:
    most = max([bar.sent + bar.failed + bar.due for bar in bars] + [1])
    now = next((index for index, bar in enumerate(bars) if bar.ahead), len(bars))
    return [
        _grid(frame, most),
        *(_bar(frame, index, bar, most) for index, bar in enumerate(bars)),
        *_days(frame, bars, clock),
        Markup('<path class="k-ink" d="M{} {}V{}"/>').format(n(frame.x(now)), n(frame.top - 8), n(frame.floor)),
        text(frame.x(now) - 6, frame.top - 12, "sent", style="t-acc", anchor="end"),
        text(frame.x(now) + 6, frame.top - 12, "due", style="t-ink"),
    ]


def _grid(frame: Frame, most: int) -> Markup:
    return Markup("").join(
        Markup('<path class="k-line" d="M{} {}H{}"/>{}').format(
            n(frame.left),
            n(frame.y(value / most)),
            n(frame.edge),
            text(frame.left - 6, frame.y(value / most) + 4, f"{value:,.0f}", anchor="end"),
        )
        for value in ticks(0, most)
    )


def _bar(frame: Frame, index: int, bar: HourBar, most: int) -> Markup:
    """Failed stands on top of sent; what is due beside them in a fainter tone."""
    left, width = frame.x(index + 0.12), frame.x(index + 0.88) - frame.x(index + 0.12)
    parts, below = [], 0.0
    for number, tone in ((bar.sent, "f-acc"), (bar.failed, "f-sig"), (bar.due, "f-faint")):
        if number:
            top, foot = frame.y((below + number) / most), frame.y(below / most)
            top = min(top, foot - 1.5)  # one message is seen too
            parts.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    tone, n(left), n(top), n(width), n(foot - top)
                )
            )
            below += number
    return Markup("").join(parts)


def _days(frame: Frame, bars: Sequence[HourBar], clock: Callable[[datetime], datetime]) -> list[Markup]:
    """Noon and midnight; the day's name where it begins."""
    found = [Markup('<path class="k-line2" d="M{} {}H{}"/>').format(n(frame.left), n(frame.floor), n(frame.edge))]
    for index, bar in enumerate(bars):
        local = clock(bar.at)
        if local.hour not in (0, 12):
            continue
        x = frame.x(index)
        found.append(Markup('<path class="k-line2" d="M{} {}v5"/>').format(n(x), n(frame.floor)))
        found.append(text(x, frame.floor + 18, f"{local:%H:00}", anchor="middle"))
        if local.hour == 0 and x < frame.edge - 40:
            found.append(text(x, frame.floor + 34, f"{local:%a} {local.day}", style="t-ink", anchor="middle"))
    return found
