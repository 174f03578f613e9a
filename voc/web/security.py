"""Headers of every answer, error pages too: `before_send` is the only hook that reaches them all.

A page that needs another policy (the respondent's, with its hashed style) sets its own; it is kept.
"""

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    # Nothing but static files says otherwise: a page may hold names and answers.
    "Cache-Control": "no-store",
}


def add_headers(*, https: bool) -> BeforeMessageSendHookHandler:
    headers = dict(HEADERS)
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    standing = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def before_send(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _value in message["headers"]}
            message["headers"] = [*message["headers"], *(one for one in standing if one[0] not in present)]

    return before_send
