"""What one may choose above figures: team, segment, region and period."""

from collections.abc import Mapping, Sequence

from voc.base.words import Segment
from voc.metrics.run import WINDOWS
from voc.web.engagement_view.parts import Wanted
from voc.web.parts import Choice, choice


def filters(
    wanted: Wanted,
    teams: Mapping[str, str],
    *,
    windows: Sequence[int] = WINDOWS,
    regions: Sequence[str] = (),
    csms: Mapping[str, str] | None = None,
) -> list[Choice]:
    """`teams` and `csms` are names by id; one CSM, or one region, is no choice. `windows` are days; none: no period."""
    segments = [("", "All segments"), *((one.value, one.value.capitalize()) for one in Segment)]
    found = [choice("segment", "Segment", segments, wanted.segment)]
    if len(regions) > 1 or wanted.region:
        named = [("", "All regions"), *((one, one) for one in sorted({*regions, wanted.region} - {""}))]
        found.append(choice("region", "Region", named, wanted.region))
    if windows:
        periods = [(str(days), f"{days} days") for days in sorted({*windows, wanted.days})]
        found.append(choice("days", "Period", periods, str(wanted.days)))
    if csms is not None and len(csms) > 1:
        people = [("", "All CSMs"), *csms.items()]
        found.insert(0, choice("csm", "CSM", people, wanted.csm))
    if teams:
        named = [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())]
        found.insert(0, choice("team", "Team", named, wanted.team))
    return found
