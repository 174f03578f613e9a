"""Webhooks of mail providers: taken when they prove themselves, acted on once, for our own recipient only."""

from collections.abc import Iterator

import pytest

from tests.delivery.callers import callers
from tests.delivery.hooked import Hooked, hooked
from voc.base.db import Database
from voc.base.secrets import Vault

NAMES = [one.name for one in callers()]


@pytest.fixture
def desk(database: Database, vault: Vault) -> Iterator[Hooked]:
    with hooked(database, vault, people=8) as found:
        found.enter_keys()
        yield found


def test_what_each_provider_says_becomes_of_the_mail_what_it_should(desk: Hooked) -> None:
    for number, one in enumerate(callers()):
        desk.lose(number)
        posts = [
            *one.tells(desk.said("delivered", number)),
            *one.tells(desk.said("bounced", number, code="5.1.1", text="550 5.1.1 user unknown")),
        ]
        assert [answer.status_code for answer in desk.post(*posts)] == [200, 200], one.name
    desk.catch_up()
    for number, one in enumerate(callers()):
        expected = ("sent", "5.1.1", "bounced", ["bounced"], ["hard_bounce"])
        assert desk.became(number) == expected, one.name
