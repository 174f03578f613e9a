"""What is known of one person: give it out, or take it away."""

import os
from datetime import date
from pathlib import Path

import click
import msgspec

from voc import app as wiring
from voc.base import audit
from voc.base.access import TERMINAL
from voc.base.erasure import erasing
from voc.base.erasure.erasing import KEPT, Receipt
from voc.base.erasure.person import export as rows_of
from voc.base.erasure.person import find
from voc.base.errors import NotFound, Refused
from voc.cli import output
from voc.delivery import run as delivery
from voc.stakeholders import run as stakeholders


@click.group()
def person() -> None:
    """What is known of one person: export or erase it; write down a consent, or that a bounced mailbox works again.

    Example: voc person export ana.ruiz@calder.example --to ana.json
    """


@person.command()
@output.directory
@click.argument("who")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="A new file; the screen if not named.")
@click.option(
    "--confidential", is_flag=True, help="With what they answered in confidence, for their eyes only: audited."
)
def export(*, directory: Path, who: str, to: Path | None, confidential: bool) -> None:
    """Everything that is kept about that person, as one JSON document: every row, mails opened.

    What they answered in confidence is left out, because you would read it: with --confidential it is in, the
    audit log says that you took it, and you hand the file to them unread.

    Example: voc person export ana.ruiz@calder.example --to ana.json --directory /srv/voc
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        found = find(db, who)
        tables = rows_of(db, found, app.vault, confidential=confidential)
        if not tables:
            raise NotFound(f"Nothing is kept about {who}.")
        # By the record's id, never the address: that is taken out when the person is erased.
        whose = min(found.ids, default="somebody")
        action = "exported with confidential answers" if confidential else "exported"
        audit.record(db, at=app.now(), actor="terminal", action=action, object_kind="contact", object_id=whose)
    document = {"person": who, "at": app.now(), "records": sorted(found.ids), "tables": tables}
    text = msgspec.json.format(msgspec.json.encode(document, enc_hook=str), indent=2)
    if to is None:
        output.say(text.decode())
        return
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as mistake:
        raise Refused(f"{to} cannot be written: {mistake.strerror}. Name a new file.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(text + b"\n")
    output.say(f"Wrote {sum(len(rows) for rows in tables.values())} rows of {len(tables)} tables to {to}.")


@person.command()
@output.directory
@output.as_json
@click.argument("contact_id")
@click.option("--on", type=output.Day(), help="The day on which they said so.")
@click.option("--source", help="Where it is written down, such as: order form, mail of 3 March.")
@click.option("--withdraw", is_flag=True, help="They no longer agree: nothing more goes out to them.")
def consent(
    *, directory: Path, as_json: bool, contact_id: str, on: date | None, source: str | None, withdraw: bool
) -> None:
    """Write down that a contact (the CRM's id) agreed to be asked by mail, or no longer does.

    Example: voc person consent 003A --on 2026-03-03 --source "order form"
    """
    if withdraw == (on is not None and source is not None):
        raise click.UsageError("Give --on and --source, or --withdraw.")
    app = wiring.open_app(directory)
    stopped = 0
    with app.database.begin() as db:
        if on is not None and source is not None:
            stakeholders.record_consent(
                db, contact_id=contact_id, given_on=on, source=source, viewer=TERMINAL, now=app.now()
            )
        else:
            stopped = delivery.consent_withdrawn(db, contact_id, viewer=TERMINAL, now=app.now())
    if as_json:
        output.emit({"contact": contact_id, "consented_on": on, "chases_stopped": stopped})
        return
    output.say(f"Consent of {contact_id} is {'withdrawn' if withdraw else 'recorded'}.")
    if stopped:
        output.say(f"Chases that stopped: {stopped}.")


@person.command("works-again")
@output.directory
@output.as_json
@click.argument("contact_id")
def works_again(*, directory: Path, as_json: bool, contact_id: str) -> None:
    """The bounced mailbox of a contact (the CRM's id) was repaired: it is mailed again, from the next wave on.

    One more bounce ends it again. An opt-out or a complaint cannot be lifted.

    Example: voc person works-again 003A
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        name = stakeholders.lift_bounce(db, contact_id=contact_id, viewer=TERMINAL, now=app.now())
    if as_json:
        output.emit({"contact": contact_id, "bounce_lifted": True})
        return
    output.say(f"The address of {name} is mailed again, from the next wave on.")


@person.command()
@output.directory
@output.as_json
@click.argument("who")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def erase(*, directory: Path, as_json: bool, who: str, yes: bool) -> None:
    """Take away everything that says who that person is, and never mail them again. It cannot be undone.

    The counts behind the figures stay, without a name. The CRM keeps its own record: delete it there.
    Only the person's digests are remembered, so that neither the CRM nor an older backup brings them back.

    Example: voc person erase ana.ruiz@calder.example --directory /srv/voc
    """
    app = wiring.open_app(directory)
    if not yes:
        click.confirm(f"Erase everything about {who}? It cannot be undone.", abort=True, err=True)
    receipt = erasing.erase(
        app.database,
        who,
        vault=app.vault,
        tokens=app.tokens,
        erased_file=Path(app.settings.erased_file),
        by="terminal",
        now=app.now(),
    )
    if as_json:
        output.emit({"receipt": receipt, "kept": dict(KEPT)})
    else:
        _tell(receipt, who)


def _tell(receipt: Receipt, who: str) -> None:
    if not receipt.found:
        if "@" not in who:
            raise NotFound(f"There is no contact {who}. Name the mail address, so that it is remembered.")
        output.say(f"Nothing was kept about {who}. The address is remembered: it does not come back from the CRM.")
        return
    rows = [(name, count, "removed") for name, count in receipt.removed.items()]
    rows += [(name, count, "emptied, still counted") for name, count in receipt.emptied.items()]
    rows += [(name, count, "named there, taken out") for name, count in receipt.searched.items()]
    rows += [("audit", receipt.audit_lines, "named there, taken out")] if receipt.audit_lines else []
    output.say(f"Receipt of {receipt.at:%d %B %Y, %H:%M} UTC")
    output.table(("table", "rows", "what became of them"), rows, right=(1,))
    output.say("Kept, and why:")
    for what, why in KEPT:
        output.say(f"  {what}: {why}.")
    output.say(
        "Backups from before still know the person until they are restored; then the list here erases them anew."
    )
