"""Make an installation, run it, and ask what is wrong with it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from voc import app as wiring
from voc.base.clock import SystemClock
from voc.cli import doctor_replies, output, serving
from voc.cli.doctor import examine
from voc.cli.findings import Finding, summary
from voc.web.context import App


@click.command()
@output.directory
@output.as_json
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the options and defaults.")
@click.option("--rehearsal", is_flag=True, help="A database that `--at` moves through time; for trying things out.")
@click.option("--at", type=output.Moment(), help="Where the rehearsal begins (UTC); now if not named.")
@click.option("--company", default="Our company", help="Your company, as its customers know it.")
@click.option("--database", default="sqlite:///voc.db", help="sqlite:///FILE or postgresql+psycopg://...")
@click.option("--base-url", default="http://127.0.0.1:8000", help="What the links in mails begin with.")
@click.option("--from-address", default="feedback@localhost.localdomain", help="Whom mails come from.")
@click.option("--mail-host", default="127.0.0.1", help="The SMTP server that takes our mail.")
@click.option("--mail-port", default=25, help="Its port.")
@click.option("--test-address", help="Where every mail goes while test mode is on.")
@click.option("--admin-name", default="Programme owner", help="The first person who may sign in.")
@click.option("--admin-email", default="admin@localhost.localdomain", help="Their address, for signing in.")
def init(
    *,
    directory: Path,
    as_json: bool,
    yes: bool,
    rehearsal: bool,
    at: datetime | None,
    company: str,
    database: str,
    base_url: str,
    from_address: str,
    mail_host: str,
    mail_port: int,
    test_address: str | None,
    admin_name: str,
    admin_email: str,
) -> None:
    """Write voc.toml and the key, create the database and the first admin.

    Example: voc init --yes --directory try --company "Kestrel Works" --rehearsal --at 2026-03-02T08:00
    """
    if at is not None and not rehearsal:
        raise click.UsageError("--at goes with --rehearsal: any other database keeps real time.")
    if not yes:
        company = click.prompt("Your company, as its customers know it", default=company)
        base_url = click.prompt("Where will the pages be? Links in mails begin with it", default=base_url)
        from_address = click.prompt("Whom do mails come from", default=from_address)
        mail_host = click.prompt("SMTP server", default=mail_host)
        mail_port = click.prompt("SMTP port", default=mail_port, type=int)
        admin_name = click.prompt("Name of the first admin", default=admin_name)
        admin_email = click.prompt("Their mail address", default=admin_email)
    now = SystemClock().now()
    wishes = wiring.Wishes(company, database, base_url, from_address, mail_host, mail_port, test_address=test_address)
    admin = wiring.Admin(admin_name, admin_email)
    made, invite = wiring.make_with_admin(directory, wishes, admin, now=now, moment=(at or now) if rehearsal else None)
    if as_json:
        output.emit({"directory": str(directory.resolve()), "database": made.settings.database, "invite": invite})
        return
    output.say(f"Made {directory.resolve() / 'voc.toml'} and its database.")
    output.say(f"{admin_name} sets a password here, once `voc serve` runs (valid for 7 days):\n  {invite}")
    output.say("Keep a copy of secret.key outside this machine: without it stored mail cannot be read.")
    where = test_address or "one address, to be set on the page Settings,"
    output.say(f"Test mode is on: every mail goes to {where} until it is off.")


@click.command()
@output.directory
def serve(*, directory: Path) -> None:
    """Web pages and worker in one process: the default for a team.

    Example: voc serve --directory /srv/voc
    """
    serving.run(wiring.open_app(directory), web=True, worker=True)


@click.command()
@output.directory
def web(*, directory: Path) -> None:
    """Only the pages; any number of processes on PostgreSQL.

    Example: voc web --directory /srv/voc
    """
    serving.run(wiring.open_app(directory), web=True, worker=False)


@click.command()
@output.directory
def worker(*, directory: Path) -> None:
    """Only the jobs: sending, follow-up clocks, sync, nightly figures.

    Example: voc worker --directory /srv/voc
    """
    serving.run(wiring.open_app(directory), web=False, worker=True)


_GLYPHS = {"broken": "▲ Broken", "look": "◐ Look", "well": "● Well"}


def _tell(findings: Sequence[Finding]) -> None:
    """The worst first, each with what to do."""
    output.say(f"{summary(findings)}.\n")
    for state, glyph in _GLYPHS.items():
        for finding in findings:
            if finding.state == state:
                output.say(click.wrap_text(finding.what, 100, f"{glyph:10}", " " * 10))
                if not finding.good and finding.mend:
                    output.say(click.wrap_text(finding.mend, 100, " " * 10, " " * 10))


def _probe(app: App) -> Finding:
    if app.demo:
        return Finding(True, "nothing leaves a demonstration: no probe was sent")
    servers = wiring.relays(app)
    try:
        return doctor_replies.probe(app, servers[0])
    finally:
        for server in servers:
            server.close()


@click.command()
@output.directory
@output.as_json
@click.option("--crm", is_flag=True, help="Speak to the CRM too: rights, fields, what changed in 30 days.")
@click.option("--probe-replies", is_flag=True, help="Send a mail to ourselves, to see whether replies come back.")
def doctor(*, directory: Path, as_json: bool, crm: bool, probe_replies: bool) -> None:
    """Say in plain words what is wrong with this installation and what to do. Exit 1 if anything is.

    Example: voc doctor --directory /srv/voc
    """
    app = wiring.open_app(directory)
    probed = [_probe(app)] if probe_replies else []
    findings = [*probed, *examine(app, crm=crm)]
    if as_json:
        told = [{**asdict(finding), "state": finding.state} for finding in findings]
        output.emit({"summary": summary(findings), "findings": told})
    else:
        _tell(findings)
    if any(not finding.good for finding in findings):
        raise SystemExit(1)
