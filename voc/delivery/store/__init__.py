"""Tables of the stage: `outbox` (messages), `relay` (the server), `inbox` (what came back), `facts` (read-models)."""

from voc.delivery.store.facts import health, mail_text

__all__ = ["health", "mail_text", "troubles"]
