"""The tables of this stage: the only place in it with SQL.

A sync keeps rows apart (`staging`, `sweeps`, `waiting`), lays them beside each other and what we
have (`deciding`, `missing`, `telling`, `counting`, all on `beside`) and writes (`applying`, `roles`,
`watermarks`). `history` is what a run leaves behind, `problems` what it found wrong; `reads` and
`pages` are for other stages and people; `ours` writes what our own people say.
"""

from voc.accounts.store.connections import load_connection, stored_secrets, which_secrets
from voc.accounts.store.history import SyncRun, last_complete, last_complete_at, run, runs
from voc.accounts.store.problems import ProblemRow, problem_table, problems
from voc.accounts.store.reads import (
    CsmRow,
    SetAside,
    csms,
    reach,
    resolve,
    set_aside,
)

__all__ = [
    "CsmRow",
    "ProblemRow",
    "SetAside",
    "SyncRun",
    "csms",
    "last_complete",
    "last_complete_at",
    "load_connection",
    "problem_table",
    "problems",
    "reach",
    "resolve",
    "run",
    "runs",
    "set_aside",
    "stored_secrets",
    "which_secrets",
]
