"""Whether what people reply, and what bounces, comes back to us: what can be known without and with a probe."""

from datetime import datetime, timedelta

from voc.base.settings import sees_replies
from voc.cli.findings import Finding
from voc.delivery.model import Handed, Relay
from voc.delivery.run import probing
from voc.delivery.run.probing import Probe
from voc.delivery.store import inbox, mailboxes
from voc.web.context import App

PATIENCE = timedelta(minutes=10)  # a mailbox is read twice a minute; a greylisting server takes its time
_OLD = timedelta(days=90)
_PROBE = "`voc doctor --probe-replies` sends a mail to ourselves and says whether it came back."


def examine(app: App) -> list[Finding]:
    """By what came back so far, and by the last probe."""
    now = app.now()
    with app.database.read() as db:
        probe, latest = probing.last_probe(db), inbox.latest(db)
        standing = mailboxes.standing(db)
    reads = app.settings.inbound.imap is not None or app.settings.inbound.listener is not None
    if not reads and not standing and latest is None:
        what = "nothing reads what comes back: bounces and automatic replies are not seen"
        mend = "Name a mailbox ([inbound.imap]) or a listener ([inbound.listener]) in voc.toml, or set a webhook's key."
        return [Finding(app.demo, what, mend)]
    where = app.settings.mail.bounce_domain or app.settings.mail.from_address.rpartition("@")[2]
    replies = "replies and bounces" if sees_replies(app.settings) else "bounces"
    return [_judged(f"{replies} to b-…@{where}", probe, latest, now=now)]


def _judged(what: str, probe: Probe | None, latest: datetime | None, *, now: datetime) -> Finding:
    if probe is not None and probe.trouble is not None:
        return Finding(False, f"no server took the probe of {what}: {probe.trouble}", "Mend that, then probe again.")
    if probe is not None and probe.came_at is not None:
        seconds = int((probe.came_at - probe.sent_at).total_seconds())
        return Finding(True, f"{what} come back: the probe of {probe.sent_at:%Y-%m-%d %H:%M} UTC did after {seconds} s")
    if probe is not None and (latest is None or latest < probe.sent_at):
        since = f"the probe of {probe.sent_at:%Y-%m-%d %H:%M} UTC has not come back"
        if now - probe.sent_at < PATIENCE:
            return Finding(True, f"{what}: {since} yet; look again in some minutes")
        mend = (
            "Let the mail server of that domain deliver every b-…@ address to the mailbox or listener of [inbound], "
            'see that a worker runs, then probe again. Until then set reply_to = "csm" under [mail]: replies are lost.'
        )
        return Finding(False, f"{what} do not come back: {since}", mend, broken=True)
    if latest is None:
        return Finding(False, f"whether {what} come back is not known: nothing ever did", _PROBE)
    old = now - latest > _OLD
    return Finding(not old, f"{what}: the last one came back on {latest:%Y-%m-%d}", _PROBE)


def probe(app: App, relay: Relay) -> Finding:
    """Hand a mail to ourselves to the first mail server; what it said."""
    now = app.now()
    with app.database.begin() as db:
        prepared = probing.prepare(db, now=now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    handed: Handed | None = relay.lines[0].hand_over(prepared.envelope, before_final_dot=lambda: True)
    with app.database.begin() as db:
        done = probing.note_handed(db, prepared, handed, now=now)
    if done.trouble is not None:
        return Finding(False, f"{relay.name} did not take the probe: {done.trouble}", "Mend that, then probe again.")
    return Finding(True, f"a probe to {done.address} is on its way; `voc doctor` says when it came back")
