"""A `Sheet` as PDF: one A4 page, made smaller if it must be, with its own letters inside so that names read everywhere.

The same sheet gives the same bytes: no date, no random id.
"""

import io
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from litestar import Response
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, Spacer, Table, TableStyle

from voc.base import audit
from voc.web.context import App
from voc.web.paper import Bar, Block, Heading, Quote, Sheet, Words
from voc.web.paper import Table as Grid
from voc.web.visit import Visit

INK, MUTED, LINE = HexColor("#17212a"), HexColor("#47525d"), HexColor("#b9b6ae")
ACCENT, SIGNAL, TRACK, FAINT = HexColor("#0b5a78"), HexColor("#9b2d10"), HexColor("#e9e7e1"), HexColor("#c3cbd1")
MARGIN, FOOT = 42.0, 26.0
_FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "VocSans", "VocSans-Bold"
_BARS = {"heard": ACCENT, "silent": SIGNAL, "not_asked": None, "quiet": MUTED, "other": FAINT, "rest": TRACK}


def download(app: App, visit: Visit, name: str, sheet: Sheet) -> Response[bytes]:
    """`name` is ours and holds letters, digits and - only. Who took it stands in the audit log."""
    assert re.fullmatch(r"[a-z0-9-]+", name)
    with app.database.begin() as db:
        audit.exported(db, what=name, detail={"asked for": visit.path[:500]}, by=visit.viewer.name, now=app.now())
    return Response(
        drawn(sheet),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )


def drawn(sheet: Sheet) -> bytes:
    """The file."""
    _letters()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, lang="en")
    canvas.setTitle(sheet.title)
    canvas.setAuthor("")
    width, height = A4
    inner = width - 2 * MARGIN
    blocks = [
        Paragraph(_text(sheet.crumb), _style(8, MUTED)),
        Paragraph(_text(sheet.title), _style(15, INK, bold=True, after=2)),
        *(flowable for block in sheet.blocks for flowable in _flowables(block, inner)),
    ]
    body = KeepInFrame(inner, height - 2 * MARGIN - FOOT, blocks, mode="shrink")
    _, used = body.wrapOn(canvas, inner, height - 2 * MARGIN - FOOT)
    body.drawOn(canvas, MARGIN, height - MARGIN - used)
    foot = Paragraph(_text(sheet.foot), _style(7.5, MUTED))
    _, tall = foot.wrapOn(canvas, inner, FOOT)
    foot.drawOn(canvas, MARGIN, MARGIN - tall + 6)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _letters() -> TTFont:
    plain = TTFont(PLAIN, str(_FONTS / "DejaVuSansCondensed.ttf"))
    pdfmetrics.registerFont(plain)
    pdfmetrics.registerFont(TTFont(BOLD, str(_FONTS / "DejaVuSansCondensed-Bold.ttf")))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    return plain


def _style(
    size: float, colour: Color, *, bold: bool = False, right: bool = False, before: float = 0, after: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}{right}",
        fontName=BOLD if bold else PLAIN,
        fontSize=size,
        leading=size * 1.28,
        textColor=colour,
        alignment=2 if right else 0,
        spaceBefore=before,
        spaceAfter=after,
    )


def _text(words: str) -> str:
    """What our letters can draw; a character they lack becomes the mark for that, never a hole in a name."""
    return escape("".join(character if _drawable(character) else "\ufffd" for character in words))


@cache
def _drawable(character: str) -> bool:
    return ord(character) in _letters().face.charToGlyph or character.isspace()


def _flowables(block: Block, width: float) -> list[Flowable]:
    match block:
        case Heading():
            return [Paragraph(_text(block.words), _style(10.5, INK, bold=True, before=9, after=2)), _Rule(width)]
        case Words():
            lead = f"<b>{_text(block.lead)}</b> " if block.lead else ""
            size, colour = (7.8, MUTED) if block.small else (8.8, INK)
            return [Paragraph(f"{lead}{_text(block.words)}", _style(size, colour, before=2, after=2))]
        case Quote():
            words = f"“{_text(block.words)}” <font color='#47525d'>{_text(block.who)}</font>"
            return [Paragraph(words, _style(8.8, INK, before=2, after=3))]
        case Bar():
            return [Spacer(width, 4), _Bar(block, width), Spacer(width, 3)]
        case Grid():
            return [_table(block, width)]


def _table(grid: Grid, width: float) -> Table:
    rows = [[_cell(words, i, grid, head=True) for i, words in enumerate(grid.heads)]]
    rows += [[_cell(words, i, grid) for i, words in enumerate(row)] for row in grid.rows]
    rules: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 7),
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
    ]
    if grid.total:
        rows.append([_cell(words, i, grid, strong=True) for i, words in enumerate(grid.total)])
        rules.append(("LINEABOVE", (0, -1), (-1, -1), 0.9, INK))
    return Table(rows, colWidths=[share * width for share in grid.widths], style=TableStyle(rules), hAlign="LEFT")


def _cell(words: str, column: int, grid: Grid, *, head: bool = False, strong: bool = False) -> Paragraph:
    right = column in grid.right
    if head:
        return Paragraph(_text(words), _style(7.5, MUTED, bold=True, right=right))
    bold = strong or column == 0 or column in grid.strong
    return Paragraph(_text(words), _style(8.4, INK, bold=bold, right=right))


class _Rule(Flowable):
    def __init__(self, width: float) -> None:
        super().__init__()
        self.width, self.height = width, 1

    def draw(self) -> None:
        self.canv.setStrokeColor(LINE)
        self.canv.setLineWidth(0.6)
        self.canv.line(0, 0, self.width, 0)


class _Bar(Flowable):
    """Told apart without colour too: what nobody asked is hatched."""

    def __init__(self, bar: Bar, width: float) -> None:
        super().__init__()
        self._bar, self.width, self.height = bar, width, 16

    def draw(self) -> None:
        x, canvas = 0.0, self.canv
        for share, style in self._bar.parts:
            wide = max(share * self.width - 1, 0.4)
            colour = _BARS[style]
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(0.4)
            if colour is None:
                canvas.saveState()
                clip = canvas.beginPath()
                clip.rect(x, 0, wide, self.height)
                canvas.clipPath(clip, stroke=0)
                for start in range(-16, int(wide) + 16, 4):
                    canvas.line(x + start, 0, x + start + 16, self.height)
                canvas.restoreState()
                canvas.rect(x, 0, wide, self.height, stroke=1, fill=0)
            else:
                canvas.setFillColor(colour)
                canvas.rect(x, 0, wide, self.height, stroke=style in ("other", "rest"), fill=1)
            x += share * self.width
