"""The lock is whole, so that a fresh machine gets what we tested."""

from tests.lock import mistakes


def test_every_dependency_is_locked_with_its_hashes() -> None:
    assert mistakes() == []
