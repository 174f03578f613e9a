"""Who may sign in."""

from pathlib import Path

import click

from voc import app as wiring
from voc.base import identities, preferences, second_steps
from voc.base import staff as people
from voc.base.words import StaffRole
from voc.cli import output
from voc.web import store
from voc.web.context import App

BY = "terminal"


@click.group()
def staff() -> None:
    """Who may sign in, and as what."""


@staff.command("list")
@output.directory
@output.as_json
def listing(*, directory: Path, as_json: bool) -> None:
    """Everybody with their role and last sign-in.

    Example: voc staff list
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = people.listing(db)
        linked = identities.linked_to(db, app.issuer_id) if app.issuer_id else frozenset()
    if as_json:
        output.emit({"staff": found})
        return
    output.table(
        ("id", "name", "address", "role", "in the CRM", "access", "last sign-in"),
        (
            (
                person.id,
                person.name,
                person.email,
                person.role,
                person.csm_name,
                _access(person, linked=person.id in linked),
                person.signed_in_at and f"{person.signed_in_at:%Y-%m-%d %H:%M}",
            )
            for person in found
        ),
    )


def _access(person: people.Person, *, linked: bool) -> str:
    if not person.active:
        return "ended"
    if linked:
        return "yes, company account"
    return "yes" if person.has_password else "invited" if person.invited_until else "no password yet"


@staff.command()
@output.directory
@output.as_json
@click.option("--email", required=True, help="Their mail address: what they sign in with.")
@click.option("--name", required=True, help="Their name.")
@click.option("--role", type=click.Choice([role.value for role in StaffRole]), required=True)
@click.option("--csm", help="Their id in the CRM: a CSM's own, a lead's as manager.")
def add(*, directory: Path, as_json: bool, email: str, name: str, role: str, csm: str | None) -> None:
    """Add a person and print the link with which they set a password.

    Example: voc staff add --email dana@example.com --name "Dana Whitlock" --role csm --csm 0055f00000PKKOQAA5
    """
    app = wiring.open_app(directory)
    now = app.now()
    with app.database.begin() as db:
        staff_id = people.add(db, email=email, name=name, role=StaffRole(role), csm_id=csm, by=BY, now=now)
        token = people.invite(db, staff_id, tokens=app.tokens, by=BY, now=now)
    _show_link(app, staff_id, token, as_json=as_json)


@staff.command()
@output.directory
@output.as_json
@click.argument("email")
def invite(*, directory: Path, as_json: bool, email: str) -> None:
    """A new link to set a password; an earlier one stops working.

    Example: voc staff invite dana@example.com
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        person = people.by_email(db, email)
        token = people.invite(db, person.id, tokens=app.tokens, by=BY, now=app.now())
    _show_link(app, person.id, token, as_json=as_json)


@staff.command("forget-device")
@output.directory
@output.as_json
@click.argument("email")
def forget_device(*, directory: Path, as_json: bool, email: str) -> None:
    """Take off somebody's second step: the phone is lost, and so are the recovery codes.

    Make sure that it is them who ask. Their sessions end; a programme owner sets it up anew at the next sign-in.

    Example: voc staff forget-device clara@example.com
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        person = people.by_email(db, email)
        was_on = second_steps.take_off(db, person.id, by=BY, now=app.now())
        store.close_sessions_of(db, person.id)
    if as_json:
        output.emit({"id": person.id, "was_on": was_on})
        return
    output.say(f"{person.name} has no second step{' any more' if was_on else ''}, and is signed out everywhere.")


@staff.command()
@output.directory
@output.as_json
@click.argument("state", type=click.Choice(["on", "off"]))
def passwords(*, directory: Path, as_json: bool, state: str) -> None:
    """Let people sign in with passwords of their own, or not: `on` is the way in when the issuer fails.

    Example: voc staff passwords on
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        if state == "off":
            identities.check_without_passwords(db, issuer=app.issuer_id)
        preferences.change(db, {"passwords_allowed": state == "on"}, actor=BY, now=app.now())
    if as_json:
        output.emit({"passwords": state == "on"})
        return
    output.say("Passwords open the door again." if state == "on" else "Only the company's accounts open the door now.")


def _show_link(app: App, staff_id: int, token: str, *, as_json: bool) -> None:
    link = f"{app.settings.base_url}/invite/{token}"
    if as_json:
        output.emit({"id": staff_id, "invite": link})
        return
    output.say(f"Give them this link; it works once, for {people.INVITE_LASTS.days} days:\n  {link}")
