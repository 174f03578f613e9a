"""Addresses that a server must not call (F24): no connection is made to any of them, however they are written."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.builders import NOW
from tests.crm.server import Reply, Server
from tests.doors import listening
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Caller, Limits, NoAuth
from voc.base import guard
from voc.base.clock import SystemClock
from voc.base.errors import Misconfigured, VocError

LIMITS = Limits(connect_seconds=0.5, read_seconds=0.5, tries=1)

# Each of these is this machine, in some way of writing that some library takes for it.
OURSELVES = (
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1",
    "0177.0.0.1", "0177.1", "017700000001", "127.0.0.1.", "127.000.000.001", "0", "0.0.0.0", "0x0", "localhost",
    "LOCALHOST", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "[fe80::1%25lo]",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost",
    "user@127.0.0.1", "user:pass@localhost", "api.hubapi.com@127.0.0.1", "127.0.0.1#@api.hubapi.com",
    "127.0.0.1\\@api.hubapi.com", "127.0.0.1%00.hubapi.com", "127.0.0.1 .hubapi.com", "%31%32%37.0.0.1", "127.0.0.1\t",
)  # fmt: skip

# What a name may stand for.
ELSEWHERE = (
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.254",
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.0.8",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "0.0.0.0", "0.1.2.3", "127.0.0.1", "::", "::1", "::ffff:10.0.0.1", "::10.0.0.1",
    "::ffff:0:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2001:10::1", "2001:20::1", "2002:a00:1::1", "3fff::1",
    "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fec0::1", "ff02::1", "4000::1",
)  # fmt: skip

PUBLIC = ("8.8.8.8", "104.16.1.1", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808", "::ffff:8.8.8.8")


def outside(*private_hosts: str) -> Outside:
    return Outside(now=lambda: NOW, sleep=lambda _: None, private_hosts=private_hosts)


@pytest.fixture
def doors() -> Iterator[list[socket.socket]]:
    with listening() as found:
        yield found


def knocked(doors: list[socket.socket]) -> int:
    count = 0
    for door in doors:
        try:
            door.accept()[0].close()
            count += 1
        except BlockingIOError:
            pass
    return count


def ask(url: str, outside: Outside, resolve: guard.Resolve = guard.resolve) -> None:
    caller = Caller(url, auth=NoAuth(), outside=outside, limits=LIMITS, resolve=resolve)
    try:
        caller.get("/")
    finally:
        caller.close()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_this_machine_is_connected_to(doors: list[socket.socket], scheme: str) -> None:
    port = doors[0].getsockname()[1]
    for spelling in OURSELVES:
        with pytest.raises(VocError):
            ask(f"{scheme}://{spelling}:{port}", outside())
            pytest.fail(f"{spelling} was called")
    assert knocked(doors) == 0
    assert len(OURSELVES) + len(ELSEWHERE) >= 60


def test_the_doors_would_have_told(doors: list[socket.socket]) -> None:
    with pytest.raises(VocError):
        ask(f"http://127.0.0.1:{doors[0].getsockname()[1]}", outside("127.0.0.1"))
    assert knocked(doors) == 1


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_name_that_stands_for_such_an_address_is_refused_when_connecting(address: str) -> None:
    with pytest.raises(Misconfigured, match="is not on the internet"):
        ask("https://crm.example.com", outside(), lambda *_: [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_handed_on_to_be_connected_to(address: str) -> None:
    assert guard.check_host("crm.example.com", 443, (), resolve=lambda *_: [address]) == (address,)


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    with pytest.raises(Misconfigured):
        guard.check_host("crm.example.com", 443, (), resolve=lambda *_: ["8.8.8.8", "10.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com:0", "https://crm.example.com:65536", "https://crm.example.com:x", "ftp://crm.example.com",
        "file:///etc/passwd", "gopher://crm.example.com", "//crm.example.com", "crm.example.com", "https://", "https:///x",
        "https://[::1", "https://-crm.example.com", "https://crm..example.com", f"https://{'a' * 64}.example.com",
        "https://crm.example.com:443@evil.example.com", "", "javascript:alert(1)", "https://crm.exam\nple.com",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused_before_any_name_is_asked(url: str) -> None:
    def never(name: str, port: int) -> list[str]:
        raise AssertionError(f"{name} was looked up")

    with pytest.raises(Misconfigured) as refused:
        ask(url, outside(), never)
    assert "443@" not in str(refused.value)


def test_a_private_host_is_called_only_by_the_name_it_was_given() -> None:
    at_home = outside("odoo.intern", "10.1.0.0/16")
    home = {
        "odoo.intern": "192.168.7.7",
        "crm.intern": "10.1.2.3",
        "other.intern": "192.168.7.7",
        "far.intern": "10.2.0.1",
    }

    def check(name: str, *, plain: bool = False) -> tuple[str, ...]:
        return guard.check_host(name, 8069, at_home.private_hosts, plain=plain, resolve=lambda host, _: [home[host]])

    assert check("odoo.intern", plain=True) == ("192.168.7.7",)
    assert check("ODOO.intern.") == ("192.168.7.7",)
    assert check("crm.intern", plain=True) == ("10.1.2.3",)
    for name in ("other.intern", "far.intern"):
        with pytest.raises(Misconfigured):
            check(name)


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fd00:ec2::254", "100.100.100.200"])
def test_no_name_lifts_the_ban_from_what_is_no_host_of_ones_own(address: str) -> None:
    lifted = ("odoo.intern", "0.0.0.0/0", "::/0")
    with pytest.raises(Misconfigured):
        guard.check_host("odoo.intern", 443, lifted, resolve=lambda *_: [address])


def test_only_private_hosts_may_do_without_tls() -> None:
    for url in ("http://crm.example.com", "http://8.8.8.8"):
        with pytest.raises(Misconfigured, match="without TLS"):
            ask(url, outside("odoo.intern"))
    # A named range does not open every name to plain text: its addresses are looked at when connecting.
    with pytest.raises(Misconfigured, match="without TLS"):
        ask("http://crm.example.com", outside("10.1.0.0/16"), lambda *_: ["8.8.8.8"])


@pytest.mark.parametrize(
    "entry", ["", "http://odoo.intern", "8.8.8.8", "10.1.2.3/8", "0.0.0.0/0", "a b", "169.254.0.0/16"]
)
def test_a_private_host_that_is_none_is_told(entry: str) -> None:
    assert guard.why_no_private_host(entry) is not None


@pytest.mark.parametrize("entry", ["odoo.intern", "localhost", "10.1.2.3", "10.1.0.0/16", "fd12::/32", "::1"])
def test_private_hosts_are_names_addresses_and_ranges(entry: str) -> None:
    assert guard.why_no_private_host(entry) is None


def test_a_name_is_resolved_once_for_each_connection_and_never_again() -> None:
    """A name server that changes its mind between the check and the connection changes nothing."""
    asked: list[str] = []

    def rebinding(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with Server(lambda _: Reply.of({}, Connection="close")) as server:
        url = server.url.replace("127.0.0.1", "crm.intern")
        caller = Caller(url, auth=NoAuth(), outside=outside("crm.intern"), limits=LIMITS, resolve=rebinding)
        assert caller.get("/").status == 200
        assert asked == ["crm.intern"]
        with pytest.raises(Misconfigured):
            caller.get("/")
        caller.close()
        assert len(server.requests) == 1


# --- the certificate is still the name's --------------------------------------------------------


@pytest.fixture
def behind_tls(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server on loopback whose certificate says crm.intern, and trust in that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "crm.intern")])
    now = SystemClock().now()  # the other side of TLS looks at no other clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.intern")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (tmp_path / "both.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "both.pem")
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door, serving), daemon=True).start()
        yield door.getsockname()[1], ssl.create_default_context(cadata=pem.decode())


def _serve(door: socket.socket, serving: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = door.accept()
        except OSError:
            return
        try:
            with serving.wrap_socket(plain, server_side=True) as line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        except OSError:
            continue


def test_tls_checks_the_name_although_the_address_is_connected_to(behind_tls: tuple[int, ssl.SSLContext]) -> None:
    port, trust = behind_tls

    def caller(name: str, trust: ssl.SSLContext | None) -> Caller:
        return Caller(
            f"https://{name}:{port}", auth=NoAuth(), outside=outside(name), limits=LIMITS, trust=trust,
            resolve=lambda *_: ["127.0.0.1"],
        )  # fmt: skip

    right, wrong, unknown = caller("crm.intern", trust), caller("other.intern", trust), caller("crm.intern", None)
    assert right.get("/").status == 200
    for refused in (wrong, unknown):
        with pytest.raises(Misconfigured, match="certificate that cannot be trusted"):
            refused.get("/")
    for one in (right, wrong, unknown):
        one.close()
