"""Whether every launch came to its end."""

from datetime import datetime

from voc.campaigns.store import launches
from voc.campaigns.store.launches import Unfinished
from voc.cli.findings import Finding
from voc.web.context import App


def examine(app: App) -> list[Finding]:
    """Nothing to say where no wave is being planned."""
    with app.database.read() as db:
        return [_launch(one) for one in launches.unfinished(db, now=app.now())]


def _launch(one: Unfinished) -> Finding:
    begun = (
        f"the launch of the wave “{one.wave}” (campaign {one.campaign}), begun by {one.by} at {_moment(one.began_at)}"
    )
    if one.under_way:
        return Finding(True, f"{begun}, is under way")
    return Finding(
        False,
        f"{begun}, never came to its end: nobody of it was written to",
        "A worker takes it back within minutes; where none runs, start one: `voc serve` or `voc worker`. "
        f"Then launch again: `voc wave launch {one.campaign}`.",
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
