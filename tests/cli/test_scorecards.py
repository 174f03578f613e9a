"""Scorecards on the terminal: every mistake and exit 1, versions, a month, no export before the approval."""

import json
from pathlib import Path

from tests.cli.test_commands import Run, rehearsal, run, sync

__all__ = ["rehearsal", "run"]

CARD = 'title = "Upkeep"\nabout = "A CRM one can rely on."\n[[line]]\nfigure = "{}"\nstandard = "90%"\nweight = 100\n'


def test_every_mistake_is_named_and_the_exit_is_1(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "ours.toml"
    wrong.write_text(CARD.format("contact_upkep").replace("100", "90"))
    code, out, _ = run("scorecards", "check", str(wrong))
    assert code == 1
    assert "ours.toml, line 4, line.figure: there is no figure 'contact_upkep'. Write contact_upkeep" in out
    assert "the weights add up to 90" in out
    code, out, _ = run("scorecards", "check", "--json")
    assert (code, json.loads(out)) == (0, {"mistakes": []})


def test_a_file_is_saved_used_and_its_month_shown_but_not_exported_unapproved(
    run: Run, rehearsal: str, tmp_path: Path
) -> None:
    sync(run, rehearsal)
    file = tmp_path / "ours.toml"
    file.write_text(CARD.format("contact_upkeep"))
    there = ("--directory", rehearsal)
    code, out, _ = run("scorecards", "save", str(file), "--use", "--json", *there)
    assert (code, json.loads(out)) == (0, {"name": "ours", "version": 1, "in_use": True})
    code, out, _ = run("scorecards", "list", "--json", *there)
    (ours,) = [one for one in json.loads(out)["scorecards"] if one["name"] == "ours"]
    assert (code, ours["in_use"], ours["since"]) == (0, 1, "2026-03")
    code, out, _ = run("scorecards", "results", "ours", "--month", "2026-03", "--json", *there)
    assert code == 0
    assert json.loads(out)["frozen"] is None
    assert json.loads(out)["results"][-1]["name"] == "All"
    code, _, err = run("scorecards", "export", "ours", str(tmp_path / "x.csv"), "--month", "2026-03", *there)
    assert code == 1
    assert not (tmp_path / "x.csv").exists()
    code, _, err = run("scorecards", "approve", "ours", "--month", "2026-03", "--by", "nobody@x.example", *there)
    assert (code, "no leader or programme owner" in err) == (1, True)
    assert run("scorecards", "show", "ours", "--month", "March", *there)[0] == 2
