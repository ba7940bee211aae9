"""Every route of the site attacked by its place in the route table (SECURITY B9, B17, D20, D22–D25, K11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode

from plaudit_site.accounts.models import User
from plaudit_site.awards import downloads, invitations
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Group, IssuerLink
from tests import people
from tests.people import World
from tests.site.conftest import made_once, signed_in

pytestmark = pytest.mark.django_db

OZZ = "ozz@site.example"


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern)


# Each address once: the first of two patterns answers, as in service.
EVERY = [
    route
    for route in dict.fromkeys(routes(get_resolver().url_patterns))
    if not re.search(r"operator/.*\(\?P<(app_label|url)>", route)
]
OURS = [route for route in EVERY if not route.startswith("operator/")]


@pytest.fixture(scope="module")
def shown(shown: int, django_db_blocker: Any) -> Iterator[int]:
    """With somebody who runs the site: a thousand tests of this file ask, and change nothing for the next."""
    with made_once(django_db_blocker):
        with django_db_blocker.unblock():
            people.person("Ozz Operator", OZZ, operator=True)
        yield shown


@pytest.fixture
def ozz(award: Award) -> User:
    return User.objects.get(email=OZZ)


def filled(route: str, world: World, award: Award, **other: str) -> str:
    """The route with ids of what is there, or with what is named instead."""
    link, _ = IssuerLink.objects.get_or_create(
        issuer=world.issuer, group=Group.WORK, label="Syllabus", url="https://leaders.example/syllabus"
    )
    status_list = world.issuer.status_lists.first()
    version = award.version
    thing = award.public_id
    if route.startswith("status/") and status_list:
        thing = status_list.public_id
    if route.startswith("issuers/<id"):
        thing = world.issuer.public_id
    if "/b/" in route or route.startswith(("b/", "^b/")) or "/badges/<id" in route:
        thing = version.achievement.public_id if not route.startswith("badges/") else award.public_id
    token = invitations.token(award)
    if route.startswith("u/"):
        token = invitations.unsubscribe_token(award, "issuer")
    values = {
        "<slug:slug>": other.get("slug", world.issuer.slug),
        "<id:public_id>": thing,
        "<id:id>": thing,
        "<id:message_id>": thing,
        "<path:rest>": "nothing",
        "<str:token>": other.get("token", token),
        "<str:secret>": other.get("secret", "0" * 26),
        "<int:pk>": other.get("pk", str(link.pk)),
        "<int:number>": other.get("number", str(version.number)),
        "<slug:name>": "library",
        "(?P<url>.*)": "x",
    }
    path = re.sub(r"[\^$]|\\(?=\.)", "", route)
    path = re.sub(r"\(\?P<uidb36>[^)]*\)-\(\?P<key>[^)]*\)", f"1-{other.get('secret', 'set-password')}", path)
    for mark, value in values.items():
        path = path.replace(mark, value)
    path = re.sub(r"\(\?P<public_id>[^)]*\)", thing, path)
    path = re.sub(r"\(\?P<number>[^)]*\)", other.get("number", str(version.number)), path)
    path = re.sub(r"\(\?P<ending>[^)]*\)", "png", path)
    path = re.sub(r"\(\?P<version>[^)]*\)", "0" * 12, path)
    path = re.sub(r"\(\?P<name>[^)]*\)", "eve", path)
    path = re.sub(r"\(\?P<slug>[^)]*\)", world.issuer.slug, path)
    path = re.sub(r"<\w+:\w+>", "1", path)
    return "/" + path


# B9


# These change nothing that belongs to somebody with a cookie, and each says so where it is written.
NO_TOKEN = {
    "u/<str:token>",
    "i/<slug:slug>/c/<id:public_id>/is-it",
    "verify/",
    "hooks/mail",
    "api/v1/verify",
    "shown/<id:public_id>/check",
}


@pytest.mark.any_database
@pytest.mark.parametrize("route", EVERY)
def test_every_unsafe_request_needs_the_pages_token(
    world: World, award: Award, ozz: User, route: str
) -> None:
    """B9: from nobody, and signed in as the operator who may everything; a form and a text/plain body."""
    path = filled(route, world, award)
    nobody, operator = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    operator.force_login(ozz, backend="django.contrib.auth.backends.ModelBackend")
    methods = (("post", "urlencoded"), ("post", "text"), ("put", ""), ("patch", ""), ("delete", ""))
    for client, tried in ((nobody, methods[:1]), (operator, methods)):
        for method, body in tried:
            kind = "text/plain" if body == "text" else "application/x-www-form-urlencoded"
            answer = getattr(client, method)(path, data="visibility=link", content_type=kind)
            if route in NO_TOKEN:
                assert answer.status_code in {200, 302, 400, 404, 405, 415}
            elif route.startswith("api/v1/"):
                # No cookie opens anything there, so nothing is forged: these are signed in and get nowhere.
                assert answer.status_code in {401, 404, 405}, (method, body, path, answer.status_code)
            else:
                assert answer.status_code == 403, (method, body, path, answer.status_code)


def test_the_list_above_holds_every_route_once(world: World, award: Award) -> None:
    """B9, D22: a route that is not tried is not proven."""
    assert len(EVERY) > 80
    assert set(EVERY) >= NO_TOKEN
    assert not [path for route in EVERY if re.search(r"[<>()?]", path := filled(route, world, award))]


def test_one_click_unsubscribe_does_nothing_but_that(world: World, award: Award) -> None:
    """B9: the exception takes no other action and needs the secret of its own mail."""
    path = filled("u/<str:token>", world, award)
    assert Client().post(path).status_code == 200
    for wrong in (path[:-1], path + "0", path.replace("-issuer-", "-all-"), "/u/x", "/u/--", "/u/a-issuer-b"):
        assert Client().post(wrong).status_code == 404, wrong


# D22, D24, D25: headers


@pytest.mark.any_database
@pytest.mark.parametrize("route", EVERY)
@pytest.mark.parametrize("who", ["nobody", "the owner"])
def test_every_answer_says_what_a_browser_may_do_with_it(
    world: World, award: Award, route: str, who: str
) -> None:
    """D22, D25, D23, D24, E8, B15."""
    client = Client() if who == "nobody" else signed_in(world.ada)
    answer = client.get(filled(route, world, award), headers={"Origin": "https://evil.example"})
    assert answer.status_code < 500
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    if route in FRAMED:
        assert "script-src 'none'" in policy
        assert not answer.cookies
        return
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in policy
    assert "script-src 'unsafe" not in policy
    assert "frame-ancestors 'none'" in policy or "sandbox" in policy
    assert "Access-Control-Allow-Credentials" not in answer
    if answer.status_code == 200 and not answer.streaming and answer.content:
        kind = answer["Content-Type"].partition(";")[0]
        start = answer.content[:60].lstrip()
        expected = {b"<!doctype html": "text/html", b"\x89PNG": "image/png", b"<svg": "image/svg+xml"}
        for mark, right in expected.items():
            if start.lower().startswith(mark):
                assert kind == right
    if route in OPEN:
        assert answer.get("Access-Control-Allow-Origin") in {"*", None}
    else:
        assert "Access-Control-Allow-Origin" not in answer, route
    if who == "the owner" and answer.status_code == 200 and route.startswith(PERSONAL):
        kept = answer["Cache-Control"]
        assert "no-store" in kept, route
        assert "private" in kept or "no-cache" in kept


PERSONAL = ("badges", "claim/", "account", "manage/", "issuers/new", "issuers/join", "operator/", "u/")
FRAMED = {"embed/<id:public_id>"}
ENDINGS = "|".join(re.escape(ending) for ending in downloads.ENDINGS)
OPEN = {
    "embed/<id:public_id>",
    "oembed",
    "c/<id:public_id>",
    rf"^c/(?P<public_id>[0-9a-hjkmnp-tv-z]{{26}})\.(?P<ending>{ENDINGS})$",
    "^c/(?P<public_id>[0-9a-hjkmnp-tv-z]{26})/card-(?P<version>[0-9a-f]{12})\\.png$",
    "i/<slug:slug>/logo.png",
    "issuers/<id:public_id>/did.json",
    "own/<id:public_id>/did.json",
    "issuers/<id:public_id>.ob2.json",
    "b/<id:public_id>/v<int:number>.ob2.json",
    "status/<id:public_id>",
    "status/<id:public_id>.json",
    "b/<id:public_id>/v<int:number>",
    "b/<id:public_id>/v<int:number>.json",
    "^b/(?P<public_id>[0-9a-hjkmnp-tv-z]{26})/v(?P<number>[0-9]{1,9})\\.(?P<ending>png|svg)$",
}


def test_programs_of_other_sites_read_what_is_public(world: World, award: Award) -> None:
    """D23: the control; the documented ones are open, each without credentials."""
    for path in (
        f"/c/{award.public_id}.json",
        f"/c/{award.public_id}.png",
        f"/issuers/{world.issuer.public_id}/did.json",
    ):
        answer = Client().get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in Client().get(
        "/", headers={"Origin": "https://elsewhere.example"}
    )


# D20


NASTY = {
    "nul": "\x00",
    "quotes": "' OR 1=1--",
    "markup": '"><svg onload=alert(1)>',
    "2^63": str(2**63),
    "a very long number": "9" * 5000,
    "not a number": "NaN",
    "a template": "{{7*7}}{% now 'Y' %}%(x)s{0.__class__}",
    "a path": "../../../etc/passwd",
    "half a letter": "\udcff",
    "letters beyond": "Ａﬀ\u202e\u200b𝔄",
    "long": "a" * 60_000,
}
# What a database may see differently: signs that it does not store, numbers that it has no room for, quotes.
OF_A_DATABASE = {"nul", "quotes", "2^63", "a very long number", "half a letter"}


def nasty_ones(*left_out: str) -> list[ParameterSet]:
    return [
        pytest.param(name, marks=() if name in OF_A_DATABASE else pytest.mark.any_database)
        for name in NASTY
        if name not in left_out
    ]


PARAMETERS = (
    "q", "issuer", "visibility", "expired", "sort", "page", "state", "new", "part", "badge", "next", "fresh",
    "download", "to", "key", "email",
)  # fmt: skip


def quoted(pairs: dict[str, str]) -> str:
    return urlencode(
        MultiValueDict({k: [v.encode("utf-8", "surrogateescape")] for k, v in pairs.items()}), doseq=True
    )


@pytest.mark.parametrize("nasty", nasty_ones("long"))
def test_nothing_in_a_query_makes_the_server_stumble(world: World, award: Award, nasty: str) -> None:
    """D20, D19: every GET route with every parameter that any page reads; nothing 5xx, nothing evaluated."""
    query = quoted(dict.fromkeys(PARAMETERS, NASTY[nasty]))
    for client in (Client(), signed_in(world.ada)):
        for route in OURS:
            answer = client.get(f"{filled(route, world, award)}?{query}")
            assert answer.status_code < 500, (route, nasty)
            if answer.get("Content-Type", "").startswith("text/html"):
                assert b"<svg onload" not in answer.content, route
                assert not re.search(rb"(?<![0-9A-Za-z;#])49(?![0-9A-Za-z])\d{4}%\(x\)s", answer.content), (
                    route
                )


@pytest.mark.parametrize("nasty", nasty_ones())
def test_nothing_in_a_form_makes_the_server_stumble(world: World, award: Award, nasty: str) -> None:
    """D20, B10: every POST route with every field that any form has."""
    fields = (
        "name", "short_name", "url", "email", "description", "linkedin_id", "group", "label", "address", "role",
        "reason", "note", "badge", "press", "title", "criteria", "criteria_url", "skills", "valid_months", "repeat",
        "picture", "shape", "palette", "symbol", "picture_alt", "link_label", "link_url", "visibility", "trust",
        "trust_issuer", "text", "code", "collection", "new", "award", "move", "next", "login", "password", "undo",
    )  # fmt: skip
    value = NASTY[nasty].encode("utf-8", "surrogateescape")
    body = urlencode(dict.fromkeys(fields, value))
    for client in (Client(), fresh_owner(world)):
        for route in OURS:
            if "logout" in route or "archive" in route or "compromised" in route:
                continue
            answer = client.post(
                filled(route, world, award), data=body, content_type="application/x-www-form-urlencoded"
            )
            assert answer.status_code < 500, (route, nasty)


def fresh_owner(world: World) -> Client:
    import time

    client = signed_in(world.ada)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


@pytest.mark.parametrize("nasty", nasty_ones("long", "a path"))
def test_nothing_in_a_path_makes_the_server_stumble(world: World, award: Award, nasty: str) -> None:
    """D20: ids, numbers, tokens."""
    from urllib.parse import quote

    value = quote(NASTY[nasty].encode("utf-8", "surrogateescape"), safe="")
    tokens = (
        value,
        f"{award.public_id}-issuer-{value}",
        f"{award.public_id}-{value}",
        f"{award.public_id}-all-é",
    )
    for client in (Client(), signed_in(world.ada)):
        for route in OURS:
            if "<" not in route and "(" not in route:
                continue
            for token in tokens if "token" in route else tokens[:1]:
                path = filled(
                    route, world, award, token=token, secret=value, pk=value, number=value, slug=value
                )
                assert client.get(path).status_code < 500, path
                assert client.post(path).status_code < 500, path


HEADERS = {
    "accept without sense": {"Accept": "*/*;q=nan, /;;;q=, text/html;q=1e999, \xff/\x01, a/b;q=" + "9" * 400},
    "a tag without end": {"If-None-Match": '"' * 5000, "If-Modified-Since": "yesterday", "Range": "bytes=-"},
    "languages": {"Accept-Language": ",".join(["de-" + "a" * 400] * 50)},
    "cookies": {"Cookie": 'plaudit_session="\\000\\377"; csrftoken=\x7f; messages=[[; django_language=../..'},
    "forwarded": {"X-Forwarded-For": "a" * 3000, "X-Forwarded-Proto": "\\"},
}


@pytest.mark.any_database
@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_nothing_in_a_header_makes_the_server_stumble(
    world: World, award: Award, headers: dict[str, str]
) -> None:
    """D20, D24."""
    for route in OURS:
        answer = Client().get(f"{filled(route, world, award)}?q=a&next=b", headers=headers)
        assert answer.status_code < 500, route


# K11, E7


def test_a_fault_shows_a_number_and_nothing_else(
    world: World, award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K11."""

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret-of-the-inside")

    client = Client(raise_request_exception=False)
    path = f"/i/{world.issuer.slug}/c/{award.public_id}"
    assert client.get(path).status_code == 200
    monkeypatch.setattr("plaudit_site.public.views.certificates.render", breaks)
    answer = client.get(path)
    assert answer.status_code == 500
    shown = answer.content.decode()
    assert answer["X-Request-Id"] in shown
    for inside in ("secret-of-the-inside", "Traceback", "RuntimeError", "plaudit_site", ".py"):
        assert inside not in shown


def test_a_nul_in_a_collections_form_finds_nothing(world: World, award: Award, eve: User) -> None:
    """D20: PostgreSQL refuses it even in a question."""
    client = signed_in(eve)
    client.post("/badges/collections", {"name": "Mine"})
    path = client.get("/badges/collections").content.decode()
    found = re.search(r"/badges/collections/[0-9a-z]{26}", path)
    assert found
    for data in ({"order": "\0", "up": "\0"}, {"badges": "1", "badge": "\0"}):
        assert client.post(found[0], data).status_code == 302
    answer = client.post(f"/badges/{award.public_id}/collections", {"collection": ["\0", "x"], "new": "a\0b"})
    assert answer.status_code == 302
