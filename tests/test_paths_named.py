"""What README and the other pages of text send a reader to exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "voc").rglob("*.md"), *(ROOT / "questionnaires").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_and_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = [ROOT / path for path in re.findall(r"`((?:voc|tests|questionnaires)/[\w./*-]*(?:/|\.\w+))`", text)]
    links = [page.parent / link for link in re.findall(r"\]\(([^)#:\s{]+)", text)]
    assert [path for path in (*paths, *links) if not list(path.parent.glob(path.name))] == []


def test_every_file_that_the_table_of_readme_opens_is_there() -> None:
    table = (ROOT / "README.md").read_text("utf-8").split("| to change | open |")[1].split("\n\n")[0]
    gone, near = [], [ROOT]
    for named in re.findall(r"`([\w./*]+(?:/|\.py|\.toml|\.md))`", table):
        found = [path for folder in (*near, ROOT) for path in folder.glob(named)]
        if not found:
            gone.append(named)
            continue
        near = [found[0], found[0].parent]  # what stands behind it in the row may be named without its folder
    assert gone == []
