"""What one may choose above figures: team, segment, region and period."""

from collections.abc import Mapping, Sequence

from voc.base.words import Segment
from voc.metrics.run import WINDOWS
from voc.web.engagement_view.parts import Wanted
from voc.web.parts import Choice, choice


def filters(
    wanted: Wanted, teams: Mapping[str, str], *, windows: Sequence[int] = WINDOWS, regions: Sequence[str] = ()
) -> list[Choice]:
    """`teams` are names by id, empty for whoever sees one; `windows` are days; one region is no choice."""
    segments = [("", "All segments"), *((one.value, one.value.capitalize()) for one in Segment)]
    periods = [(str(days), f"{days} days") for days in sorted({*windows, wanted.days})]
    found = [choice("segment", "Segment", segments, wanted.segment)]
    if len(regions) > 1 or wanted.region:
        named = [("", "All regions"), *((one, one) for one in sorted({*regions, wanted.region} - {""}))]
        found.append(choice("region", "Region", named, wanted.region))
    found.append(choice("days", "Period", periods, str(wanted.days)))
    if teams:
        named = [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())]
        found.insert(0, choice("team", "Team", named, wanted.team))
    return found
