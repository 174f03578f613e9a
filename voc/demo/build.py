"""Make the demo's database: install, read the CRM, let people in, play the year."""

from pathlib import Path

from voc import app as wiring
from voc.accounts import run as accounts
from voc.base import installations, passwords, preferences, settings, staff
from voc.base.words import StaffRole
from voc.campaigns import run as campaigns
from voc.demo import company, crm, store
from voc.demo.chance import Chance
from voc.demo.mailbox import Mailbox
from voc.demo.pages import PASSWORD, SignIn
from voc.demo.year import ENDS_AT, STARTS_AT, Report, Year
from voc.stakeholders import run as stakeholders
from voc.web.context import App

_BY = "voc demo"


def build(folder: Path, *, seed: int, report: Report, port: int = 8000) -> store.Totals:
    """A year of history in that folder. The same seed gives the same year."""
    world = company.build(Chance(seed))
    wishes = wiring.Wishes(
        company.COMPANY,
        base_url=f"http://127.0.0.1:{port}",
        from_address=f"feedback@{company.DOMAIN}",
        port=port,
        authenticated_domains=(company.DOMAIN,),
    )
    app = wiring.make(folder, wishes, now=STARTS_AT, moment=STARTS_AT, demo_seed=seed)
    finished = folder / settings.FILE
    unfinished = finished.rename(folder / "voc.toml.unfinished")  # killed halfway, it is nothing that can be served
    mailbox = Mailbox(folder)
    try:
        with app.database.begin() as db:
            preferences.change(db, wanted(), actor=_BY, now=STARTS_AT)
            # Half of the accounts get no heads-up: the waves' pages show what it is worth.
            campaigns.change_settings(db, "relationship", {"heads_up_share": 0.5}, by=_BY, now=STARTS_AT)
        _first_sync(app, world, folder / "crm")
        _let_in(app, world)
        Year(app, world, mailbox, exports=folder / "crm", seed=seed, report=report).play()
        with app.database.begin() as db:
            installations.move(db, to=ENDS_AT)
        with app.database.read() as db:
            totals = store.totals(db)
        unfinished.rename(finished)
        return totals
    finally:
        mailbox.close()
        app.database.close()


def wanted() -> dict[str, object]:
    return {
        "test_mode": False,
        "opens": "10:00",  # the year goes by in half hours: a window that ends on one is open when its mail goes
        "closes": "11:00",
        "reporting_currency": "EUR",
        "default_time_zone": "Europe/Berlin",
        "default_country": "DE",
        "business_country": "DE",
        "gross_margin": 0.78,
    }


def _first_sync(app: App, world: company.World, exports: Path) -> None:
    source = accounts.open_source(f"csv:{crm.export(world, exports, company.STARTS_ON)}")
    accounts.sync(app.database, source, as_of=company.STARTS_ON, now=STARTS_AT)
    with app.database.begin() as db:
        stakeholders.catch_up(db, STARTS_AT)


def _let_in(app: App, world: company.World) -> None:
    """Every CSM, both leads, the leader and an admin, with one password for all: it is printed anyway."""
    digest = passwords.digest(PASSWORD)
    roles = {"Customer success manager": StaffRole.CSM, "VP Customer Success": StaffRole.LEADER}
    people = [(e.email, e.name, roles.get(e.title, StaffRole.LEAD), e.id) for e in world.staff]
    people.append((f"clara.wendt@{company.DOMAIN}", "Clara Wendt", StaffRole.ADMIN, ""))
    with app.database.begin() as db:
        for email, name, role, csm_id in people:
            theirs = csm_id if role in (StaffRole.CSM, StaffRole.LEAD) else None
            staff_id = staff.add(db, email=email, name=name, role=role, csm_id=theirs, by=_BY, now=STARTS_AT)
            token = staff.invite(db, staff_id, tokens=app.tokens, by=_BY, now=STARTS_AT)
            staff.accept(db, token, password_hash=digest, now=STARTS_AT)


def sign_ins() -> list[SignIn]:
    """Whom to sign in as, to see each role."""
    at = company.DOMAIN
    return [
        SignIn("Dana Whitlock, CSM", f"dana.whitlock@{at}", "her own accounts"),
        SignIn("Ingrid Solheim, team lead", f"ingrid.solheim@{at}", "the accounts of team Europe"),
        SignIn("Marcus Oyelaran, leader", f"marcus.oyelaran@{at}", "everything"),
        SignIn("Clara Wendt, programme owner", f"clara.wendt@{at}", "everything, and the settings"),
    ]
