"""Rehearse, launch and steer waves; move a rehearsal through time."""

from datetime import datetime
from itertools import chain
from pathlib import Path

import click
from sqlalchemy import Connection

from voc import app as wiring
from voc import jobs
from voc.base import preferences
from voc.base.access import TERMINAL
from voc.base.clock import SetClock, ShiftedClock
from voc.base.errors import Refused
from voc.campaigns import questionnaire as reading
from voc.campaigns import run as campaigns
from voc.campaigns.rehearsal import Rehearsal
from voc.campaigns.store import programmes, wave_pages
from voc.cli import output
from voc.delivery.dns_check import amiss
from voc.delivery.run import dns
from voc.delivery.store import due as outbox
from voc.delivery.store import relay as relay_state
from voc.web import rehearsal_mails_view
from voc.web.context import App

BY = "terminal"


@click.group()
def wave() -> None:
    """Rehearse, launch and steer waves."""


def _files(app: App, db: Connection, campaign: str) -> dict[str, str]:
    return reading.read_folder(app.questionnaires, programmes.campaign_by_name(db, campaign).questionnaire)


@wave.command()
@click.argument("campaign", default="relationship")
@output.directory
@output.as_json
@output.at
@click.option("--mails", is_flag=True, help="List every mail with moment and reason, and why somebody gets none.")
def rehearse(*, campaign: str, directory: Path, as_json: bool, at: datetime | None, mails: bool) -> None:
    """Say who would be asked when, and who not and why. Writes nothing.

    Example: voc wave rehearse relationship --mails
    """
    app = wiring.open_app(directory, at=at)
    with app.database.read() as db:
        found = campaigns.rehearse(db, campaign=campaign, questionnaire_files=_files(app, db, campaign), now=app.now())
        csms, settings = wave_pages.csm_names(db), programmes.campaign_by_name(db, campaign).settings
    if as_json:
        output.emit(
            {
                "asked": len(found.asked),
                "not_asked": found.reasons,
                "mails": [mail for mail in found.mails if mail.at],
                "dropped": list(found.dropped),
                "closes_at": found.totals.closes_at,
                "refusals": found.refusals,
            }
        )
        return
    _show(found)
    if mails:
        lines = chain(
            rehearsal_mails_view.of_courses(found.courses, settings, csms),
            rehearsal_mails_view.of_members(found.members, csms),
        )
        output.table(
            ("when (UTC)", "where they are", "what", "who", "account", "address", "why"),
            (
                (f"{m.at:%a %d %b %H:%M}" if m.at else "", m.there, m.what, m.name, m.account, m.address, m.why)
                for m in rehearsal_mails_view.in_order(lines)
            ),
        )


def _show(found: Rehearsal) -> None:
    output.say(f"{len(found.asked)} people would be asked, {len(found.not_asked)} would not. Nothing was written.")
    output.table(("not asked because", "people"), found.reasons.items(), right=(1,))
    output.say()
    rows = [
        (f"{day:%a %d %b %Y}", step, count)
        for day, steps in found.totals.calendar.items()
        for step, count in steps.items()
    ]
    output.table(("day", "step", "mails at most"), rows, right=(2,))
    output.say()
    if found.totals.closes_at is not None:
        output.say(f"{found.totals.mails.total()} mails at most; the chase of each stops at once on an answer. "
                   f"The wave closes on {found.totals.closes_at:%d %B %Y}.")  # fmt: skip
    for refusal in found.refusals:
        output.say(f"A launch now would be refused: {refusal}")


@wave.command()
@click.argument("campaign", default="relationship")
@output.directory
@output.as_json
@output.at
@click.option("--label", help="What the wave is called; campaign and month if not given.")
@click.option(
    "--accept-language", "accept", multiple=True, help="Use this language (de) though nobody has reviewed it."
)
def launch(
    *, campaign: str, directory: Path, as_json: bool, at: datetime | None, label: str | None, accept: tuple[str, ...]
) -> None:
    """Freeze the census and start the chase. In a rehearsal `voc tick` moves it on, else `voc serve` does.

    Example: voc wave launch relationship --label "Relationship, December 2026"
    """
    app = wiring.open_app(directory, at=at)
    now = app.now()
    with app.database.read() as db:
        files = _files(app, db, campaign)
    order = campaigns.Order(campaign, files, label or f"{campaign.capitalize()}, {now:%B %Y}", BY, accept)
    with output.progress() as report:
        wave_id = campaigns.launch_in_portions(
            app.database, order, clock=app.clock, holder=jobs.worker_name(), report=report
        )
    with app.database.read() as db:
        found = wave_pages.row(db, wave_id, TERMINAL)
        checked = dns.last_dns_check(db)
    for finding in amiss(checked.found) if checked is not None else ():
        output.terminal.print(f"{finding.about}: {finding.what} `voc doctor` says what to publish.")
    if as_json:
        output.emit({"wave": wave_id, "label": found.label})
    else:
        output.say(f"Wave {wave_id}, {found.label}, is launched.")


