"""Why a person should look before a run is applied."""

from voc.accounts.model import Kind

_VANISHED_SHARE = 0.05
# One person who left the file of a team of twelve is 8%: no reason to stop.
_VANISHED_AT_LEAST = 3


def why_hold(kind: Kind, *, vanished: int, live: int, rows: int, rows_before: int | None) -> str | None:
    """Why a person should look before this is applied, or None.

    `vanished` counts live records without a row and without a flag, except those whose account or
    opportunity itself is deleted or missing: they went with it and are counted there. `live` is
    how many there were.
    """
    if vanished >= _VANISHED_AT_LEAST and vanished > live * _VANISHED_SHARE:
        return f"{vanished:,} of {live:,} {_plural(kind)} are missing without a delete flag"
    if rows_before and rows * 2 < rows_before:
        return f"the export has {rows:,} {_plural(kind)}, the one before had {rows_before:,}"
    return None


def why_hold_opt_outs(*, lifted: int, standing: int) -> str | None:
    """Why a person should look before that many of those who had opted out can be asked again, or None.

    One may have changed their mind; when many do at once, a column was renamed, emptied or is spelled otherwise.
    """
    if lifted > 1 and lifted > standing * _VANISHED_SHARE:
        return f"{lifted:,} of {standing:,} contacts who had opted out are no longer marked so and would be asked again"
    return None


def _plural(kind: Kind) -> str:
    return {
        Kind.CSM: "CSMs",
        Kind.OPPORTUNITY: "opportunities",
        Kind.OPPORTUNITY_ROLE: "opportunity roles",
        Kind.ACTIVITY: "activities",
    }.get(kind, f"{kind}s")
