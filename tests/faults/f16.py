"""F16: real formats of bounces are told apart, forged ones strike nobody off, and never the wrong person."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests.builders import NOW, add_account, add_contact, add_csm, add_message
from tests.delivery.world import SETTINGS
from tests.faults.databases import fresh
from tests.faults.f17 import precision_recall
from tests.faults.returned import HALVES, OUR_ID, Sample, bounce, samples
from tests.faults.table import Result, Row
from voc.base import installations, schema
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.base.words import InboundKind
from voc.delivery import run as delivery

RIGHT = 0.95
OTHER = "otto.berg@vantor.example"  # somebody else whom we mailed too

_KINDS = {
    "hard": InboundKind.HARD_BOUNCE,
    "soft": InboundKind.SOFT_BOUNCE,
    "policy": InboundKind.POLICY_BOUNCE,
}
_HARM = (InboundKind.HARD_BOUNCE, InboundKind.COMPLAINT)


@dataclass(frozen=True)
class Judged:
    """What became of one mail. `struck` are the addresses that are not mailed any more because of it."""

    sample: Sample
    recipient: str
    kind: str  # of our row; none without one
    struck: tuple[str, ...]

    @property
    def expected(self) -> str:
        return str(_KINDS.get(self.sample.kind, "none"))


def run(*, long: bool) -> Result:
    engines = ("sqlite", "postgresql") if long else ("sqlite",)
    return Result("F16", tuple(row for engine in engines for row in _rows(engine)))


def _rows(engine: str) -> list[Row]:
    """Every format together must be right in 95 of 100; the half that was held out is printed by itself too."""
    bounces, forged = ({half: _taken(what, half, engine) for half in HALVES} for what in ("bounces", "forged"))
    held = _bounces(bounces["held"], "of them the half that was held out", engine, right=0.0)
    everything = [one for half in HALVES for one in bounces[half]]
    rows = [_bounces(everything, "formats of bounces", engine, right=RIGHT), held]
    return [*rows, _forged([one for half in HALVES for one in forged[half]], engine)]


def _taken(what: str, half: str, engine: str) -> list[Judged]:
    with fresh(engine) as database:
        return received(database, samples("bounces", half, what))


def received(database: Database, mails: list[Sample]) -> list[Judged]:
    """Each mail taken by the service that runs, about a message of its own, beside one to somebody else."""
    desk = delivery.Desk(Vault([new_key()]), RandomTokens(), SETTINGS)
    with database.begin() as db:
        installations.create(db, epoch="here", now=NOW)
        add_csm(db)
        add_account(db)
        add_contact(db, "other", email=OTHER)
        add_message(db, "other", contact_id="other", address=OTHER, sent_at=NOW)
        judged = []
        for number, sample in enumerate(mails):
            recipient = sample.more.get("rcpt", f"ana{number}@calder.example")
            path = f"b-{number:032x}@bounce.kestrel.example"
            add_contact(db, f"con-{number}", email=recipient)
            message_id = OUR_ID.replace("<", f"<{number}")
            id = add_message(
                db,
                f"sent-{number}",
                contact_id=f"con-{number}",
                address=recipient,
                return_path=path,
                message_id=message_id,
                sent_at=NOW,
            )
            raw = bounce(sample, path=path, recipient=recipient, other=OTHER, key=str(number))
            before = _struck(db)
            desk.take(db, raw.replace(OUR_ID.encode(), message_id.encode()), now=NOW, source="test")
            table = schema.inbound
            kind = db.execute(select(table.c.kind).where(table.c.message_id == id)).scalar()
            judged.append(Judged(sample, recipient, kind or "none", tuple(sorted(_struck(db) - before))))
    return judged


def _struck(db: Any) -> set[str]:
    """Everybody who is not mailed any more, or whose message counts as bounced."""
    suppressed = set(db.execute(select(schema.suppression.c.address)).scalars())
    bounced = select(schema.message.c.address).where(schema.message.c.bounced_at.is_not(None))
    return suppressed | set(db.execute(bounced).scalars())


def _bounces(judged: list[Judged], what: str, engine: str, *, right: float) -> Row:
    count = sum(one.kind == one.expected for one in judged)
    wrong_person = [one.sample.name for one in judged if set(one.struck) - {one.recipient}]
    found = [f"{name}: somebody else was struck off" for name in wrong_person]
    if count / len(judged) < right:
        missed = Counter(f"{one.expected} as {one.kind}" for one in judged if one.kind != one.expected)
        found.append(f"{count} of {len(judged)} in the right class: {dict(missed)}")
    pairs = [(one.expected, one.kind) for one in judged]
    by_kind = ((name, *precision_recall(pairs, str(kind))) for name, kind in _KINDS.items())
    figures = "; ".join(f"{name} precision {precision:.1%} recall {recall:.1%}" for name, precision, recall in by_kind)
    said = f"{count} in the right class, {len(wrong_person)} wrong persons; {figures}"
    return Row(what, engine, len(judged), said, tuple(found))


def _forged(judged: list[Judged], engine: str) -> Row:
    accepted = [one.sample.name for one in judged if one.struck or one.kind in _HARM]
    found = tuple(f"{name}: was believed" for name in accepted)
    return Row("forged bounces and complaints", engine, len(judged), f"{len(accepted)} believed", found)
