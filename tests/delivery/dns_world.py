"""A name server on loopback: real packets, from a mapping of records, with whatever trouble a test wants."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str] | str]
"""(name, type) -> records as a zone file writes them; or a trouble: servfail, silent, garbage, cut off, late, loop."""

LARGE = "large"


class _Names:
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []

    def reply(self, wire: bytes, *, tcp: bool) -> bytes | None:
        asked = dns.message.from_wire(wire)
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        records = self.zone.get((name, kind))
        if isinstance(records, str):
            return self._trouble(records, answer, question.name, kind, tcp=tcp)
        if records:
            answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *records))
            limit = 65535 if tcp else max(asked.payload, 512)
            packed = answer.to_wire(max_size=65535)
            if len(packed) > limit:
                return _truncated(answer)
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire(max_size=65535)

    def _trouble(self, word: str, answer: Any, name: Any, kind: str, *, tcp: bool) -> bytes | None:
        if word == "silent":
            return None
        if word == "servfail":
            answer.set_rcode(dns.rcode.SERVFAIL)
            return bytes(answer.to_wire())
        if word == "late":
            threading.Event().wait(0.05)
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "TXT", '"v=spf1 ~all"'))
            return bytes(answer.to_wire())
        if word == "cut off":  # says that more comes over TCP, and never sends it there
            return None if tcp else _truncated(answer)
        if word == "garbage":
            return bytes(answer.to_wire())[:2] + b"\x81\x80\xff\xff\xff\xff" + bytes(range(200))
        if word == "loop":
            other = dns.name.from_text("round." + name.to_text())
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", other.to_text()))
            answer.answer.append(dns.rrset.from_text(other, 300, "IN", "CNAME", name.to_text()))
            return bytes(answer.to_wire())
        assert word == "hostile", word
        rrset = dns.rrset.from_text(name, 300, "IN", "TXT", '"v=spf1 include:\\000\\255<script>.. -all"')
        answer.answer.append(rrset)
        return bytes(answer.to_wire())


def _truncated(answer: Any) -> bytes:
    answer.answer.clear()
    answer.flags |= dns.flags.TC
    return bytes(answer.to_wire())


@contextmanager
def serving_names(zone: Zone) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """`127.0.0.1:port` of the server, over UDP and TCP, and the questions it got."""
    names = _Names(zone)

    class Packets(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, channel = self.request
            if (reply := names.reply(wire, tcp=False)) is not None:
                channel.sendto(reply, self.client_address)

    class Streams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = self.request.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                return
            wire = self.request.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
            if (reply := names.reply(wire, tcp=True)) is not None:
                self.request.sendall(struct.pack("!H", len(reply)) + reply)

    udp, tcp = _pair(Packets, Streams)
    threads = [
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True) for one in (udp, tcp)
    ]
    for thread in threads:
        thread.start()
    try:
        yield f"127.0.0.1:{udp.server_address[1]}", names.asked
    finally:
        for server, thread in zip((udp, tcp), threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _pair(packets: Any, streams: Any) -> tuple[Any, Any]:
    """Both on the same port, as a name server has them."""
    while True:
        udp = socketserver.UDPServer(("127.0.0.1", 0), packets)
        try:
            return udp, socketserver.TCPServer(("127.0.0.1", udp.server_address[1]), streams)
        except OSError:
            udp.server_close()
