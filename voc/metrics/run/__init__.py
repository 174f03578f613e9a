"""Figures for pages, terminal and exports; nightly snapshots; silent accounts become follow-ups.

For the pages: `engagement`, `silent`, `account` and `account_states` take the viewer and answer only
what they may see; `rows` lists what any figure counts. `figures` reads any of them of any scope.
"""

from voc.metrics.run.accounts import account, account_states, silent
from voc.metrics.run.counted_rows import rows
from voc.metrics.run.engagement import engagement, figures
from voc.metrics.run.kept import WINDOWS
from voc.metrics.run.looking import limits_of
from voc.metrics.run.night import PORTION, catch_up, end, is_over, release, snapshot
from voc.metrics.run.periods import Beside, compare_periods
from voc.metrics.run.stands import stands

__all__ = [
    "PORTION",
    "WINDOWS",
    "Beside",
    "account",
    "account_states",
    "catch_up",
    "compare_periods",
    "end",
    "engagement",
    "figures",
    "is_over",
    "limits_of",
    "release",
    "rows",
    "silent",
    "snapshot",
    "stands",
]
