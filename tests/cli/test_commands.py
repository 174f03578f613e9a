"""The terminal: honest exit codes, one JSON document, nothing half-written, each refusal with its mend."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from voc.cli import main
from voc.cli.main import COMMANDS, voc

SAMPLE = Path(__file__).parent.parent / "accounts" / "crm-sample"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("sync", ...)`: exit code, stdout, stderr of the command line as a shell would see them."""

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


@pytest.fixture
def rehearsal(run: Run, tmp_path: Path) -> str:
    folder = str(tmp_path / "try")
    words = (
        "--yes",
        "--rehearsal",
        "--at",
        "2026-03-02T08:00",
        "--company",
        "Kestrel Works",
    )
    assert run("init", "--directory", folder, *words)[0] == 0
    return folder


def sync(run: Run, folder: str, day: str = "day1", as_of: str = "2026-03-02") -> dict[str, object]:
    source = f"csv:{SAMPLE / day}"
    code, out, _ = run("sync", "--directory", folder, "--source", source, "--as-of", as_of, "--json")
    assert code == 0
    found: dict[str, object] = json.loads(out)
    return found


def test_init_makes_an_installation_once_and_never_overwrites_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    code, out, _ = run("init", "--yes", "--directory", str(folder), "--json")
    assert code == 0
    assert "/invite/" in json.loads(out)["invite"]
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
    before = (folder / "voc.toml").read_text()
    code, _, err = run("init", "--yes", "--directory", str(folder))
    assert code == 1
    assert "never overwritten" in err
    assert (folder / "voc.toml").read_text() == before


def test_a_folder_without_an_installation_says_what_to_do(run: Run, tmp_path: Path) -> None:
    code, out, err = run("figures", "--directory", str(tmp_path))
    assert (code, out) == (1, "")
    assert "voc init" in err


def test_a_missing_key_file_is_named_with_its_mend(run: Run, rehearsal: str) -> None:
    (Path(rehearsal) / "secret.key").unlink()
    code, _, err = run("staff", "list", "--directory", rehearsal)
    assert code == 1
    assert "secret.key" in err
    assert "back there" in err
    assert "voc init" not in err


def test_sending_is_paused_and_resumed_from_the_terminal_and_the_doctor_says_how(run: Run, rehearsal: str) -> None:
    assert run("sending", "resume", "--directory", rehearsal)[0] == 1
    assert run("sending", "pause", "The relay is moved", "--directory", rehearsal)[0] == 0
    _, told, _ = run("doctor", "--directory", rehearsal)
    assert "The relay is moved" in told
    assert "on the page Delivery or with `voc sending resume`" in told
    assert "no admin has a password yet: the link for" in told
    assert json.loads(run("sending", "resume", "--directory", rehearsal, "--json")[1]) == {"sending_paused": False}


def test_a_restored_backup_names_what_is_left_to_do_and_asks_how_to_resume(
    run: Run, rehearsal: str, tmp_path: Path
) -> None:
    file, folder = tmp_path / "backup.zip", tmp_path / "restored"
    assert run("backup", str(file), "--directory", rehearsal)[0] == 0
    code, out, _ = run("restore", str(file), "--directory", str(folder))
    assert code == 0
    assert all(word in out for word in ("secret.key", "erased.list", "voc serve", "Delivery"))
    (folder / "secret.key").write_bytes((Path(rehearsal) / "secret.key").read_bytes())
    code, _, err = run("sending", "resume", "--directory", str(folder))
    assert code == 1
    assert "--mail-nobody-twice" in err
    assert run("sending", "resume", "--mail-nobody-twice", "--directory", str(folder))[0] == 0


def test_a_wrong_setting_names_its_key(run: Run, rehearsal: str) -> None:
    path = Path(rehearsal) / "voc.toml"
    path.write_text(path.read_text() + "\nprot = 8000\n")
    code, _, err = run("doctor", "--directory", rehearsal)
    assert code == 1
    assert "prot" in err


def test_syncing_twice_changes_nothing_and_says_so(run: Run, rehearsal: str) -> None:
    first, second = sync(run, rehearsal), sync(run, rehearsal)
    assert first["changed"] is True
    assert second["changed"] is False
    assert second["message"] == "Nothing changed."


def test_a_missing_export_is_refused_and_leaves_nothing(run: Run, rehearsal: str, tmp_path: Path) -> None:
    code, out, err = run("sync", "--directory", rehearsal, "--source", f"csv:{tmp_path / 'nowhere'}")
    assert (code, out) == (1, "")
    assert "nowhere" in err
    code, out, _ = run("recruiting", "--directory", rehearsal, "--json")
    assert json.loads(out) == {"steps": []}


def test_a_broken_export_keeps_the_last_good_data(run: Run, rehearsal: str, tmp_path: Path) -> None:
    sync(run, rehearsal)
    broken = tmp_path / "broken"
    shutil.copytree(SAMPLE / "day1", broken)
    (broken / "Account.csv").unlink()
    code, _, err = run("sync", "--directory", rehearsal, "--source", f"csv:{broken}", "--as-of", "2026-03-03")
    assert code == 1
    assert "Account.csv" in err
    _, out, _ = run("wave", "rehearse", "relationship", "--directory", rehearsal, "--json")
    assert json.loads(out)["asked"] > 0


