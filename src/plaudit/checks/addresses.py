"""Where a document of Open Badges 2.0 stands, and whose address that is.

Addresses are compared as parsed origins, never as texts. A document counts only where it says it stands: one that
names another address as its identity is read once more there, and that reading counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from plaudit import ob2
from plaudit.checks.case import FAILED, UNKNOWN
from plaudit.errors import FetchError, UnreadableError
from plaudit.fetch import Fetch
from plaudit.ob2 import Word
from plaudit.reading import is_absolute_iri, listed, parse_json_object
from plaudit.report import Outcome

ACCEPT: Final = "application/ld+json, application/json;q=0.9"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}|\[[0-9a-f:.]+\]")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
MAX_NAMED: Final = 1000
"""Of the addresses that a profile allows; those behind are not looked at, for one profile may be asked twenty times."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where an address lies: `port` is None for the usual one of the scheme."""

    host: str
    port: int | None


def origin_of(address: object) -> Origin | None:
    """The origin of a web address, its host in small letters and as A-label.

    None for anything else: no http(s), a user name, a host no name could be, `.` or `..` in the path. Whether an
    address may be read without TLS is for `fetch` to say, so http and https at their usual ports are one origin.
    """
    if not is_absolute_iri(address):
        return None
    try:
        parts = urlsplit(str(address))
        port, host = parts.port, (parts.hostname or "").lower()
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or _DOTS.search(parts.path):
        return None
    if ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host):
        return None
    return Origin(host, None if port == _DEFAULT_PORTS[parts.scheme] else port)


def lies_within(address: str, prefix: str) -> bool:
    """Whether an address is in the scope that `startsWith` names: same origin, and the rest begins alike."""
    origin = origin_of(address)
    if origin is None or origin != origin_of(prefix):
        return False
    rest, scope = (_after_origin(text) for text in (address, prefix))
    return rest.startswith(scope)


def _after_origin(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _allowed(entry: str) -> Origin | None:
    """An entry of `allowedOrigins`: a host, with a port where it is an unusual one; some write a whole origin."""
    return origin_of(entry if "://" in entry else f"https://{entry}/")


class Page(NamedTuple):
    """A document, and the address that vouches for it ("" when it was only embedded in another)."""

    address: str
    content: Mapping[str, Any]
    is_of_1: bool = False


class NoPage(NamedTuple):
    """Why there is no document: it cannot be reached, is not one, or is gone for good (`gone` is what was said)."""

    outcome: Outcome
    reason: str
    gone: bytes | None = None


def _lost_tls(before: str, after: str) -> bool:
    return urlsplit(before).scheme == "https" and urlsplit(after).scheme != "https"


EMPTY: Final = Page("", {})
NOT_READ: Final = NoPage(UNKNOWN, "not read")


def read_page(fetch: Fetch, address: object, cls: type[Word], *, follow: bool = True) -> Page | NoPage:
    """The document at an address, in the words of 2.0, if it is about that address."""
    if origin_of(address) is None:
        return NoPage(FAILED, f"{str(address)[:200]} is not a web address")
    url = str(address)
    try:
        answer = fetch(url, ACCEPT)
    except FetchError as error:
        return NoPage(UNKNOWN, str(error), error.body if error.status == 410 else None)
    if answer.status != 200:
        gone = answer.body if answer.status == 410 else None
        return NoPage(UNKNOWN, f"{url}: answered with status {answer.status}", gone)
    if origin_of(answer.url) != origin_of(url) or _lost_tls(url, answer.url):
        return NoPage(FAILED, f"{url} redirects to another place, {answer.url[:200]}")
    try:
        found = parse_json_object(answer.body)
    except UnreadableError as error:
        return NoPage(UNKNOWN, f"{url} did not answer with a document: {error}")
    content = ob2.upgrade(found, cls, url)
    identifier = content.get("id", None if "id" in ob2.required_of(cls) else url)
    if identifier == url:
        return Page(url, content, content is not found)
    if follow and origin_of(identifier) is not None:
        return read_page(fetch, identifier, cls, follow=False)
    return NoPage(FAILED, f"the document at {url} is about {str(identifier)[:200]}")


def read_part(fetch: Fetch, value: Any, cls: type[Word]) -> Page | NoPage:
    """What a member names or holds; an embedded object that has a web address is read there."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        return read_page(fetch, value, cls)
    if origin_of(value.get("id")) is not None:
        return read_page(fetch, value["id"], cls)
    return Page("", value)


def fault_of_scope(address: str, issuer: Page) -> str:
    """Why an address is not one the issuer's badges may have; "" when it is (Open Badges 2.0, "Verification")."""
    if not issuer.address:
        return "the issuer has no web address, so no address can be the issuer's"
    policy = issuer.content.get("verification")
    policy = policy if isinstance(policy, Mapping) else {}
    if policy.get("verificationProperty", "id") not in ("id", "@id"):
        return "the issuer's profile wants badges verified by another member than id"
    prefixes, hosts = (
        None
        if policy.get(name) is None
        else [item for item in listed(policy[name])[:MAX_NAMED] if isinstance(item, str)]
        for name in ("startsWith", "allowedOrigins")
    )
    if prefixes is not None and not any(lies_within(address, prefix) for prefix in prefixes):
        return f"{address} does not lie within {', '.join(prefixes)[:200]}, as the issuer's profile asks"
    # A beginning does not take the place of the origins: where these are not named, it is the issuer's own alone.
    origins = [origin_of(issuer.address)] if hosts is None else [_allowed(host) for host in hosts]
    if origin_of(address) not in origins:
        return f"{address} is not at {' or '.join([issuer.address] if hosts is None else hosts)[:200]}"
    return ""
