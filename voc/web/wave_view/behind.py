"""The people behind each number of a wave's page, one row each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from voc.base.words import Disposition
from voc.campaigns.store.trials import IN_TIME, NOT_COUNTED
from voc.campaigns.store.wave_pages import Asked, LeftOut, Standing, WaveRow
from voc.web import view
from voc.web.paged_list import ON_A_PAGE, page_of
from voc.web.parts import Link, Mark
from voc.web.rehearsal_words import REASONS, STOPS
from voc.web.wave_people import NOBODYS, Chosen
from voc.web.wave_view.words import became_name

_OF: Mapping[str, tuple[str, Callable[[Asked], bool]]] = {
    "asked": ("asked", lambda one: True),
    "invited": ("invited", lambda one: one.sent_at is not None),
    "delivered": ("reached by the mail", lambda one: one.sent_at is not None and not one.bounced),
    "answered": ("answered", lambda one: one.standing is Standing.ANSWERED),
    "bounced": ("came back", lambda one: one.standing is Standing.BOUNCED),
    "stopped": ("stopped", lambda one: one.standing is Standing.STOPPED),
    "without": (
        "without an answer",
        lambda one: one.standing in (Standing.WAITING, Standing.PLANNED, Standing.SILENT),
    ),
}


_HALVES = {"with": "with a heads-up", "without": "without a heads-up"}


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    account: str
    account_href: str
    csm: str
    state: str
    counts: bool = True


@dataclass(frozen=True)
class RowsPage:
    id: int
    label: str
    heading: str
    mark: Mark
    counted: int
    rows: Sequence[Row]
    pages: Sequence[Link]
    links: Sequence[Link]


def rows_page(
    row: WaveRow,
    asked: Sequence[Asked],
    left_out: Sequence[LeftOut],
    chosen: Chosen,
    *,
    after: str = "",
    size: int = ON_A_PAGE,
) -> RowsPage:
    """A page of them, after the row of that address."""
    rows = [*_of_asked(asked, chosen, row), *_of_left_out(left_out, chosen)]
    path = chosen.address(row.id)

    def after_row(key: str) -> str:
        return f"{path}{'&' if '?' in path else '?'}{urlencode({'after': key})}" if key else path

    page = page_of(rows, lambda one: f"{one.href} {one.account_href}", after=after, address=after_row, size=size)
    return RowsPage(
        id=row.id,
        label=row.label,
        heading=f"{view.count(len(rows), 'person', 'people')} {_words(chosen)}",
        mark=Mark("wave", sum(one.counts for one in rows), len(rows), path),
        counted=len(rows),
        rows=page.rows,
        pages=page.links,
        links=[
            Link("CSV of those asked", f"/waves/{row.id}/people.csv", file=True),
            Link("CSV of those not asked", f"/waves/{row.id}/not-asked.csv", file=True),
        ],
    )


def _words(chosen: Chosen) -> str:
    if chosen.half:
        return f"reached, {_HALVES.get(chosen.half, '')}"
    if chosen.became:
        return f"of the wave: {view.low_word(chosen.became)}"
    if chosen.reason:
        return "not asked"
    return {"census": "in the census", "not_asked": "not asked"}.get(chosen.of) or _OF.get(chosen.of, _OF["asked"])[0]


def _of_asked(asked: Sequence[Asked], chosen: Chosen, wave: WaveRow) -> list[Row]:
    if chosen.reason or chosen.of == "not_asked":
        return []
    if wave.confidential and chosen.of in ("answered", "without"):
        return []  # promised: nobody is shown who answered
    takes = _OF.get(chosen.of, _OF["asked"])[1]
    found = [one for one in asked if takes(one) and (not chosen.became or _became(one) == chosen.became)]
    if chosen.half:
        found = [one for one in found if _in_half(one, chosen.half)]
    if chosen.csm is not None:
        found = [one for one in found if (one.csm_id or NOBODYS) == chosen.csm]
    return [
        Row(
            one.name,
            f"/contacts/{one.contact_id}",
            one.account_name,
            f"/accounts/{one.account_id}",
            one.csm_name or view.DASH,
            _became(one),
            counts=not chosen.half or one.disposition in IN_TIME,
        )
        for one in found
    ]


def _in_half(one: Asked, half: str) -> bool:
    counted = one.sent_at is not None and not one.bounced and one.disposition not in NOT_COUNTED
    return counted and one.heads_up == (half == "with")


def _became(one: Asked) -> str:
    partial = one.disposition is Disposition.PARTIAL
    why = STOPS[one.stopped] if one.stopped is not None else None
    ended = view.low_word(one.disposition) if one.disposition is not None else "ended"
    return became_name(one.standing, partial=partial, why_stopped=why or ended)


def _of_left_out(left_out: Sequence[LeftOut], chosen: Chosen) -> list[Row]:
    if (
        chosen.became
        or chosen.half
        or chosen.csm is not None
        or not (chosen.reason or chosen.of in ("census", "not_asked"))
    ):
        return []
    return [
        Row(
            one.name,
            f"/contacts/{one.contact_id}",
            one.account_name,
            f"/accounts/{one.account_id}",
            one.csm_name or view.DASH,
            f"{REASONS[one.reason][0]}, {one.detail}" if one.detail else REASONS[one.reason][0],
        )
        for one in left_out
        if chosen.reason in ("", one.reason.value)
    ]
