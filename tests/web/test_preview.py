"""A preview shows pages and mails as files, and a mistake stops it with its place."""

import shutil
from pathlib import Path

import pytest

from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.web.preview import preview

FOLDER = Path(__file__).parents[2] / "questionnaires"


def test_every_page_and_mail_is_written(tmp_path: Path) -> None:
    written = {path.name: path.read_text("utf-8") for path in preview(FOLDER, "relationship", "en", tmp_path / "out")}
    assert {"page.html", "thanks.html", "thanks-call.html", "invite.txt", "invite.html", "reminder_2.txt"} <= set(
        written
    )
    assert "Four questions about working with us" in written["page.html"]
    assert written["invite.txt"].startswith("Subject: Ana, four questions about working with us")
    assert "Open until Tuesday 22 December" in written["invite.txt"]
    assert "By Wednesday 2 December I call you" in written["thanks-call.html"]
    assert not any("{{" in text for text in written.values())


def test_a_mistake_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "questionnaires"
    shutil.copytree(FOLDER, folder)
    (folder / "relationship" / "en" / "last.md").unlink()
    with pytest.raises(QuestionnaireMistakes, match=r"last\.md: the mail is missing"):
        preview(folder, "relationship", "en", tmp_path / "out")
    assert not (tmp_path / "out").exists()
