"""Who runs what when several processes share the tests: a file stays together, and so does a telling of the story.

pytest-xdist's own groups are not used: from pytest 9.2 on they are passed over without a word, and every
process plays the story of tests/flow (a minute each time) again.
"""

from xdist.scheduler import LoadScopeScheduling

_STORY = "tests/flow/"


def together(nodeid: str) -> str:
    """The name of what this test stays with: its file, or the story as it is told to it."""
    path, _, name = nodeid.partition("::")
    if not path.startswith(_STORY):
        return path
    return "story by browser" if "[browser" in name else "story by http"


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out whole files and stories, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)
