"""All waves, by campaign."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.base.words import WaveState
from voc.campaigns.store.wave_pages import WaveRow
from voc.web import view
from voc.web.parts import Link, files
from voc.web.wave_view.words import WAVE_STATES, share_in_words


@dataclass(frozen=True)
class ListedWave:
    id: int
    label: str
    state: str
    glyph: str
    asked: str
    answered: str
    share: float
    share_words: str
    not_asked: str
    launched: str
    closes: str


@dataclass(frozen=True)
class CampaignWaves:
    name: str
    title: str
    next: str
    waves: Sequence[ListedWave]


@dataclass(frozen=True)
class WavesPage:
    heading: str
    lede: str
    may_launch: bool
    campaigns: Sequence[CampaignWaves]
    files: Sequence[Link] = ()


def waves_page(rows: Sequence[WaveRow], campaigns: Sequence[str], *, may_launch: bool, whose: str) -> WavesPage:
    """`campaigns` are the names that can be asked, those without a wave too; `whose` says what is counted."""
    running = [row for row in rows if row.state == WaveState.RUNNING]
    names = sorted({*campaigns, *(row.campaign for row in rows)}, key=lambda name: (name != "relationship", name))
    heading = (
        f"{view.count(len(running), 'wave')} {'is' if len(running) == 1 else 'are'} running" if rows else "No wave yet"
    )
    return WavesPage(
        heading=heading if running or not rows else "No wave is running",
        lede=f"Everybody who matters is asked, in waves. Counts are of {whose}." if rows else _FIRST,
        may_launch=may_launch,
        campaigns=[
            CampaignWaves(name, view.word(name.replace("-", " ")), _next(mine), [_listed(row) for row in mine])
            for name in names
            for mine in [[row for row in rows if row.campaign == name]]
        ],
        files=files("/waves", "of all waves") if rows else (),
    )


_FIRST = "A wave asks everybody who matters, once, with a polite chase. Its rehearsal comes first and sends nothing."


def _next(rows: Sequence[WaveRow]) -> str:
    return f"last launched {view.day(rows[0].launched_at)}" if rows else "never launched"


def _listed(row: WaveRow) -> ListedWave:
    state, glyph = WAVE_STATES[row.state]
    return ListedWave(
        id=row.id,
        label=row.label,
        state=state,
        glyph=glyph,
        asked=view.number(row.asked),
        answered="in confidence" if row.confidential else view.of(row.answered, row.asked),
        share=row.answered / row.asked if row.asked else 0.0,
        share_words="" if row.confidential else share_in_words(row.answered, row.asked),
        not_asked=view.number(row.not_asked),
        launched=view.short_day(row.launched_at),
        closes=view.short_day(row.closed_at or row.closes_at),
    )
