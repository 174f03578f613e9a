"""The mail servers, the limits of recipient domains, and how long mail waits."""

from collections.abc import Sequence
from datetime import datetime

from voc.base.settings import Server
from voc.delivery import waits
from voc.web import view
from voc.web.delivery_view.parts import Line, Moment, Seen
from voc.web.delivery_view.standing import is_shut


def server_lines(seen: Seen, moment: Moment, *, now: datetime) -> list[Line]:
    """Those of the settings, then those that took mail today and are not named there any more."""
    named = {server.name for server in seen.servers}
    others = [(name, sent) for name, sent in sorted(seen.sent_today.items()) if name and name not in named]
    return [
        *(_server_line(server, seen, moment, now=now) for server in seen.servers),
        *(Line(name, "none", "not in the settings", (view.DASH, view.DASH, view.number(n))) for name, n in others),
    ]


def _server_line(server: Server, seen: Seen, moment: Moment, *, now: datetime) -> Line:
    state = seen.server_states.get(server.name)
    place = f"{server.host}:{server.port}"
    secured = {"none": "not encrypted", "starttls": "STARTTLS", "tls": "TLS"}[server.security]
    cells = (
        f"{view.number(server.per_second, 0 if server.per_second >= 1 else 1)} a second",
        view.number(server.connections),
        view.number(
            seen.sent_today.get(server.name, 0) + (seen.sent_today.get("", 0) if len(seen.servers) == 1 else 0)
        ),
    )
    note = secured if server.name == place else f"{place}, {secured}"
    if state is not None and is_shut(state, now):
        why = (state.reason or "it does not answer").rstrip(".")
        tries = f", {view.count(state.outages, 'time')} in a row" if state.outages > 1 else ""
        return Line(
            server.name, "late", f"left alone until {moment(state.open_until)}", cells, f"{note}. {why}{tries}."
        )
    if state is not None and state.refusals:
        said = f"refused {view.count(state.refusals, 'message')} in a row"
        return Line(server.name, "half", said, cells, f"{note}. {(state.reason or '').rstrip('.')}.")
    if state is not None and state.outages:
        return Line(
            server.name, "half", "tried again with the next mail", cells, f"{note}. {(state.reason or '').rstrip('.')}."
        )
    return Line(server.name, "ok", "well", cells, note)


def limits_words(seen: Seen, moment: Moment) -> str:
    waiting = [
        f"{one.domain} until {moment(one.until)}" + (f" ({one.reason.rstrip('.')})" if one.reason else ", at its limit")
        for one in seen.waiting_domains
    ]
    at_limit = f" Left alone now: {'; '.join(waiting)}." if waiting else " No domain is left alone now."
    if not seen.per_domain:
        return f"No limit for single recipient domains is set.{at_limit}"
    told = [
        f"{'any other domain' if domain == '*' else domain} {view.number(limit, 0 if limit >= 1 else 1)} a minute"
        for domain, limit in sorted(seen.per_domain.items())
    ]
    return f"Limits for recipient domains: {', '.join(told)}.{at_limit}"


def wait_lines(seen: Seen) -> list[Line]:
    found = [_wait("All", seen.waits)]
    if len(seen.waits_by_relay) > 1 or (seen.waits_by_relay and len(seen.servers) > 1):
        found += [_wait(name, counts) for name, counts in sorted(seen.waits_by_relay.items())]
    return [one for one in found if one is not None]


def _wait(name: str, counts: Sequence[tuple[int, int]]) -> Line | None:
    found = waits.wait(counts)
    if found is None:
        return None
    words = (waits.in_words(found.median), waits.in_words(found.most_waited), waits.in_words(found.longest))
    return Line(name, "", "", (view.number(found.count), *words))