def test_a_rehearsal_writes_nothing_and_a_launch_freezes_the_same_people(run: Run, rehearsal: str) -> None:
    sync(run, rehearsal)
    code, out, _ = run("wave", "rehearse", "relationship", "--directory", rehearsal, "--json")
    rehearsed = json.loads(out)
    assert code == 0
    assert json.loads(run("wave", "list", "--directory", rehearsal, "--json")[1]) == {"waves": []}
    code, out, _ = run("wave", "launch", "relationship", "--directory", rehearsal, "--json")
    assert code == 0
    waves = json.loads(run("wave", "list", "--directory", rehearsal, "--json")[1])["waves"]
    assert [wave["asked"] for wave in waves] == [rehearsed["asked"]]
    assert waves[0]["not_asked"] == sum(rehearsed["not_asked"].values())


def test_a_wave_is_paused_resumed_and_stopped_and_a_second_launch_is_refused(run: Run, rehearsal: str) -> None:
    sync(run, rehearsal)
    assert run("wave", "launch", "--directory", rehearsal)[0] == 0
    code, _, err = run("wave", "launch", "--directory", rehearsal)
    assert code == 1
    assert "is not over" in err
    steps = (("pause", "--because", "site down"), ("resume",), ("stop", "--because", "wrong list"))
    for verb, *more in steps:
        code, out, _ = run("wave", verb, "1", "--directory", rehearsal, "--json", *more)
        assert code == 0
    assert json.loads(out)["state"] == "stopped"
    code, _, err = run("wave", "release", "1", "--directory", rehearsal)
    assert code == 1
    assert "it cannot be released" in err


def test_mail_that_was_days_late_is_let_go_from_the_terminal(run: Run, rehearsal: str) -> None:
    sync(run, rehearsal)
    run("wave", "launch", "--directory", rehearsal)
    code, out, _ = run("wave", "release", "1", "--directory", rehearsal, "--json")
    assert (code, json.loads(out)) == (0, {"wave": 1, "released": 0})


def test_time_moves_forward_only_and_only_in_a_rehearsal(run: Run, rehearsal: str, tmp_path: Path) -> None:
    assert run("tick", "--directory", rehearsal, "--at", "2026-03-05T12:00")[0] == 0
    code, _, err = run("tick", "--directory", rehearsal, "--at", "2026-03-04T12:00")
    assert code == 1
    assert "cannot go back" in err
    real = str(tmp_path / "real")
    run("init", "--yes", "--directory", real)
    code, _, err = run("tick", "--directory", real, "--at", "2026-03-05T12:00")
    assert code == 1
    assert "--rehearsal" in err


def test_a_tick_says_why_mail_that_is_due_did_not_go(run: Run, rehearsal: str) -> None:
    sync(run, rehearsal)
    assert run("wave", "launch", "--directory", rehearsal)[0] == 0
    code, out, _ = run("tick", "--directory", rehearsal, "--at", "2026-03-04T12:00")
    assert code == 0
    assert "test mode has no address" in out


def test_figures_come_with_count_interval_and_state(run: Run, rehearsal: str) -> None:
    sync(run, rehearsal)
    code, out, _ = run("figures", "--scope", "csm", "--directory", rehearsal, "--json")
    figures = json.loads(out)["figures"]
    assert code == 0
    assert figures
    coverage = figures[0]["figures"]["coverage_named"]
    assert {"numerator", "denominator", "interval", "state", "as_of", "definition_version"} <= coverage.keys()
    response = figures[0]["figures"]["response_rate"]
    assert response["value"] is None
    assert response["state"] == "none_asked"


def test_a_command_refuses_what_it_cannot_read_and_names_it(run: Run, rehearsal: str, tmp_path: Path) -> None:
    sync(run, rehearsal)
    file = str(tmp_path / "board.pdf")
    for words, said in (
        (("figures", "--as-of", "2999-01-01"), "--as-of 2999-01-01 is no day from 2000-01-01 to today, 2026-03-02"),
        (("figures", "--scope", "csm", "--id", "nobody"), "There is no csm nobody."),
        (("board", "--pdf", file, "--as-of", "1999-12-31"), "--as-of 1999-12-31 is no day from 2000-01-01"),
        (("board", "--pdf", file, "--team", "nobody"), "There is no team nobody."),
        (
            ("export", "table", "engagement-by-csm", "--out", str(tmp_path / "z.csv"), "--where", "days=abc"),
            "days=abc is no number of days from 1 to 1000. Mend it, or leave days out",
        ),
    ):
        code, out, err = run(*words, "--directory", rehearsal)
        assert (code, out) == (1, ""), words
        assert said in " ".join(err.split()), words
    assert list(tmp_path.glob("*.csv*")) == []
    assert list(tmp_path.glob("*.pdf")) == []


