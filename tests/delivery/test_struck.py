"""Whoever reads later what a server or a person wrote cannot answer with the link that stands in it."""

import pytest

from voc.base.words import InboundKind
from voc.delivery import inbound
from voc.delivery.model import Handed, Incoming, Outcome, Stage

TOKEN = "k3" * 16


@pytest.mark.parametrize("path", ["/q/", "/u/", "%2Fq/", "/q%2F"])
def test_the_secret_part_of_a_link_is_struck_out(path: str) -> None:
    link = f"https://voice.example{path}{TOKEN}"
    handed = Handed(Outcome.FAILED, Stage.DOT, 550, f"blocked: {link}?score=3")
    assert TOKEN not in handed.text
    assert handed.text.endswith("...?score=3")
    assert TOKEN not in str(Incoming(InboundKind.REPLY, quote=f"It says {link}").quote)
    mail = inbound.parse(f"Subject: Re: {link}\n\nThis: {link}".encode())
    assert TOKEN not in mail.subject + mail.text


def test_words_that_are_no_link_stay() -> None:
    text = "550 see https://support.example/q/short and /quality/of/service"
    assert Handed(Outcome.FAILED, Stage.DOT, 550, text).text == text
