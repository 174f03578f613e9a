"""What a bounce by webhook says about whom: the server's code and words first, then the provider's own view."""

import re

from voc.base.words import InboundKind
from voc.delivery import rules
from voc.delivery.providers.model import Report, Says

# Codes that name no cause: here the provider, who knows more of that server than we do, is believed.
_SAYS_NOTHING = re.compile(r"5\.(0|3|4)\.\d+")


def bounce_kind(report: Report, says: Says | None) -> InboundKind:
    """As `rules.bounce_kind`, and never harder than the provider says.

    Only where the server gave no cause does the provider's word alone strike an address off.
    """
    kind = rules.bounce_kind(report.code, report.text)
    silent = report.code is None or _SAYS_NOTHING.fullmatch(report.code) is not None
    if says is Says.PASSING and (silent or kind is InboundKind.HARD_BOUNCE):
        return InboundKind.SOFT_BOUNCE
    if says is Says.REPUTATION and (silent or kind is InboundKind.HARD_BOUNCE):
        return InboundKind.POLICY_BOUNCE
    if says is Says.GONE and silent and kind is InboundKind.SOFT_BOUNCE:
        return InboundKind.HARD_BOUNCE
    return kind
