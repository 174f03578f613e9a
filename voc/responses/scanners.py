"""Mail gateways open every link, run the page's script, and some submit forms. Pure.

Suspicion is a property of one rendering: a person who opens the mail five seconds after a gateway
crawled it gets a page of their own and is believed. What remains is a scanner that opens one link
only, waits, leaves hidden fields and links alone and presses a button: it looks like a person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from voc.responses.model import Rendering, Suspicion

LEAST_AGE = timedelta(seconds=1.5)
SCORES = 3
WITHIN = timedelta(seconds=10)
SETTLED = timedelta(seconds=60)
"""After that a gateway has been through the mail: every answer is judged once more, and follow-ups open from then."""


def suspicion(
    rendering: Rendering, *, now: datetime, trap_filled: bool, scores: Sequence[tuple[datetime, int]]
) -> Suspicion | None:
    """Why this page may not have been posted by a person, or None.

    `scores` are the score links of the same mail that the rendering's own source opened around it.
    """
    if trap_filled:
        return Suspicion.TRAP_FILLED
    if rendering.trapped_at is not None:
        return Suspicion.TRAP_FOLLOWED
    if now - rendering.at < LEAST_AGE:
        return Suspicion.TOO_FAST
    if in_a_burst(rendering.at, scores):
        return Suspicion.MANY_SCORES
    return None


def in_a_burst(at: datetime, scores: Sequence[tuple[datetime, int]]) -> bool:
    """Whether some ten seconds that include `at` hold three or more different scores."""
    for start, _ in (*scores, (at, -1)):
        if start <= at <= start + WITHIN:
            within = {score for moment, score in scores if start <= moment <= start + WITHIN}
            if len(within) >= SCORES:
                return True
    return False
