"""Doors of this machine that nobody may knock at."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listening() -> Iterator[list[socket.socket]]:
    """On every address of this machine, at one port."""
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("0.0.0.0", 0))
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.bind(("::", four.getsockname()[1]))
        for door in (four, six):
            door.listen()
            door.setblocking(False)
        yield [four, six]
