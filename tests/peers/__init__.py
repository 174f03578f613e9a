"""Real systems of others beside our stand-ins. They take minutes, so they run when asked: `python -m tests.peers`."""