def _steering(name: str, verb: str, text: str, *, reason: bool) -> None:
    @wave.command(name, help=f"{text}\n\nExample: voc wave {name} 1")
    @click.argument("wave_id", type=int)
    @output.directory
    @output.as_json
    @output.at
    @click.option("--because", help="Why; shown on the page.")
    def command(*, wave_id: int, directory: Path, as_json: bool, at: datetime | None, because: str | None) -> None:
        app = wiring.open_app(directory, at=at)
        if because is not None and not reason:
            raise click.UsageError(f"--because does not go with {name}.")
        more = {"because": because} if reason else {}
        with app.database.begin() as db:
            getattr(campaigns, verb)(db, wave_id, by=BY, now=app.now(), **more)
            found = wave_pages.row(db, wave_id, TERMINAL)
        if as_json:
            output.emit({"wave": wave_id, "state": found.state})
        else:
            output.say(f"Wave {wave_id}, {found.label}: {found.state}.")


_steering("pause", "pause", "Nothing more goes out until it is resumed.", reason=True)
_steering("resume", "resume", "Go on; steps that are overdue are planned anew.", reason=False)
_steering(
    "stop", "stop_wave", "End the chase of everybody; answers are still taken until the wave closes.", reason=True
)
_steering("close", "close", "Decide every invitation now and take no more answers.", reason=False)


@wave.command()
@click.argument("wave_id", type=int)
@output.directory
@output.as_json
@output.at
def release(*, wave_id: int, directory: Path, as_json: bool, at: datetime | None) -> None:
    """Let mail go that waits for a person because it was days late when it could be sent.

    Each goes in its person's next window, unless the next step is due by then.

    Example: voc wave release 1
    """
    app = wiring.open_app(directory, at=at)
    gone = 0
    while True:
        with app.database.begin() as db:
            some = campaigns.release_held(db, wave_id, by=BY, now=app.now())
        gone += some
        if not some:
            break
    if as_json:
        output.emit({"wave": wave_id, "released": gone})
    else:
        output.say(f"{gone} mails of wave {wave_id} go in each person's next window.")


@wave.command("list")
@output.directory
@output.as_json
def listing(*, directory: Path, as_json: bool) -> None:
    """Every wave with its state.

    Example: voc wave list
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = wave_pages.rows(db, TERMINAL)
    if as_json:
        output.emit({"waves": found})
        return
    output.table(
        ("id", "wave", "state", "launched"), ((w.id, w.label, w.state, f"{w.launched_at:%Y-%m-%d}") for w in found)
    )


@click.command()
@output.directory
@output.as_json
@output.at
def tick(*, directory: Path, as_json: bool, at: datetime | None) -> None:
    """Do everything that is due by a moment: mails, due dates, follow-ups, nightly figures. Rehearsals only.

    Goes from one moment at which something is due to the next, as a worker would have met them.

    Example: voc tick --at 2026-03-10T12:00 --directory try
    """
    app = wiring.open_app(directory)
    if not isinstance(app.clock, SetClock):
        runs = "runs on from the day its year ended" if isinstance(app.clock, ShiftedClock) else "keeps real time"
        raise Refused(
            f"This database {runs}: `voc serve` or `voc worker` does its work. "
            "A rehearsal is made by `voc init --rehearsal`."
        )
    relays = wiring.relays(app)
    try:
        with output.progress() as report:
            done = jobs.travel(app, relays, to=at or app.now(), report=report)
    finally:
        for relay in relays:
            relay.close()
    if as_json:
        output.emit({"at": app.now(), "done": done, "waiting": _why_mail_waits(app)})
        return
    output.say(f"It is {app.now():%A %d %B %Y, %H:%M} UTC.")
    output.table(("what", "how many"), ((name, count) for name, count in done.items() if count), right=(1,))
    if (reason := _why_mail_waits(app)) is not None:
        output.say(reason)


def _why_mail_waits(app: App) -> str | None:
    """Why mail that is due was not sent, with the mend; None if nothing waits."""
    with app.database.read() as db:
        due, wanted, paused = outbox.next_due_at(db), preferences.load(db), relay_state.sending_paused(db)
    if due is None or due > app.now():
        return None
    if paused is not None:
        return f"Mail is due and waits. {paused}: resume it on the page Delivery, or with `voc sending resume`."
    if wanted.test_mode and not wanted.test_address:
        return "Mail is due and waits: test mode has no address. Set one on the page Settings, or switch it off."
    return "Mail is due and waits for its next attempt. `voc doctor` says whether the mail server answers."
