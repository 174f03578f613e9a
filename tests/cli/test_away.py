"""Who is away, on the terminal."""

import json
from pathlib import Path

from tests.builders import add_csm
from tests.cli.test_commands import Run, rehearsal, run
from voc import app as wiring

__all__ = ["rehearsal", "run"]


def test_a_deputy_is_named_listed_and_ended(run: Run, rehearsal: str) -> None:
    there = ("--directory", rehearsal)
    app = wiring.open_app(Path(rehearsal))
    with app.database.begin() as db:
        add_csm(db, "csm-8", name="Dana Whitlock", email="dana@vendor.example")
        add_csm(db, "csm-9", name="Ben Carver", email="ben@vendor.example")
    today = app.now().date().isoformat()
    app.database.close()
    days = ("--from", today, "--to", today)
    assert run("away", "list", *there)[1] == "Nobody is away.\n"
    code, _out, err = run("away", "set", "csm-8", "--deputy", "csm-8", *days, *there)
    assert (code, "nobody stands in for themselves" in err) == (1, True)
    assert run("away", "set", "nobody", "--deputy", "csm-9", *days, *there)[0] == 1
    code, out, _ = run("away", "set", "csm-8", "--deputy", "csm-9", *days, *there)
    assert (code, out) == (0, f"Ben Carver stands in for Dana Whitlock from {today} to {today}.\n")
    (one,) = json.loads(run("away", "list", "--json", *there)[1])
    assert (one["csm"], one["deputy"], one["from"], one["said_by"]) == ("csm-8", "csm-9", today, "terminal")
    assert run("away", "end", str(one["id"]), *there)[1] == "Dana Whitlock looks after the follow-ups again.\n"
    assert run("away", "end", str(one["id"]), *there)[0] == 1
