"""Tables of the stage: `outbox` (messages), `relay` (the server), `inbox` (what came back), `facts` (read-models)."""