def test_export_writes_every_table(run: Run, rehearsal: str, tmp_path: Path) -> None:
    sync(run, rehearsal)
    code, out, _ = run("export", str(tmp_path / "out"), "--directory", rehearsal, "--json")
    rows = json.loads(out)["rows"]
    assert code == 0
    assert rows["accounts"] == 72
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == set(rows)
    file = tmp_path / "accounts.xlsx"
    code, out, _ = run("export", "table", "accounts", "--out", str(file), "--directory", rehearsal, "--json")
    assert (code, file.stat().st_size > 5_000) == (0, True)
    assert 0 < json.loads(out)["rows"] <= 72
    code, _, err = run("export", "table", "accounts", "--out", str(tmp_path / "x.pdf"), "--directory", rehearsal)
    assert (code, "ends in no format" in err) == (1, True)
    for words, said in (
        (("accounts", "--where", "colour=red"), "accounts has no filter colour. It has: "),
        (("rows",), "Name a figure and whose it is"),
        (("wave-people",), "name it with --where wave_id=..."),
    ):
        code, _, err = run("export", "table", *words, "--out", str(tmp_path / "y.csv"), "--directory", rehearsal)
        assert code != 0
        assert said in " ".join(err.split())
    assert list(tmp_path.glob("*y.csv*")) == []
    code, out, _ = run("export", "star", "--out", str(tmp_path / "star"), "--directory", rehearsal, "--json")
    assert (code, json.loads(out)["rows"]["dim_account"] > 72) == (0, True)
    assert (tmp_path / "star" / "fact_invitation.parquet").exists()


def test_staff_are_added_listed_and_invited(run: Run, rehearsal: str) -> None:
    words = ("--email", "eva@vendor.example", "--name", "Eva Lind", "--role", "leader")
    code, out, _ = run("staff", "add", "--directory", rehearsal, *words, "--json")
    assert code == 0
    first = json.loads(out)["invite"]
    assert (
        json.loads(run("staff", "invite", "eva@vendor.example", "--directory", rehearsal, "--json")[1])["invite"]
        != first
    )
    names = [one["name"] for one in json.loads(run("staff", "list", "--directory", rehearsal, "--json")[1])["staff"]]
    assert names == ["Eva Lind", "Programme owner"]
    assert run("staff", "add", "--directory", rehearsal, *words)[0] == 1


def test_a_mistake_in_a_questionnaire_names_file_line_key_and_mend(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "questionnaires"
    shutil.copytree(Path(__file__).parent.parent.parent / "questionnaires", folder)
    path = folder / "relationship" / "questionnaire.toml"
    path.write_text(path.read_text().replace('kind = "scale"', 'kind = "slider"', 1))
    code, out, _ = run("questionnaires", "check", "--folder", str(folder), "--json")
    mistakes = json.loads(out)["mistakes"]
    assert code == 1
    assert any("questionnaire.toml" in one["file"] and one["line"] and one["mend"] for one in mistakes)


def test_a_taken_port_is_refused_before_the_demo_plays_its_year(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = run("demo", "--directory", str(tmp_path / "year"), "--port", str(port))
    assert (code, out) == (1, "")
    assert f"port {port}" in err
    assert "--port" in err
    assert not (tmp_path / "year").exists()


@pytest.mark.parametrize("words", [("sync", "--as-of", "yesterday"), ("figures", "--scope", "planet"), ("waves",)])
def test_wrong_usage_is_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2


def test_every_command_shows_an_example() -> None:
    without = [name for name, command in every(voc) if "Example:" not in (command.help or "")]
    assert without == []


def every(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, with the words that lead to it."""
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from every(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def commands_of(group: click.Group) -> dict[str, click.Command]:
    ctx = click.Context(group)
    return {name: command for name in group.list_commands(ctx) if (command := group.get_command(ctx, name))}


def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with() -> None:
    found = commands_of(voc)
    assert list(found) == sorted(COMMANDS)
    for name, command in found.items():
        assert command.name == name
        assert COMMANDS[name].told == command.get_short_help_str(limit=1000)


def test_help_and_version_read_none_of_the_commands() -> None:
    """They would import most of the service, which takes seconds."""
    for word in ("--help", "--version"):
        program = f"import sys; from voc.cli.main import voc; voc(['{word}'], standalone_mode=False)\n"
        program += "print(sorted(name for name in sys.modules if name in ('voc.app', 'voc.cli.wave', 'litestar')))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def test_init_can_say_where_mail_goes_in_test_mode(run: Run, tmp_path: Path) -> None:
    words = ("--yes", "--directory", str(tmp_path / "new"), "--test-address", "me@x.example")
    code, out, _ = run("init", *words)
    assert code == 0
    assert "every mail goes to me@x.example" in out
    code, _, err = run("init", "--yes", "--directory", str(tmp_path / "wrong"), "--test-address", "nobody")
    assert code == 1
    assert "mail address" in err
    assert not (tmp_path / "wrong" / "voc.toml").exists()
