"""The only door to the network: what it refuses to connect to, and where it stops."""

import contextlib
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from plaudit import fetch as fetch_module
from plaudit._connection import connect
from plaudit.errors import FetchError
from plaudit.fetch import Budget, Fetched, Limits, MappedFetch, WebFetch, is_public, offline

NOT_PUBLIC = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "192.0.0.8",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
    "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2001::1", "2001:0:7f00:1::", "100::1",
    "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "5f00::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_inside_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_outside_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_an_inner_address_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for wrapped in (0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x64FF9B << 96 | number):
        assert is_public(ipaddress.IPv6Address(wrapped)) is is_public(inner)


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


BAD_URLS = [
    "http://example.org/", "https://example.org:8443/", "https://example.org:80/", "ftp://example.org/",
    "file:///etc/passwd", "//example.org/", "", "https://", "https://user@example.org/", "https://user:word@example.org/",
    "https://ex ample.org/", "https://example.org/\r\nHost: x", "https://exämple.org/", "gopher://example.org",
    "http://localhost:8000/",    "https://example.org:99999/", "https://[::1/",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_of_another_kind_is_not_even_looked_up(url: str) -> None:
    with pytest.raises(FetchError):
        WebFetch(resolve=never)(url, "*/*")


@pytest.mark.parametrize("answer", [[inside] for inside in NOT_PUBLIC[:33]] + [["1.1.1.1", "127.0.0.1"], []])
def test_a_name_that_leads_inside_is_refused(answer: list[str]) -> None:
    with pytest.raises(FetchError, match=r"public internet|no address"):
        WebFetch(resolve=lambda host, port: answer)("https://example.org/", "*/*")


def test_port_80_is_open_only_when_switched_on() -> None:
    inside = WebFetch(allow_port_80=True, resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(FetchError, match="public internet"):
        inside("http://example.org/", "*/*")
    with pytest.raises(FetchError, match="port 8080"):
        inside("http://example.org:8080/", "*/*")


class Handler(http.server.BaseHTTPRequestHandler):
    """A small web that misbehaves by path."""

    seen: list[Any] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        getattr(self, "serve_" + self.path.strip("/").partition("/")[0], self.serve_good)()

    def answer(
        self, status: int = 200, body: bytes = b"{}", length: int | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def serve_good(self) -> None:
        self.answer(Content_Type="Application/JSON; charset=utf-8", Set_Cookie="a=b")

    def serve_missing(self) -> None:
        self.answer(404)

    def serve_long(self) -> None:
        self.answer(body=b"x" * (Limits().bytes + 1))

    def serve_short(self) -> None:
        self.answer(body=b"{", length=2)

    def serve_packed(self) -> None:
        self.answer(Content_Encoding="gzip")

    def serve_loop(self) -> None:
        self.answer(302, Location="/loop")

    def serve_hop(self) -> None:
        self.answer(302, Location="/good")

    def serve_inside(self) -> None:
        self.answer(302, Location="http://127.0.0.1:1/")

    def serve_outside(self) -> None:
        self.answer(302, Location="ftp://example.org/")

    def serve_nowhere(self) -> None:
        self.answer(302)

    def serve_slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def serve_drop(self) -> None:
        """The head of the answer itself, a byte at a time."""
        try:
            for sign in b"HTTP/1.1 200 OK\r\nX-Never-Ends: " + b"a" * 100:
                self.wfile.write(bytes([sign]))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Handler.seen.clear()
    yield f"localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetcher(site: str, **limits: Any) -> WebFetch:
    return WebFetch(Limits(**limits), allow_localhost=site, resolve=lambda host, port: ["127.0.0.1"])


def test_a_good_answer_comes_whole(site: str) -> None:
    answer = fetcher(site)(f"http://{site}/good?x=1", "application/vc")
    assert answer == Fetched(f"http://{site}/good?x=1", 200, "application/json", b"{}")
    path, headers = Handler.seen[0]
    assert path == "/good?x=1"
    assert headers["Accept"] == "application/vc"
    assert headers["Host"] == site
    assert "Cookie" not in headers


def test_a_redirect_is_followed_and_judged_anew(site: str) -> None:
    assert fetcher(site)(f"http://{site}/hop", "*/*").body == b"{}"
    for path in ("inside", "outside"):
        with pytest.raises(FetchError, match="only https"):
            fetcher(site)(f"http://{site}/{path}", "*/*")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "status 404"), ("long", "longer than"), ("short", "broke off"), ("packed", "compressed"),
        ("loop", "more than 3 redirects"), ("nowhere", "redirects to nowhere"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_good_is_an_error(site: str, path: str, reason: str) -> None:
    with pytest.raises(FetchError, match=reason):
        fetcher(site)(f"http://{site}/{path}", "*/*")


@pytest.mark.parametrize("path", ["slow", "drop"])
def test_a_slow_drip_ends_in_time(site: str, path: str) -> None:
    """In the body and in the headers: a timeout from byte to byte is none."""
    begin = time.monotonic()
    with pytest.raises(FetchError, match="could not be reached"):
        fetcher(site, seconds=0.4)(f"http://{site}/{path}", "*/*")
    assert time.monotonic() - begin < 2


def test_a_deadline_of_the_caller_counts_too(site: str) -> None:
    with pytest.raises(FetchError, match="took too long"):
        fetcher(site).until(time.monotonic() - 1)(f"http://{site}/good", "*/*")


def test_the_development_host_must_be_this_machine() -> None:
    away = WebFetch(allow_localhost="localhost:8000", resolve=lambda host, port: ["1.1.1.1"])
    with pytest.raises(FetchError, match="not this machine"):
        away("http://localhost:8000/", "*/*")


def test_offline_reads_nothing() -> None:
    with pytest.raises(FetchError, match="offline"):
        offline("https://example.org/", "*/*")


def test_a_map_answers_from_memory_and_asks_otherwise_for_the_rest() -> None:
    whole = Fetched("https://b.example/", 200, "text/plain", b"b")
    fetch = MappedFetch({"https://a.example/": b"a", "https://b.example/": whole})
    assert fetch("https://a.example/", "*/*").body == b"a"
    assert fetch("https://b.example/", "*/*") is whole
    with pytest.raises(FetchError):
        fetch("https://c.example/", "*/*")
    asked = MappedFetch(lambda url: b"x" if url.endswith("/x") else None)
    assert asked("https://a.example/x", "*/*").body == b"x"
    assert MappedFetch({}, WebFetch(allow_localhost="localhost:8000")).allow_localhost == "localhost:8000"


def test_one_verification_reads_at_most_twenty_addresses_and_each_once() -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> Fetched:
        asked.append(url)
        if url.endswith("/3"):
            raise FetchError(url, "no")
        return Fetched(url, 200, "", b"{}")

    budget = Budget(fetch)
    for _ in range(2):
        for number in range(20):
            if number == 3:
                with pytest.raises(FetchError, match="no"):
                    budget(f"https://a.example/{number}", "*/*")
            else:
                assert budget(f"https://a.example/{number}", "*/*").body == b"{}"
    with pytest.raises(FetchError, match="at most 20"):
        budget("https://a.example/20", "*/*")
    assert len(asked) == 20


def test_one_verification_takes_no_more_than_its_time_and_size() -> None:
    late = Budget(MappedFetch({"https://a.example/": b"{}"}), Limits(seconds=0))
    with pytest.raises(FetchError, match="at most 0 s"):
        late("https://a.example/", "*/*")
    large = Budget(MappedFetch({"https://a.example/": b"x" * (Limits().bytes + 1)}))
    with pytest.raises(FetchError, match="longer than"):
        large("https://a.example/", "*/*")


def test_names_are_resolved_by_the_machine_unless_told_otherwise() -> None:
    from plaudit.fetch import _resolve

    assert "127.0.0.1" in _resolve("localhost", 80)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_read(tmp_path: Path) -> None:
    """TLS is checked against the name, although the connection goes to an address that was judged before."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "guild.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "c.pem").write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=answer)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(ssl.SSLCertVerificationError):
            connect("127.0.0.1", port, time.monotonic() + 10, tls_name="guild.example")
        thread.join()


def test_it_goes_to_the_first_address_when_all_are_public() -> None:
    fetch = WebFetch(resolve=lambda host, port: ["1.1.1.1", "2606:4700::1111"])
    target = fetch_module._Target.of("https://one.example/", fetch)
    assert fetch._address("https://one.example/", target, time.monotonic() + 9) == "1.1.1.1"


def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    waiting = threading.Event()

    def never(host: str, port: int) -> list[str]:
        waiting.wait(30)
        return []

    fetch = WebFetch(resolve=never, limits=Limits(seconds=0.2))
    with pytest.raises(FetchError, match="looked up in time"):
        fetch("https://slow.example/", "*/*")
    waiting.set()


def test_a_name_that_is_not_there_is_an_error_of_ours() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(FetchError, match="could not be reached"):
        WebFetch(resolve=unknown)("https://nowhere.example/", "*/*")
