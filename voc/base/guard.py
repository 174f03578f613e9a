"""Where a server may connect to: every address is looked at when connecting, after the name was resolved.

Whoever may enter the address of a CRM could otherwise make this server speak to machines that only
it can reach: its own, its network's, the cloud's store of credentials. A name is resolved once, all
its addresses must be public, and the connection goes to one of these addresses and not to the name:
a name server that answers otherwise the second time changes nothing. `private_hosts`, which only
who runs the installation can name (voc.toml), may stand on a private network and need no TLS.
"""

import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from voc.base.errors import Misconfigured

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]
"""All addresses of a name, as numbers. Raises OSError when there is none."""

# What a private host may have.
_PRIVATE = tuple(
    ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "fc00::/7", "::1/128")
)
# What stands for no host on the internet (the IANA's registries of special-purpose addresses). Azure
# gives its machines their credentials at an address that looks public.
_SPECIAL = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Metadata services on addresses a private network might have: named or not, they are nobody's CRM.
_NEVER = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class Target(NamedTuple):
    """Where a connection leads: `host` in lower case ASCII (an IPv6 address without brackets)."""

    secure: bool
    host: str
    port: int

    @property
    def origin(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{name}:{self.port}"


def target(url: str, *, private_hosts: Iterable[str]) -> Target:
    """What an address means, or Misconfigured: no https, no host, a user or a port in it that cannot be."""
    try:
        parts = urlsplit(url)
        port = parts.port
        name = parts.hostname or ""
    except ValueError:
        raise _wrong(url, "is not the address of a server") from None
    if parts.scheme not in ("https", "http") or not name:
        raise _wrong(url, "is not the address of a server")
    if any(sign in "@\\ " for sign in parts.netloc) or not url.isprintable():
        raise _wrong(url, "holds a user name, a space or a backslash")
    found = Target(
        parts.scheme == "https", host(name), (443 if parts.scheme == "https" else 80) if port is None else port
    )
    if not 0 < found.port < 65536:
        raise _wrong(found.host, "has a port that cannot be", "Write a port from 1 to 65535, or none")
    if not found.secure and not _may_be_plain(found.host, private_hosts):
        raise _wrong(found.host, "would be spoken to without TLS", _PLAIN)
    return found


def host(name: str) -> str:
    """The one spelling of a host: lower case, ASCII, no dot at its end. Misconfigured for what only looks like one."""
    if (address := _literal(name)) is not None:
        return str(address)
    # Libraries disagree on what other letters stand for, and each disagreement is a way past a check.
    if not name.isascii():
        raise _wrong(name, "holds letters that not everybody reads alike", "Write them as xn--...")
    plain = name.lower().removesuffix(".")
    labels = plain.split(".")
    # 2130706433, 0x7f.1 and 0177.0.0.1 are spellings of an address that some resolvers take.
    if len(plain) > 253 or _NUMBER.fullmatch(labels[-1]) or not all(map(_LABEL.fullmatch, labels)):
        raise _wrong(name, "is no name of a server")
    return plain


def resolve(name: str, port: int) -> list[str]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_host(
    name: str, port: int, private_hosts: Iterable[str], *, plain: bool = False, resolve: Resolve = resolve
) -> tuple[str, ...]:
    """The addresses of a host, each of them one that may be called: connect to these, never to the name again.

    Misconfigured when any of them may not be; OSError when the name has none. `plain`: there will be
    no TLS, which only private hosts may do without.
    """
    known, private = host(name), tuple(private_hosts)
    if not 0 < port < 65536:
        raise _wrong(known, "has a port that cannot be", "Write a port from 1 to 65535, or none")
    found = tuple(resolve(known, port))
    if not found:
        raise OSError("no address")
    for text in found:
        address = _literal(text)
        if address is None or not _may_call(address, known, private):
            raise _wrong(known, "is not on the internet", _LIFT)
        if plain and not _is_named(address, known, private):
            raise _wrong(known, "would be spoken to without TLS", _PLAIN)
    return found


_PLAIN = "Write https://; only one on your own network, named in voc.toml (crm_private_hosts), may do without"
_LIFT = "Correct its address; one on your own network has to be named in voc.toml: crm_private_hosts"


def why_no_private_host(entry: str) -> str | None:
    """What is wrong with one line of `crm_private_hosts`: it takes names, addresses and ranges of private ones."""
    try:
        network = ip_network(entry, strict=True)
    except ValueError:
        try:
            host(entry)
        except Misconfigured:
            return "is neither a name nor an address nor a range such as 10.1.0.0/16"
        return None
    inside = any(network.version == own.version and network.subnet_of(own) for own in _PRIVATE)  # type: ignore[arg-type]  # of one version
    return None if inside else "is not inside the private ranges"


def is_private(name: str, private_hosts: Iterable[str]) -> bool:
    """Whether this host itself is named as a private one."""
    address = _literal(name)
    if address is not None:
        return _is_named(address, name, private_hosts)
    return any(_bare(entry) == name for entry in private_hosts)


def may_be_called(name: str, private_hosts: Iterable[str]) -> bool:
    """As far as its spelling tells; what a name stands for is looked at when connecting."""
    address = _literal(name)
    return address is None or _may_call(address, name, tuple(private_hosts))


def _may_call(address: Address, name: str, private_hosts: tuple[str, ...]) -> bool:
    address = _inner(address)
    if address in _NEVER:
        return False
    if any(address in network for network in _PRIVATE):
        return _is_named(address, name, private_hosts)
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return not any(address in network for network in _SPECIAL)


def _is_named(address: Address, name: str, private_hosts: Iterable[str]) -> bool:
    for entry in private_hosts:
        if _bare(entry) == name:
            return True
        try:
            network = ip_network(entry)
        except ValueError:
            continue
        if _inner(address) in network:
            return True
    return False


def _may_be_plain(name: str, private_hosts: Iterable[str]) -> bool:
    """A name may still turn out to be inside a named range: `check_host` looks again when connecting."""
    private = tuple(private_hosts)
    return is_private(name, private) or (_literal(name) is None and any("/" in entry for entry in private))


def _bare(entry: str) -> str:
    return entry.lower().removesuffix(".")


def _literal(text: str) -> Address | None:
    try:
        return None if "%" in text else ip_address(text.strip("[]"))
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _wrong(place: str, problem: str, mend: str = "Write it like https://acme.example.com") -> Misconfigured:
    return Misconfigured(_without_user(place), f"it {problem}", mend)


def _without_user(place: str) -> str:
    return re.sub(r"[^/\s]*@", "", place)[:200]
