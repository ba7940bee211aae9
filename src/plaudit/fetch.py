"""The only door to the network, with every limit a named number.

Whoever verifies a credential reads addresses that its author chose. So: https only, ports 443 and, when switched
on, 80; the name is resolved once, every address found must be a public one, and the connection goes to exactly
the address that was judged; redirects are judged the same way; no cookies, no proxies, no environment.

A `Fetch` is anything that can be called with an address and an Accept header and returns `Fetched` or raises
FetchError: `WebFetch` (the network), `MappedFetch` (bytes at hand), `offline` (nothing at all). Whoever must send
something to an address that a stranger chose (a webhook) opens a `Line` by the same door: `WebFetch.open`.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin, urlsplit

from plaudit._connection import Bounded, connect, in_time
from plaudit.errors import FetchError

if TYPE_CHECKING:
    import http.client

USER_AGENT: Final = "plaudit (credential verification)"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC: Final = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20"))
)
"""Of the special-purpose registries of IANA, what some versions of Python take for global."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one verification may cost; beyond any of these its outcome is unknown, not failed."""

    fetches: int = 20
    """Addresses read: one credential with forty endorsements must not make forty requests for its author."""
    depth: int = 2
    """A status list is a credential itself (1), and its issuer's document (2)."""
    seconds: float = 10.0
    """By the clock, for all fetches of one verification together."""
    bytes: int = 1024 * 1024
    """For each body; a full status list is at most 16 kB when honest."""
    redirects: int = 3
    """For each fetch, every one judged anew."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered: `media_type` without parameters, in lower case; `body` is complete."""

    url: str
    status: int
    media_type: str
    body: bytes


class Fetch(Protocol):
    """Anything that reads an address; raises FetchError when it cannot. Only status 200 is ever returned."""

    def __call__(self, url: str, accept: str) -> Fetched:
        """Read `url`, asking for `accept` (the value of an Accept header)."""
        ...


def localhost_of(fetch: Fetch) -> str | None:
    """The `host:port` that this fetch may read by plain http: the development switch, normally None."""
    return getattr(fetch, "allow_localhost", None)


def until(fetch: Fetch, deadline: float) -> Fetch:
    """The same fetch, giving up at that `time.monotonic()` where it knows how to."""
    bounded = getattr(fetch, "until", None)
    return bounded(deadline) if bounded is not None else fetch


def offline(url: str, accept: str) -> Fetched:
    """A fetch that reads nothing: every address is refused."""
    raise FetchError(url, f"not read: this verification is offline (wanted {accept.partition(',')[0]})")


Known = Mapping[str, bytes | Fetched] | Callable[[str], bytes | Fetched | None]


@dataclass(frozen=True)
class MappedFetch:
    """Answers from memory, and asks `otherwise` for all other addresses.

    `known` maps addresses to bytes (or to a whole `Fetched`), or is a function that returns one of them or
    None. A site answers its own addresses this way, and the command line its `--map`.
    """

    known: Known
    otherwise: Fetch = offline
    localhost: str | None = None

    @property
    def allow_localhost(self) -> str | None:
        """The development switch, its own or that of `otherwise`."""
        return self.localhost or localhost_of(self.otherwise)

    def until(self, deadline: float) -> MappedFetch:
        """The same, its `otherwise` giving up at that `time.monotonic()`."""
        return replace(self, otherwise=until(self.otherwise, deadline))

    def __call__(self, url: str, accept: str) -> Fetched:
        found = self.known(url) if callable(self.known) else self.known.get(url)
        if found is None:
            return self.otherwise(url, accept)
        return found if isinstance(found, Fetched) else Fetched(url, 200, "", found)


