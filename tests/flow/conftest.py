"""The story is played twice: by people with a browser, and (on any machine) by people without one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.flow import story
from tests.flow.hands import BrowserHands, Hands, HttpHands, Pause
from tests.flow.story import Story


@pytest.fixture(scope="package")
def by_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story.played(tmp_path_factory.mktemp("http"), HttpHands) as told:
        yield told


@pytest.fixture(scope="package")
def by_browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    browser = request.getfixturevalue("browser")

    def hands(pause: Pause, windows: ExitStack) -> Hands:
        return BrowserHands(browser, pause, windows)

    with story.played(tmp_path_factory.mktemp("browser"), hands) as told:
        yield told


@pytest.fixture(
    scope="package",
    params=["by_http", pytest.param("by_browser", marks=pytest.mark.browser)],
    ids=["http", "browser"],
)
def told(request: pytest.FixtureRequest) -> Story:
    found: Story = request.getfixturevalue(request.param)
    return found
