"""What a person should know first: whether mail goes out, why not, and what a pause would do."""

from datetime import datetime

from voc.delivery.store.ways import ServerState
from voc.web import view
from voc.web.delivery_view.parts import Moment, Seen


def heading(seen: Seen, *, now: datetime) -> str:
    health, waiting = seen.health, view.count(seen.health.waiting, "message")
    waits_for = f"{waiting} wait{'s' if health.waiting == 1 else ''}"
    if seen.pause is not None:
        return f"Sending is paused, {waits_for}"
    shut = [one for one in seen.servers if is_shut(seen.server_states.get(one.name), now)]
    if shut and len(shut) == len(seen.servers):
        if len(shut) > 1:
            return f"None of the {len(shut)} mail servers takes mail, {waits_for}"
        return f"The mail server does not take mail, {waits_for}"
    if health.unknown:
        whom = "it" if health.unknown == 1 else "they"
        return f"{view.count(health.unknown, 'message')} to settle: nobody can know whether {whom} arrived"
    if shut:
        return f"Mail goes out, but not by {view.listed([one.name for one in shut])}"
    if health.failed or health.held:
        return f"Mail goes out; {view.count(health.failed + health.held, 'message')} did not"
    return "Mail goes out, nothing waits for a person"


def lede(seen: Seen, moment: Moment, *, now: datetime) -> str:
    health, told = seen.health, []
    if seen.pause is not None:
        by = seen.pause.by or "a brake of the service"
        since = f" on {moment(seen.pause.since)}" if seen.pause.since else ""
        told.append(f"Paused by {by}{since}, because {seen.pause.because.rstrip('.')}.")
    for server in seen.servers:
        state = seen.server_states.get(server.name)
        if state is not None and is_shut(state, now):
            why = (state.reason or "it does not answer").rstrip(".")
            told.append(f"{server.name}: {why}. Tried again {moment(state.open_until)}.")
    if health.test_address is not None or health.waiting_for_test_address:
        where = health.test_address or "nowhere, because no test address is set"
        told.append(f"Test mode: every mail goes to {where}.")
    if health.overdue_since is not None and seen.pause is None:
        told.append(f"The oldest that could go now has been due since {moment(health.overdue_since)}.")
    told.append("Nothing is marked sent without the server’s word that it has it.")
    return " ".join(told)


def is_shut(state: ServerState | None, now: datetime) -> bool:
    return state is not None and state.open_until is not None and state.open_until > now


def pause_words(seen: Seen) -> str:
    waiting = view.count(seen.health.waiting, "message")
    coming = sum(hour.due for hour in seen.hours)
    if seen.pause is not None:
        return (
            f"Resumed, {waiting} would go out: what is due goes at once where it is day, the rest in each"
            " person’s next window, and what is overdue by more than 5 working days is held for you to look at."
        )
    return (
        f"While it is paused nothing leaves to anybody outside: {waiting} in the outbox would wait, and"
        f" {view.number(coming)} would fall due in 48 hours. Answers, bounces and replies still come in, and alerts to"
        " admins still go. A message in the server’s hands at this moment cannot be called back."
    )
