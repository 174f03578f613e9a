"""A confidential wave: what was promised, and what may be told once it is over."""

from voc.base.words import WaveState
from voc.campaigns.store.wave_pages import WaveRow
from voc.metrics.store.confidential import Release
from voc.web import view
from voc.web.wave_view.words import share_in_words


def promise(row: WaveRow) -> str:
    open_still = row.state in (WaveState.RUNNING, WaveState.PAUSED)
    when = "Figures come when it has closed," if open_still else "Figures are"
    return (
        "Asked in confidence: nobody is shown who answered or what, whatever their role. "
        f"{when} of no fewer than 5 people at 2 accounts."
    )


def confidential_heading(row: WaveRow, release: Release | None) -> str:
    if release is not None and release.people:
        return f"{view.of(release.answered, release.people)} answered in confidence"
    return f"{view.count(row.asked, 'person', 'people')} asked in confidence"


def confidential_sentence(row: WaveRow, release: Release | None) -> str:
    """How many of those asked are in a figure; the others are too few to be counted without being known."""
    if release is None:
        return "How many answered is counted once, after the wave has closed and every due date has passed."
    if not release.people:
        return "Too few answered, or all of them alike, to tell anything here without telling of somebody."
    share = share_in_words(release.answered, release.people)
    told = f"{view.of(release.answered, release.people)} people answered{f': {share}' if share else ''}."
    missing = row.asked - release.people
    if missing <= 0:
        return f"{told} Answers that came later change nothing here."
    return (
        f"{told} {view.number(missing)} more were not reached, or are too few under one CSM to be counted here "
        "without being known."
    )
