"""`voc init` makes an installation or none; what it refuses can be corrected and run again."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from voc.base.errors import Misconfigured, Refused
from voc.cli.installation import init


def run(folder: Path, *options: str) -> CliRunner:
    runner = CliRunner()
    runner.invoke(init, ["--yes", "--directory", str(folder), *options], catch_exceptions=False)
    return runner


def test_a_wrong_address_of_the_first_admin_leaves_no_installation(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    with pytest.raises(Refused, match="mail address"):
        run(folder, "--admin-email", "garbage")
    assert not (folder / "voc.toml").exists()
    run(folder, "--admin-email", "dana@kestrel.example")
    assert (folder / "voc.toml").exists()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("garbage " * 1000)
    with pytest.raises(Misconfigured, match="database"):
        run(tmp_path, "--database", f"sqlite:///{tmp_path / 'notes.txt'}")
    assert not (tmp_path / "voc.toml").exists()
