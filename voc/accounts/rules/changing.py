"""Records become changes; merges are followed through chains."""

from collections.abc import Mapping

import msgspec

from voc.accounts.model import Change, Cleaned, Fate, Record, RecordState

# Another spelling of these, or the CRM's own date of them, is no change.
_NOT_COUNTED = frozenset({"email_original", "created_on"})


def change_of(cleaned: Cleaned, stored: Record | None, state: RecordState | None) -> Change:
    """What a row changes in the record we have, field by field on cleaned values.

    A field that became unreadable keeps yesterday's value.
    """
    if stored is None or state is None:
        return Change(Fate.CREATED, cleaned.record)
    record = cleaned.record
    if cleaned.unreadable:
        record = msgspec.structs.replace(record, **{name: getattr(stored, name) for name in cleaned.unreadable})
    if state != RecordState.LIVE:
        return Change(Fate.RETURNED, record)
    different = [name for name in record.__struct_fields__ if getattr(record, name) != getattr(stored, name)]
    fields = tuple(name for name in different if name not in _NOT_COUNTED)
    if fields:
        return Change(Fate.UPDATED, record, fields)
    return Change(Fate.REWORDED if different else Fate.UNCHANGED, record)


def final_winners(merges: Mapping[str, str]) -> dict[str, str]:
    """Loser -> the record it stands for in the end, through any chain. Records merged in a ring stand for nobody."""
    final: dict[str, str] = {}
    for loser, next_winner in merges.items():
        seen, winner = {loser}, next_winner
        while winner in merges and winner not in seen:
            seen.add(winner)
            winner = merges[winner]
        if winner not in seen:
            final[loser] = winner
    return final
