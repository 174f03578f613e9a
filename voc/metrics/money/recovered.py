"""Detractors at their next wave: who came back, of all who were asked again and of those who answered (6). Pure."""

from voc.metrics.model import Fact
from voc.metrics.money.facts import Again, Client
from voc.metrics.money.rows import Terms, row
from voc.metrics.recovery import DETRACTOR_TO

RECOVERED, UNHAPPY, SILENT = "recovered", "still_unhappy", "silent"


def recovery_of_all(client: Client, terms: Terms) -> list[Fact]:
    """Silence is no recovery: it is in the denominator."""
    return [_row(client, one, whole=1.0) for one in client.again if terms.holds(one.on)]


def recovery_of_answered(client: Client, terms: Terms) -> list[Fact]:
    """Those who were silent stand beside."""
    return [_row(client, one, whole=float(one.then is not None)) for one in client.again if terms.holds(one.on)]


def _row(client: Client, one: Again, *, whole: float) -> Fact:
    back = one.then is not None and one.then > DETRACTOR_TO
    label = RECOVERED if back else SILENT if one.then is None else UNHAPPY
    return row(
        client,
        one.owner,
        float(back),
        whole,
        label,
        kind="invitation",
        id=one.id,
        on=one.on,
        contact_id=one.contact_id,
    )
