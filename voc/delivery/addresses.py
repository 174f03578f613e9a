"""Addresses as mail servers know them."""

from functools import lru_cache


def on_the_wire(address: str) -> str:
    """The same with its domain in ASCII (bücher.example is xn--bcher-kva.example): what headers and SMTP take.

    The part before the @ stays as it is: it has no other form.
    """
    local, at, domain = address.rpartition("@")
    return address if domain.isascii() else local + at + _domain(domain)


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str:
    return ".".join(_in_ascii(label) for label in domain.split("."))


def _in_ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def same(one: str, other: str) -> bool:
    """Whether both name the same mailbox, in whichever form its domain is written."""
    return on_the_wire(one.strip().lower()) == on_the_wire(other.strip().lower())
