"""Forget one person: what is known of them is given out or taken away, the counts stay.

`person` finds the rows, `ties` says by which columns, `policy` what becomes of each, `erasing` does
it and gives a receipt, `remembering` keeps whom we forgot, as keyed digests beside the database and
in it. The one writer of all tables beside their own, as `rotation` is.
"""
