"""The tables of this stage: the only place in it with SQL.

`staging`, `deciding` and `applying` serve a sync, in this order; `history` is what a
run leaves behind, `pages` are reads for people; `ours` writes what our own people say.
"""

from voc.accounts.store.history import SyncRun, last_complete, runs

__all__ = ["SyncRun", "last_complete", "runs"]
