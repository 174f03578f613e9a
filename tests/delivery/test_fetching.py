"""What a webhook makes us fetch: from where it may be fetched, once, whole, in time, and never from elsewhere."""

from collections.abc import Iterator

import pytest

from tests.crm.server import Reply, Request, Server
from voc.delivery.fetching import fetch

OURS = ("127.0.0.1",)


@pytest.fixture
def server() -> Iterator[tuple[Server, list[str]]]:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        close = {"Connection": "close"}
        if request.path == "/elsewhere":
            return Reply(302, b"", {**close, "Location": "/pem"})
        if request.path == "/long":
            return Reply(200, b"x" * 70_000, close)
        return Reply(200 if request.path == "/pem" else 500, b"a certificate", close)

    with Server(answer) as found:
        yield found, asked


def test_a_body_is_fetched_whole(server: tuple[Server, list[str]]) -> None:
    assert fetch(f"{server[0].url}/pem", private_hosts=OURS) == b"a certificate"


@pytest.mark.parametrize("path", ["elsewhere", "long", "broken"])
def test_a_redirect_too_much_and_an_error_are_nothing(server: tuple[Server, list[str]], path: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        fetch(f"{server[0].url}/{path}", private_hosts=OURS)
    assert server[1] == [f"/{path}"]


def test_a_name_that_leads_to_our_own_network_is_not_called(server: tuple[Server, list[str]]) -> None:
    port = server[0].url.rpartition(":")[2]
    for url in (
        f"{server[0].url}/pem",
        f"https://127.0.0.1:{port}/pem",
        f"https://sns.eu-west-1.amazonaws.com:{port}/pem",
    ):
        with pytest.raises(OSError, match=r".+"):
            fetch(url, resolve=lambda _name, _port: ["127.0.0.1"])
    assert server[1] == []
