"""What a wave that asked in confidence may tell."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from voc.base.schema import confidential_release, wave
from voc.metrics.confidential import Group
from voc.reports.star.invitations import IN_RATES
from voc.reports.star.model import WHOLE, Of, Plain, Sort, StarTable, day_key, own_key, plain, refers


def _groups(db: Connection, of: Of) -> Iterator[Any]:
    query = select(confidential_release, wave.c.closed_at).join(wave, wave.c.id == confidential_release.c.wave_id)
    for row in db.execute(query.order_by(confidential_release.c.wave_id)):
        for number, group in enumerate(msgspec.convert(row.groups, list[Group])):
            scores = group.scores or {}
            yield Plain(
                {
                    "number": number,
                    "wave_id": row.wave_id,
                    "closed_at": row.closed_at,
                    "csm_id": group.csm_id,
                    "lead_id": group.lead_id,
                    "segment": group.segment,
                    "accounts": group.accounts,
                    "people": group.people,
                    "answered_in_time": group.answered,
                    "in_response_rate": sum(group.dispositions.get(one, 0) for one in IN_RATES),
                    **{one: scores.get(one, 0) if group.scores else None for one in _SCORED},
                }
            )


_SCORED = ("promoter", "passive", "detractor")

_APART = "scores could not be told apart from a person's"


CONFIDENTIAL_GROUP = StarTable(
    "fact_confidential_group",
    Sort.FACT,
    "What a wave that asked in confidence may tell: groups of five and more at two and more accounts, counted once and "
    "never taken apart. Due on the day the wave closed.",
    (
        own_key("group_key", "Group", lambda row, of: of.key("group", f"{row.wave_id}:{row.number}"),
                "confidential_release.groups"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "confidential_release.wave_id"),
        refers("csm_key", "dim_csm", "CSM of all of them; 0 where it is a team's or the company's",
               lambda row, of: of.key("csm", row.csm_id), "confidential_release.groups"),
        refers("team_key", "dim_team", "Team of all of them", lambda row, of: of.key("team", row.lead_id),
               "confidential_release.groups"),
        refers("segment_key", "dim_segment", "Segment of all of them", lambda row, of: of.key("segment", row.segment),
               "confidential_release.groups"),
        day_key("due_date_key", "The wave closed", lambda row: row.closed_at, "wave.closed_at"),
        plain("accounts", WHOLE, "Accounts", "confidential_release.groups"),
        plain("people", WHOLE, "Asked", "confidential_release.groups"),
        plain("in_response_rate", WHOLE, "Denominator of the response rate", "confidential_release.groups"),
        plain("answered_in_time", WHOLE, "Its numerator", "confidential_release.groups"),
        *(plain(one, WHOLE, f"{one.capitalize()}s", "confidential_release.groups", nulls=_APART) for one in _SCORED),
    ),
    _groups,
    "one group of one wave",
)  # fmt: skip
