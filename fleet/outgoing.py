"""Requests that leave this machine at an operator's word: public addresses only.

A host that a person wrote may resolve to our own database, to a cloud's metadata service,
or to one address when it is checked and another when it is used. So the address is judged
at the moment a socket connects to it, whichever library asks: inside of `guarded`, an
audit hook sees every connect of the thread. It also refuses what no message needs: other
sockets, other programs, and files outside of Python's own.

    TargetRefused   the host or its address may not be asked; the message is for people

Private addresses are asked only where `Allowed` lists them.
"""

from __future__ import annotations

import mimetypes
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

Address = IPv4Address | IPv6Address
Resolve = Callable[..., Sequence[tuple[Any, ...]]]
Answer = TypeVar("Answer")

NAT64 = ip_network("64:ff9b::/96")
# Special blocks that Python's is_global lets pass; a cloud's metadata lives at 192.0.0.192.
SPECIAL = tuple(
    ip_network(each)
    for each in (
        *("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100:0:0:1::/64"),
        *("2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)
NUMBERS_ONLY = re.compile(
    r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE
)
HOST_NAME = re.compile(
    r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?"
)
LONGEST_HOST = 253
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
READABLE = tuple(
    os.path.realpath(path)
    for path in (
        *(sys.prefix, sys.base_prefix, "/etc/ssl", "/usr/lib", "/usr/share"),
        *("/dev/urandom", "/etc/hosts", "/etc/resolv.conf", *mimetypes.knownfiles),
    )
)


class TargetRefused(Exception):
    """An address that may not be asked. Not an OSError: no library may swallow it and
    try the next address."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Private targets that may be asked all the same: networks, and hosts by name."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Allowed:
        """Read `10.0.0.0/8`, `::1` and host names. Raises ValueError with a sentence."""
        networks, hosts = [], set()
        for word in words:
            try:
                networks.append(ip_network(word))
            except ValueError:
                if not HOST_NAME.fullmatch(word.lower()) or NUMBERS_ONLY.fullmatch(word):
                    raise ValueError(
                        f"{word!r} is no network and no host; write such as 10.0.0.0/8, "
                        "192.168.1.5 or mail.example.com"
                    ) from None
                hosts.add(word.lower().rstrip("."))
        return cls(tuple(networks), frozenset(hosts))

    def allows(self, address: Address) -> bool:
        address = unwrapped(address)
        return any(
            address.version == network.version and address in network
            for network in self.networks
        )


@dataclass(slots=True)
class Guard:
    """What one thread may connect to while it sends; `refusal` is what it tried."""

    allowed: Allowed
    addresses: frozenset[Address] = frozenset()  # of the host that is allowed by name
    refusal: str = ""

    def check(self, kind: int, target: object) -> None:
        """Raises TargetRefused unless `target` is a public or an allowed address."""
        if kind not in (socket.AF_INET, socket.AF_INET6) or not isinstance(target, tuple):
            self.refuse("a socket that is no internet address")
        written = str(target[0])  # type: ignore[index]
        try:
            address = ip_address(written.partition("%")[0])
        except ValueError:
            self.refuse(f"{written[:60]} by name")
        if unwrapped(address) in self.addresses or self.allowed.allows(address):
            return
        if not is_public(address):
            self.refuse(f"{address}, which is not a public address")

    def refuse(self, what: str) -> None:
        self.refusal = (
            f"Refused to connect to {what}. An administrator can list it in "
            "KERNE_ALLOW_PRIVATE_TARGETS."
        )
        raise TargetRefused(self.refusal)


class _Thread(threading.local):
    guard: Guard | None = None


_thread = _Thread()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: silent for every thread that sends nothing."""
    if event == "socket.connect" or event in ("socket.sendto", "socket.sendmsg"):
        if (guard := _thread.guard) is not None and arguments[1] is not None:
            try:
                guard.check(arguments[0].family, arguments[1])
            except TargetRefused:
                arguments[0].close()  # its opener closes it only after an OSError
                raise
    elif event == "open":
        if _thread.guard is not None:
            _check_file(arguments[0])
    elif event in PROGRAMS and (guard := _thread.guard) is not None:
        guard.refuse("another program")


def _check_file(path: object) -> None:
    """Raises PermissionError for a file that no message needs."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):  # a descriptor that is open already
        return
    real = os.path.realpath(path)
    if not any(real == each or real.startswith(f"{each}{os.sep}") for each in READABLE):
        raise PermissionError(f"a message may not read {path[:80]}")


sys.addaudithook(_watch)


@contextmanager
def guarded(
    allowed: Allowed, *, addresses: frozenset[Address] = frozenset()
) -> Iterator[Guard]:
    """Within it, this thread connects to public and to allowed addresses only."""
    before, guard = _thread.guard, Guard(allowed, addresses)
    _thread.guard = guard
    try:
        yield guard
    finally:
        _thread.guard = before


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64 or int(address) >> 32 == 0 and int(address) > 1:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet and to one machine there."""
    inner = unwrapped(address)
    if any(inner.version == block.version and inner in block for block in SPECIAL):
        return False
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def check_host(
    host: str, *, allowed: Allowed, resolve: Resolve = socket.getaddrinfo
) -> frozenset[Address]:
    """The addresses of a host that may be asked. Raises TargetRefused with a sentence.

    All of its addresses must be public or allowed: which of them is used is not ours to
    say. A host that is allowed by name may have any.
    """
    name = host.strip("[]").lower()
    if "%" in name or not name or len(name) > LONGEST_HOST:
        raise TargetRefused(
            f"{host[:60]!r} is no host; write a name such as hooks.example.com."
        )
    literal = _literal(name, host)
    addresses = [literal] if literal else _resolved(name, resolve)
    if name.rstrip(".") not in allowed.hosts:
        for address in addresses:
            if not is_public(address) and not allowed.allows(address):
                which = name[:60] if literal else f"{name[:60]} ({address})"
                raise TargetRefused(
                    f"{which} is not a public address. An "
                    "administrator can list it in KERNE_ALLOW_PRIVATE_TARGETS."
                )
    return frozenset(unwrapped(address) for address in addresses)


def _literal(name: str, host: str) -> Address | None:
    """The address that `name` is; None for a name. Raises TargetRefused for odd forms."""
    with suppress(ValueError):
        return ip_address(name)
    check_form_of(name)
    if not HOST_NAME.fullmatch(_ascii(name)):
        raise TargetRefused(
            f"{host[:60]!r} is no host; write a name such as hooks.example.com."
        )
    return None


def check_form_of(host: str) -> None:
    """Raises TargetRefused for an address in octal, hexadecimal or without its dots."""
    with suppress(ValueError):
        ip_address(host)
        return
    if NUMBERS_ONLY.fullmatch(host):
        raise TargetRefused(
            f"{host[:60]} is an address in an odd form; write such as 203.0.113.5."
        )


def _ascii(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _resolved(name: str, resolve: Resolve) -> list[Address]:
    try:
        found = resolve(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TargetRefused(f"{name[:60]} is not found; check the name.") from None
    return [ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def check_address(
    url: str, *, allowed: Allowed, resolve: Resolve = socket.getaddrinfo
) -> frozenset[Address]:
    """The addresses behind an http or https address. Raises TargetRefused."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise TargetRefused(
            "The address holds a blank, a backslash or a control character."
        )
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise TargetRefused(
            "The address can not be read; write such as https://a.example/b."
        ) from None
    if parts.scheme not in ("http", "https"):
        raise TargetRefused(
            f"The address begins with {parts.scheme[:20]!r}; write https://."
        )
    return check_host(host, allowed=allowed, resolve=resolve)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: whether it counts as delivered, in words, after how long [s]."""

    ok: bool
    words: str
    seconds: float


def within(
    seconds: float,
    work: Callable[[], tuple[bool, str]],
    *,
    timer: Callable[[], float] = time.monotonic,
) -> Reply:
    """Run `work` in a thread of its own for at most `seconds`.

    A read timeout bounds one read only: a server that sends a byte at a time would hold
    the sweep for ever. The thread that is left behind ends with its own timeouts.
    """
    said: list[tuple[bool, str]] = []

    def run() -> None:
        try:
            said.append(work())
        except TargetRefused as refusal:
            said.append((False, str(refusal)))
        except Exception as error:  # a library's own fault is a failed delivery, not ours
            said.append((False, type(error).__name__))

    began = timer()
    thread = threading.Thread(target=run, daemon=True, name="outgoing")
    thread.start()
    thread.join(seconds)
    took = timer() - began
    if not said:
        return Reply(False, f"no answer within {seconds:.0f} s; it may have arrived", took)
    return Reply(*said[0], took)


def ask(url: str, *, allowed: Allowed, seconds: float = 10) -> Reply:
    """Open an address once, without following a redirect; its body is not read."""

    def work() -> tuple[bool, str]:
        addresses = check_address(url, allowed=allowed)
        named = by_name(url, addresses, allowed)
        with guarded(allowed, addresses=named), requests.Session() as session:
            session.trust_env = False  # a proxy would connect where we may not
            try:
                answer = session.get(
                    url, timeout=(5, 5), allow_redirects=False, stream=True
                )
            except requests.RequestException as error:
                return False, type(error).__name__  # its text holds the address
            return 200 <= answer.status_code < 300, f"HTTP {answer.status_code}"

    return within(seconds, work)


def by_name(
    url: str, addresses: frozenset[Address], allowed: Allowed
) -> frozenset[Address]:
    """`addresses`, when the host of `url` is allowed by its name; else none."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    return addresses if host in allowed.hosts else frozenset()
