"""Whether people can come in: admins, the second step, and the company's accounts."""

from collections.abc import Sequence
from datetime import datetime

from voc.base import identities, preferences, second_steps, staff
from voc.base.errors import Misconfigured, TryLater
from voc.base.oidc import Issuer
from voc.base.words import StaffRole
from voc.cli.doctor_mail import apart
from voc.cli.findings import Finding
from voc.web.context import App

_MEND = "See [oidc] in voc.toml; people with a password still come in, and `voc staff passwords on` allows that again."


def examine(app: App, *, now: datetime) -> list[Finding]:
    """The issuer is called where there is one. `now` is this machine's clock."""
    return [*(_issuer(app.issuer, now=now) if app.issuer is not None else ()), *people(app)]


def people(app: App) -> list[Finding]:
    with app.database.read() as db:
        linked = identities.linked_to(db, app.issuer.id) if app.issuer is not None else frozenset()
        admins = [one for one in staff.listing(db) if one.role == StaffRole.ADMIN and one.active]
        second = second_steps.all_on(db)
        wanted = preferences.load(db)
    able = [one for one in admins if one.has_password or one.id in linked]
    findings = [_admins(admins, len(able), now=app.now())]
    bare = [one.name for one in able if one.has_password and one.id not in second]
    if bare and not wanted.require_second_step:
        told = f"{' and '.join(bare)} can sign in as admin with a password alone"
        findings.append(Finding(False, told, "Require a second step on the page Settings, under Signing in."))
    return findings


def _admins(admins: Sequence[staff.Person], able: int, *, now: datetime) -> Finding:
    """An installation a minute old has an admin who did not open the first link yet."""
    if able:
        return Finding(True, f"{able} admin can sign in" if able == 1 else f"{able} admins can sign in")
    for one in admins:
        if one.invited_until is not None and one.invited_until > now:
            return Finding(
                False,
                f"no admin has a password yet: the link for {one.email} works until {one.invited_until:%Y-%m-%d}",
                f"Open the link that was printed; if it is lost, `voc staff invite {one.email}` prints another.",
            )
    return Finding(False, "no admin can sign in", "`voc staff invite ADDRESS` prints a link to set a password.")


def _issuer(issuer: Issuer, *, now: datetime) -> list[Finding]:
    issuer.forget()
    try:
        known, theirs = issuer.known(now=now), issuer.clock()
        against = issuer.why_not_us(now=now)
    except Misconfigured as wrong:
        return [
            Finding(False, f"signing in with {issuer.name}: {wrong.problem}", f"{wrong.mend}. {_MEND}", broken=True)
        ]
    except TryLater as silent:
        return [Finding(False, f"signing in with company accounts: {silent}", _MEND, broken=True)]
    ways = ", ".join(known.algorithms)
    findings = [Finding(True, f"{issuer.name} answers, with {len(known.keys.keys)} keys and {ways}")]
    if theirs is not None:
        findings.append(apart(issuer.name, theirs, now=now))
    if against is not None:
        mend = "Write the secret of today into its file or VOC_OIDC_SECRET; secrets expire."
        findings.append(Finding(False, f"{issuer.name} refuses our client id or secret ({against})", mend, broken=True))
    return findings