class Budget:
    """The fetch of one verification: counts, remembers, and stops at the limits."""

    def __init__(self, fetch: Fetch, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.deadline = time.monotonic() + self.limits.seconds
        self.fetch = until(fetch, self.deadline)
        self.allow_localhost = localhost_of(fetch)
        self.seen: dict[tuple[str, str], Fetched | FetchError] = {}

    def __call__(self, url: str, accept: str) -> Fetched:
        """Read an address once; the second time it is the remembered answer, or the remembered error."""
        key = (url, accept)
        if key not in self.seen:
            self.seen[key] = self._read(url, accept)
        answer = self.seen[key]
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def _read(self, url: str, accept: str) -> Fetched | FetchError:
        if len(self.seen) >= self.limits.fetches:
            return FetchError(
                url, f"not read: one verification reads at most {self.limits.fetches} addresses"
            )
        if time.monotonic() >= self.deadline:
            return FetchError(url, f"not read: one verification takes at most {self.limits.seconds:g} s")
        try:
            answer = self.fetch(url, accept)
        except FetchError as error:
            return error
        if len(answer.body) > self.limits.bytes:
            return FetchError(url, f"the answer is longer than {self.limits.bytes} bytes")
        return answer


def is_public(address: Address) -> bool:
    """Whether an address, after unwrapping forms that carry an IPv4 address, is a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if carried is None and address in _NAT64:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried)
        if address not in _GLOBAL_UNICAST:
            return False
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


Resolve = Callable[[str, int], list[str]]


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class WebFetch:
    """Reads addresses from the network, for strangers' input.

    `allow_port_80` also allows http; `allow_localhost="localhost:8000"` is for development: it allows http
    to exactly that host and port. `trusted` holds `host:port` that whoever runs this vouches for: there any port,
    plain http and addresses inside are allowed. `resolve` is there for tests: (host, port) -> addresses as text.
    """

    limits: Limits = Limits()
    allow_port_80: bool = False
    allow_localhost: str | None = None
    resolve: Resolve = _resolve
    deadline: float | None = None
    trusted: frozenset[str] = frozenset()

    def until(self, deadline: float) -> WebFetch:
        """The same, giving up at that `time.monotonic()`."""
        return replace(self, deadline=deadline)

    def __call__(self, url: str, accept: str) -> Fetched:
        """Read an address and return its answer, if it is a complete 200 within the limits."""
        deadline = time.monotonic() + self.limits.seconds
        if self.deadline is not None:
            deadline = min(deadline, self.deadline)
        current = url
        for _ in range(self.limits.redirects + 1):
            answer = self._one(url, current, accept, deadline)
            if isinstance(answer, Fetched):
                return answer
            current = urljoin(current, answer)
        raise FetchError(url, f"more than {self.limits.redirects} redirects")

    def check(self, url: str) -> None:
        """Raises FetchError for an address that would be refused before its name is looked up."""
        _Target.of(url, self)

    def open(self, url: str) -> Line:
        """A connection to a judged address, for requests that follow on each other. Raises FetchError."""
        import http.client  # 26 ms that only the network is worth

        deadline = time.monotonic() + self.limits.seconds
        try:
            target = _Target.of(url, self)
            connection = http.client.HTTPConnection(target.host, target.port)
            bounded = self._connect(target, self._address(url, target, deadline), deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable(url, error) from None
        connection.sock = bounded
        return Line(url, target.path, self.limits, connection, bounded)

    def _one(self, url: str, current: str, accept: str, deadline: float) -> Fetched | str:
        """One request: the answer, or the address it redirects to."""
        import http.client

        try:
            target = _Target.of(current, self)
            address = self._address(url, target, deadline)
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = self._connect(target, address, deadline)
            try:
                connection.request(
                    "GET",
                    target.path,
                    headers={"Accept": accept, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                )
                response = connection.getresponse()
                if response.status in _REDIRECTS:
                    return _location(url, response)
                if response.status != 200:
                    said = self._body(url, response) if response.status == 410 else b""
                    reason = f"answered with status {response.status}"
                    raise FetchError(url, reason, status=response.status, body=said)
                body = self._body(url, response)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable(url, error) from None
        media_type = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return Fetched(current, response.status, media_type, body)

    def _address(self, url: str, target: _Target, deadline: float) -> str:
        """The address to connect to; every address the name has must be allowed."""
        found = in_time(lambda: self.resolve(target.host, target.port), deadline)
        if not found:
            raise FetchError(url, "the host has no address")
        if target.is_trusted:
            return found[0]
        if not target.is_localhost:
            for text in found:
                if not is_public(ipaddress.ip_address(text.partition("%")[0])):
                    raise FetchError(url, "the host is not on the public internet")
        elif not all(ipaddress.ip_address(text).is_loopback for text in found):
            raise FetchError(url, "the development host is not this machine")
        return found[0]

    def _connect(self, target: _Target, address: str, deadline: float) -> Bounded:
        return connect(address, target.port, deadline, tls_name=target.host if target.secure else "")

    def _body(self, url: str, response: http.client.HTTPResponse) -> bytes:
        if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
            raise FetchError(url, "the answer is compressed, which was not asked for")
        parts: list[bytes] = []
        size = 0
        while True:
            part = response.read1(65536)
            if not part:
                break
            size += len(part)
            if size > self.limits.bytes:
                raise FetchError(url, f"the answer is longer than {self.limits.bytes} bytes")
            parts.append(part)
        announced = response.getheader("Content-Length")
        if announced is not None and announced.isdigit() and int(announced) != size:
            raise FetchError(url, "the answer broke off")
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Posted:
    """What an address answered to something that was sent to it; of its headers the one that asks for patience."""

    status: int
    retry_after: str = ""


@dataclass(slots=True)
class Line:
    """An open connection to one judged address. Redirects are answers here: nothing is sent anywhere else."""

    url: str
    path: str
    limits: Limits
    connection: http.client.HTTPConnection
    bounded: Bounded

    def post(self, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Send `body`, within the seconds of the limits. Raises FetchError; the line is then closed.

        The answer's own body is read as far as `limits.bytes` and thrown away, so that the next request can follow.
        """
        import http.client

        self.bounded.deadline = time.monotonic() + self.limits.seconds
        try:
            self.connection.request(
                "POST", self.path, body, {**headers, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
            )
            response = self.connection.getresponse()
            left = self.limits.bytes
            while left > 0 and (part := response.read1(min(65536, left))):
                left -= len(part)
            is_whole = response.isclosed() or response.length == 0
            response.close()
            if not is_whole:
                self.connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection.close()
            raise _unreachable(self.url, error) from None
        return Posted(response.status, response.getheader("Retry-After") or "")

    @property
    def is_open(self) -> bool:
        """Whether another request may follow on this connection."""
        return self.connection.sock is not None

    def close(self) -> None:
        """Give the connection up."""
        self.connection.close()


def _unreachable(url: str, error: Exception) -> FetchError:
    return FetchError(url, f"could not be reached ({type(error).__name__}: {error})")


def _location(url: str, response: http.client.HTTPResponse) -> str:
    location = response.getheader("Location")
    if not location:
        raise FetchError(url, "redirects to nowhere")
    return location


@dataclass(frozen=True, slots=True)
class _Target:
    """A judged address: scheme, host, port and path."""

    secure: bool
    host: str
    port: int
    path: str
    is_localhost: bool
    is_trusted: bool = False

    @classmethod
    def of(cls, url: str, fetch: WebFetch) -> _Target:
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        is_localhost = fetch.allow_localhost is not None and f"{host}:{port}" == fetch.allow_localhost
        is_trusted = f"{host}:{port}" in fetch.trusted
        if parts.username is not None or parts.password is not None:
            raise FetchError(url, "an address with a user name is not read")
        if not host or not url.isascii() or any(character <= " " for character in url):
            raise FetchError(url, "not a web address")
        if (is_localhost and parts.scheme == "http") or (is_trusted and parts.scheme in {"http", "https"}):
            pass
        elif not secure and not (fetch.allow_port_80 and parts.scheme == "http"):
            raise FetchError(url, "only https addresses are read")
        elif port != (443 if secure else 80):
            raise FetchError(url, f"port {port} is not read")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(secure, host, port, path, is_localhost, is_trusted)
