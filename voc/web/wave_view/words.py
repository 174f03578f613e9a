"""What the states of a wave and of one asked are called, and how a share is written."""

from collections.abc import Mapping

from voc.base.words import WaveState
from voc.campaigns.store.wave_pages import Standing
from voc.web import view

WAVE_STATES: Mapping[WaveState, tuple[str, str]] = {
    WaveState.PLANNING: ("Being planned", "none"),
    WaveState.RUNNING: ("Running", "half"),
    WaveState.PAUSED: ("Paused", "none"),
    WaveState.STOPPED: ("Stopped", "done"),
    WaveState.CLOSED: ("Closed", "done"),
}

# Where one stands, for a list: words and glyph.
STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.PLANNED: ("Not sent yet", "none"),
    Standing.WAITING: ("No answer yet", ""),
    Standing.ANSWERED: ("Answered", "heard"),
    Standing.BOUNCED: ("Mail came back", "half"),
    Standing.STOPPED: ("Stopped", "half"),
    Standing.SILENT: ("Silent", "silent"),
    Standing.IN_CONFIDENCE: ("Asked in confidence", "none"),
}


def became_name(standing: Standing, *, partial: bool, why_stopped: str) -> str:
    """What became of an invitation, as the page counts it."""
    if standing is Standing.ANSWERED and partial:
        return "Answered in part"
    return f"Stopped: {why_stopped}" if standing is Standing.STOPPED else STANDINGS[standing][0]


def share_in_words(part: int, whole: int) -> str:
    """Percent from five people on; under that the counts say it all (3-metrics 0.7)."""
    return view.percent(part / whole) if whole >= 5 else ""
