"""A row's texts become a record: what cannot be read is left empty and named."""

from collections.abc import Callable, Mapping
from typing import Any

from voc.accounts import clean
from voc.accounts.clean import Unclean
from voc.accounts.model import RECORDS, Cleaned, Incoming, Kind, Reason, Spellings
from voc.accounts.rules.fields import REFERENCES, TEXTS
from voc.accounts.rules.finishing import FINISH
from voc.accounts.rules.notes import Notes

Aliases = Mapping[Kind, Mapping[str, str]]


_CLEANERS: dict[str, Callable[[str], Any]] = {
    "email": clean.address,
    "language": clean.language,
    "time_zone": clean.zone,
    "currency": clean.currency,
    **dict.fromkeys(("arr", "amount", "arr_before", "arr_after", "value"), clean.amount),
    **dict.fromkeys(("active", "direct", "opted_out", "bounced", "left_company", "closed", "won", "main"), clean.flag),
    **dict.fromkeys(
        (
            "renewal_on",
            "customer_since_on",
            "churned_on",
            "bounced_on",
            "last_activity_on",
            "created_on",
            "consented_on",
            "start_on",
            "end_on",
            "close_on",
            "renewal_confirmed_on",
            "on",
        ),
        clean.day,
    ),
}
_ROW_CLEANERS = {
    kind: tuple((name, _CLEANERS[name]) for name in names if name in _CLEANERS) for kind, names in TEXTS.items()
}
_TEXT_FIELDS = {
    kind: tuple(name for name in names if name not in _CLEANERS and name not in REFERENCES[kind])
    for kind, names in TEXTS.items()
}


def record_of(
    kind: Kind, row: Incoming, *, spellings: Spellings, aliases: Aliases, same_id: Callable[[str], str] = str.strip
) -> Cleaned:
    """The record a row means. Ids of merged records are already those of their winners, as far as known before.

    `same_id` gives one form to all spellings of a record's id.
    A text that cannot be read leaves its field empty; `unreadable` names those that keep yesterday's
    value (an address never does: it is better not to reach somebody than to reach the wrong one).
    """
    notes = Notes(kind, row)
    texts = dict(zip(TEXTS[kind], _without_mess(kind, row, notes), strict=True))
    values: dict[str, Any] = {"id": row.id, **texts}
    for name in _TEXT_FIELDS[kind]:
        if (cell := texts[name]).isspace() or not cell:
            values[name] = None
    for name, cleaner in _ROW_CLEANERS[kind]:
        try:
            values[name] = cleaner(texts[name])
        except Unclean as unclean:
            values[name] = None
            notes.unclean(name, unclean.reason, texts[name])
    for name, named in REFERENCES[kind].items():
        reference = same_id(texts[name]) or None
        known = aliases.get(named)
        values[name] = known.get(reference, reference) if known and reference else reference
    if finish := FINISH.get(kind):
        finish(values, texts, notes, spellings)
    return notes.cleaned(RECORDS[kind](**values))


def _without_mess(kind: Kind, row: Incoming, notes: Notes) -> tuple[str, ...]:
    joined = "".join(row.cells)
    # Two looks at the whole row spare the many clean ones a look at each cell.
    if joined.isprintable() and len(joined) < clean.FIELD_LIMIT_BYTES // 4:
        return row.cells
    cells = []
    for name, cell in zip(TEXTS[kind], row.cells, strict=True):
        kept = clean.without_control_characters(cell)
        if kept != cell:
            notes.warn(Reason.CONTROL_CHARACTER_REMOVED, field=name)
        short = clean.within_limit(kept) if len(kept) >= clean.FIELD_LIMIT_BYTES // 4 else kept
        if short != kept:
            notes.warn(Reason.OVERSIZED_FIELD, field=name, text=kept[:80])
        cells.append(short)
    return tuple(cells)
