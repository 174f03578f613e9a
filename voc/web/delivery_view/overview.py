"""The Delivery page as a whole, with its filters and figures."""

from collections.abc import Callable
from datetime import datetime

from voc.base.words import MessageState
from voc.web import view
from voc.web.delivery_view.by_hour import hour_rows, hours_chart, hours_heading
from voc.web.delivery_view.came_back import (
    MOST_DOMAINS,
    class_rows,
    domain_row,
    mailbox_line,
    more_domains,
    provider_line,
)
from voc.web.delivery_view.messages import row
from voc.web.delivery_view.parts import DAYS, DeliveryPage, Filter, Moment, Seen
from voc.web.delivery_view.records import dns_part
from voc.web.delivery_view.servers import limits_words, server_lines, wait_lines
from voc.web.delivery_view.standing import heading, lede, pause_words
from voc.web.parts import Card, Choice, Link, choice


def page(
    seen: Seen,
    chosen: Filter,
    *,
    may_change: bool,
    moment: Moment,
    clock: Callable[[datetime], datetime],
    now: datetime,
) -> DeliveryPage:
    """`moment` writes a moment in the company's zone, `clock` turns it into that zone."""
    counted = seen.states
    unknown, failed = counted.get(MessageState.UNKNOWN, 0), counted.get(MessageState.FAILED, 0)
    held = counted.get(MessageState.HELD, 0)
    number_back = sum(one.number for one in seen.back)
    window = "24 hours" if chosen.days == 1 else f"{chosen.days} days"
    return DeliveryPage(
        heading=heading(seen, now=now),
        lede=lede(seen, moment, now=now),
        may_change=may_change,
        paused=seen.pause is not None,
        pause_words=pause_words(seen),
        filters=_filters(seen, chosen),
        domain=chosen.domain or "",
        window=window,
        figures=_cards(seen, chosen, number_back, window),
        unknown=[row(one.letter, moment, text=one.text) for one in seen.unknown],
        unknown_heading=f"Unknown: {view.count(unknown, 'message')} may or may not have arrived",
        unknown_more=_more(unknown, len(seen.unknown), chosen.rows("unknown")),
        failed=[row(one, moment) for one in seen.failed],
        failed_heading=f"Failed or held: {view.count(failed + held, 'message')}",
        failed_more=_more(failed + held, len(seen.failed), chosen.rows("failed")),
        chart=hours_chart(seen.hours, clock, now=now),
        hour_rows=hour_rows(seen.hours, clock),
        hours_heading=hours_heading(seen.hours),
        servers=server_lines(seen, moment, now=now),
        limits=limits_words(seen, moment),
        waits=wait_lines(seen),
        bounces=class_rows(seen.back, chosen),
        bounces_heading=f"Came back or refused: {view.count(number_back, 'message')} in {window}",
        domains=[domain_row(one, chosen) for one in seen.back[:MOST_DOMAINS]],
        more_domains=more_domains(len(seen.back)),
        ways=[
            *(mailbox_line(one, moment) for one in seen.mailboxes),
            *(provider_line(one, moment) for one in seen.providers),
        ],
        dns=dns_part(seen.dns, moment, not_checked=seen.dns_not_checked, now=now),
    )


def _filters(seen: Seen, chosen: Filter) -> list[Choice]:
    waves = [("", "all waves"), *((str(id), label) for id, label in seen.waves)]
    days = [(str(days), "24 hours" if days == 1 else f"{days} days") for days in DAYS]
    return [
        choice("wave", "Wave", waves, str(chosen.wave_id or "")),
        choice("days", "Sent and came back in the last", days, str(chosen.days)),
    ]


def _cards(seen: Seen, chosen: Filter, number_back: int, window: str) -> list[Card]:
    counted = seen.states

    def card(name: str, state: MessageState, of: str, note: str = "") -> Card:
        number = counted.get(state, 0)
        return Card(name, view.number(number), of, note=note, links=_open(number, chosen.rows(state)))

    in_hand = counted.get(MessageState.CLAIMED, 0) + counted.get(MessageState.HANDING_OVER, 0)
    sent = counted.get(MessageState.SENT, 0)
    return [
        card(
            "Waiting",
            MessageState.QUEUED,
            "in the outbox",
            f"{view.number(in_hand)} being handed over" if in_hand else "",
        ),
        card("Sent", MessageState.SENT, f"in {window}"),
        card("Unknown", MessageState.UNKNOWN, "to settle, however old"),
        Card(
            "Came back", view.number(number_back), f"of {view.number(sent)} sent", links=_open(number_back, "#h-back")
        ),
        card("Failed", MessageState.FAILED, "never sent, however old"),
        card("Held", MessageState.HELD, "for a person"),
    ]


def _open(count: int, path: str) -> list[Link]:
    return [Link(f"The {view.number(count)}", path)] if count else []


def _more(total: int, shown: int, path: str) -> Link | None:
    return Link(f"All {view.number(total)}", path) if total > shown else None
