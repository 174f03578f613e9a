"""Python's garbage collector, set for a process that serves for long."""

import gc

# Objects made until the youngest are looked at. Python's own 700 are made by a handful of mails, and nearly all of
# them end by themselves.
_YOUNG = 20_000
_OLDER = 20  # looks at the younger until the next older generation is looked at


def settle() -> None:
    """Once everything is loaded: what is there now is never looked at again, and what comes less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
