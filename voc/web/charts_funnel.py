"""The funnel: each book's share against one line, with the room that chance needs at its size (3-metrics 2.3).

The lines are for reading; the words are decided elsewhere by the exact chance of each book.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.web.plot import TEXT_HEIGHT, TEXT_WIDTH, Box, Frame, drawing, line, n, share_grid, text, ticks, x_axis

DRAWN_FROM = 10.0  # effective invitations: under that the lines mean nothing
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_REACH = 6.0  # half of a mark

Limits = Callable[[float, int], Sequence[float]]


@dataclass(frozen=True)
class Book:
    """One CSM's invitations; `effective` is their number less what colleagues answering alike takes away.

    `low` marks a book that is below the line by more than chance: the one thing drawn in the signal.
    """

    name: str
    answered: int
    asked: int
    effective: float
    low: bool = False
    nameless: bool = False  # somebody else's book, to whom it is nobody's business whose

    @property
    def share(self) -> float:
        return self.answered / self.asked


def funnel(
    books: Sequence[Book],
    *,
    line_at: float,
    line_name: str,
    limits: Limits,
    title: str,
    other: tuple[float, str] | None = None,
) -> Markup:
    """A wide and a narrow drawing of the same books; the page shows the one that fits.

    `limits(n, k)` gives low and high at k sigma for n effective invitations. Books with fewer than
    ten effective invitations are left out; an empty Markup if none is left. `other` is a second line
    (the team beside the standard) without limits.
    """
    drawn = [book for book in books if book.effective >= DRAWN_FROM]
    if not drawn:
        return Markup("")
    high = max(book.effective for book in drawn) * 1.15
    first_names = _first_names(drawn)
    words = _description(drawn, line_name)
    wide = Frame(width=860, height=400, x_low=5, x_high=high, bottom=40)
    narrow = Frame(width=350, height=340, x_low=5, x_high=high, bottom=40)
    return Markup("").join(
        drawing(
            frame,
            [*_plane(frame, line_at, line_name, limits, other), *_marks(frame, drawn, names, line_at)],
            name=f"funnel-{style}",
            title=title,
            description=words,
            style=style,
        )
        for frame, names, style in ((wide, [b.name for b in drawn], "wideonly"), (narrow, first_names, "narrow"))
    )


def _first_names(books: Sequence[Book]) -> list[str]:
    """First names where they are enough to tell people apart: a phone has no room for more."""
    firsts = [book.name.split()[0] if book.name else "" for book in books]
    return [first if firsts.count(first) == 1 else book.name for book, first in zip(books, firsts, strict=True)]


def _description(books: Sequence[Book], line_name: str) -> str:
    low = [book for book in books if book.low and not book.nameless]
    told = "".join(f" {book.name}, {book.answered} of {book.asked}, lies below by more than chance." for book in low)
    return f"{len(books)} books by effective invitations, against {line_name}.{told} The table below has every number."


def _plane(
    frame: Frame, line_at: float, line_name: str, limits: Limits, other: tuple[float, str] | None
) -> list[Markup]:
    parts = [
        share_grid(frame, _SHARES),
        x_axis(frame, ticks(DRAWN_FROM, frame.x_high), "effective invitations (colleagues answer alike)"),
    ]
    for sigma, chance, dashes in ((2, "1 in 22", ""), (3, "1 in 370", "4 3")):
        low, high = _limit_lines(frame, limits, sigma)
        parts += [line(low, style="k-line2", width=1.2, dashes=dashes)]
        parts += [line(high, style="k-line2", width=1.2, dashes=dashes)]
        parts += [text(frame.edge, high[-1][1] - 6, chance, anchor="end")]
    at = frame.y(line_at)
    parts += [line([(frame.left, at), (frame.edge, at)], style="k-ink", width=1.5)]
    parts += [text(frame.left + 6, at - 6, line_name, style="halo t-ink")]
    if other is not None and abs(other[0] - line_at) > 0.005:
        share, name = other
        beside = frame.y(share)
        parts += [line([(frame.left, beside), (frame.edge, beside)], style="k-acc", width=1.2, dashes="1 3")]
        # On the side away from the first line, where there is room.
        parts += [text(frame.left + 6, beside + (14 if share < line_at else -6), name, style="halo t-acc")]
    return parts


def _limit_lines(frame: Frame, limits: Limits, sigma: int) -> tuple[list[tuple[float, float]], ...]:
    steps = 60
    span = frame.x_high - DRAWN_FROM
    sizes = [DRAWN_FROM + span * step / steps for step in range(steps + 1)]
    pairs = [limits(size, sigma) for size in sizes]
    return tuple(
        [(frame.x(size), frame.y(pair[side])) for size, pair in zip(sizes, pairs, strict=True)] for side in (0, 1)
    )


def _marks(frame: Frame, books: Sequence[Book], names: Sequence[str], line_at: float) -> list[Markup]:
    """Marks, then their labels where there is room: those below the line first, the others while it lasts."""
    centres = [(frame.x(book.effective), frame.y(book.share)) for book in books]
    taken = [Box(x - _REACH, y - _REACH, x + _REACH, y + _REACH) for x, y in centres]
    at = frame.y(line_at)
    taken += [Box(frame.left, at - 18, frame.left + 90, at - 2), Box(frame.left, at - 1, frame.edge, at + 1)]
    labels = []
    order = sorted(range(len(books)), key=lambda i: (not books[i].low, -abs(books[i].share - line_at), i))
    for i in order:
        if books[i].nameless:
            continue
        words = f"{names[i]} {books[i].answered}/{books[i].asked}"
        spot = _room_for(words, centres[i], frame, taken)
        if spot is None:
            continue
        x, y, anchor, box = spot
        taken.append(box)
        labels.append(text(x, y, words, style="halo t-sig" if books[i].low else "halo t-ink", anchor=anchor))
    return [_mark(centre, book) for centre, book in zip(centres, books, strict=True)] + labels


def _mark(centre: tuple[float, float], book: Book) -> Markup:
    x, y = centre
    if book.nameless:
        return Markup('<circle class="f-sheet k-line2" stroke-width="1.4" cx="{}" cy="{}" r="4"/>').format(n(x), n(y))
    low = book.low
    if low:
        return Markup('<path class="f-sig" d="M{} {}l6 11h-12z"/>').format(n(x), n(y - 6))
    return Markup('<circle class="f-acc" cx="{}" cy="{}" r="4.5"/>').format(n(x), n(y))


def _room_for(
    words: str, centre: tuple[float, float], frame: Frame, taken: Sequence[Box]
) -> tuple[float, float, str, Box] | None:
    """The first free place around a mark: right, left, above, below, then the corners. None if all are taken."""
    x, y = centre
    width = len(words) * TEXT_WIDTH
    spots = [(x + 9, y + 4, "start"), (x - 9, y + 4, "end"), (x, y - 10, "middle"), (x, y + 20, "middle")]
    spots += [(x + 7, y - 7, "start"), (x - 7, y - 7, "end"), (x + 7, y + 16, "start"), (x - 7, y + 16, "end")]
    for at, base, anchor in spots:
        left = at - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        box = Box(left, base - TEXT_HEIGHT + 4, left + width, base + 3)
        inside = box.left >= frame.left and box.right <= frame.width and box.top >= 0 and box.bottom <= frame.floor
        if inside and not any(box.meets(other) for other in taken):
            return at, base, anchor, box
    return None
