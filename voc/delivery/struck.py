"""Our links in words that come back to us: whoever reads them later must not be able to answer with them.

Servers name in a refusal what they did not like, and people quote the link that did not work for them.
"""

import re

_LINK = re.compile(r"((?:/|%2[fF])[qu](?:/|%2[fF]))[A-Za-z0-9_-]{20,}")


def struck_out(text: str) -> str:
    """The text without the secret part of our links."""
    return _LINK.sub(r"\1...", text) if len(text) > 20 else text
