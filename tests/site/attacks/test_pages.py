"""Hostile words on every page, side doors of what is private, what leaks (SECURITY D1, D18, D27, E1, E3, E7, K7)."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.accounts.models import User
from plaudit_site.achievements import publishing
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import claiming, invitations, keeping, revoking
from plaudit_site.awards.models import Award
from plaudit_site.belongings import collecting
from plaudit_site.ids import new_id
from plaudit_site.issuers.forms import IssuerForm, LinkForm
from plaudit_site.issuers.models import Group, Issuer, IssuerLink
from plaudit_site.middleware import Refused, SecretPaths
from tests.people import EVE, EVE_AT_WORK, World, run_worker
from tests.site.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ROOT = Path(__file__).resolve().parents[3]

PAYLOADS = {
    "an image": "<img src=x onerror=canary(1)>",
    "out of an attribute": '"><svg onload=canary(1)>',
    "out of an attribute, single": "'><script>canary(1)</script>",
    "end of a script": "</script><script>canary(1)</script>",
    "end of a title": "</title></style></textarea><script>canary(1)</script>",
    "a link in Markdown": "[a](javascript:canary(1)) [b](data:text/html,<script>canary(1)</script>) [c](vbscript:x)",
    "a template": "{{73819*61813}}{% now 'Y' %}{0.__class__}%(x)s",
    "a handler": "x onmouseover=canary(1) y",
}


class Read(HTMLParser):
    """Collects whatever could run."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        ours = (given.get("src") or "").startswith("/static/")
        data = given.get("type") in {"application/ld+json", "application/json"}
        if tag == "script" and not ours and not data:
            self.runs.append(f"<{tag} {attrs}>")
        for name, value in attrs:
            if name.startswith("on") or "canary" in name:
                self.runs.append(f"<{tag} {name}={value!r}>")
            scheme = re.sub(r"[\x00-\x20]", "", value or "").partition(":")[0].lower()
            if name in {"href", "src", "action", "formaction", "poster"} and scheme in {
                "javascript",
                "data",
                "vbscript",
            }:
                drawing = tag == "img" and (value or "").startswith("data:image/svg+xml,")
                self.runs += [] if drawing else [f"<{tag} {name}={value!r}>"]
        if tag in {"iframe", "object", "embed", "base"} or (tag == "svg" and "onload" in given):
            self.runs.append(f"<{tag}>")


def what_runs(html: str) -> list[str]:
    reader = Read()
    reader.feed(html)
    return reader.runs


def test_the_reader_of_pages_sees_what_runs() -> None:
    """The control: each payload, put into a page without escaping, is seen."""
    for name, payload in PAYLOADS.items():
        if name in {"a template", "a link in Markdown", "a handler"}:
            continue
        assert what_runs(f'<p title="{payload}">{payload}</p>'), name
    assert what_runs("<a href='java\tscript:canary(1)'>")
    assert not what_runs("<p>&lt;img onerror=canary(1)&gt;</p><script src='/static/js/copy.js'></script>")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_page_runs_what_people_wrote(world: World, eve: User, sam: User, ozz: User, payload: str) -> None:
    """D1, D19, D26: every text field of everybody, on every page that shows one."""
    Issuer.objects.filter(pk=world.issuer.pk).update(
        name=payload[:120], short_name=payload[:24], description=payload, look_alike_of=payload[:120]
    )
    issuer = Issuer.objects.get(pk=world.issuer.pk)
    IssuerLink.objects.create(
        issuer=issuer, group=Group.WORK, label=payload[:80], url="https://leaders.example/x"
    )
    content = publishing.Content(
        title="Plain",
        description=payload,
        criteria=payload,
        criteria_url="https://leaders.example/?" + quote(payload),
        skills=(payload[:60],),
        picture_alt=payload[:250],
        links=((payload[:80], "https://leaders.example/y"),),
        design={"shape": "hexagon", "palette": "ink", "symbol": "compass"},
    )
    badge = publishing.make(issuer, content, by="test")
    assert badge.current is not None
    badge.current.title = payload[:80]
    badge.current.save()
    publishing.publish(badge, by="test")
    badge = Achievement.objects.select_related("current", "issuer").get(pk=badge.pk)
    for user in (world.ada, world.ben, eve, sam):
        User.objects.filter(pk=user.pk).update(name=payload[:200])
    shown = world.award(badge=badge, note=payload)
    Award.objects.filter(pk=shown.pk).update(name=payload[:200])
    waits = world.award("waits@example.org", badge=badge, note=payload)
    Award.objects.filter(pk=waits.pk).update(name=payload[:200], problem=payload[:300])
    mine = world.award("eve@work.example", badge=badge, note=payload)
    from plaudit_site.accounts import proving

    proving.prove(eve, EVE_AT_WORK, how="test")
    shown.refresh_from_db()
    claiming.accept(shown, eve, visibility="public", trust_issuer=False)
    collection = collecting.make(eve, payload)
    collecting.put(shown, eve, [collection.public_id])
    gone = world.award("gone@example.org", badge=badge)
    revoking.revoke(gone, reason=payload, by=world.ben)
    keeping.report(shown, payload)
    slug, token = issuer.slug, invitations.token(waits)
    pages: dict[str, list[str]] = {
        "nobody": [
            f"/i/{slug}/", f"/i/{slug}/b/{badge.public_id}/", f"/i/{slug}/how-to-claim/", f"/i/{slug}/how-to-check/",
            f"/i/{slug}/c/{shown.public_id}", f"/claim/{token}", f"/claim/{token}/see", f"/claim/{token}/report",
            f"/u/{invitations.unsubscribe_token(waits, 'issuer')}", f"/accounts/login/?next=/{payload}",
        ],
        "eve": [
            "/badges", f"/badges?new={shown.public_id}", "/badges/waiting", "/badges/collections", "/badges/hidden",
            f"/badges/collections/{collection.public_id}", f"/badges/{shown.public_id}/manage",
            f"/badges/{shown.public_id}/manage?part=1", f"/badges/{shown.public_id}/remove",
            f"/badges/{mine.public_id}/accept", "/account", "/account/addresses", "/account/trusted",
        ],
        "ada": [
            "/issuers", *(f"/manage/{slug}/{rest}" for rest in (
                "", "awards/new", f"awards/{shown.public_id}", f"awards/{gone.public_id}", f"awards/{waits.public_id}",
                "badges", "badges/new", f"badges/{badge.public_id}", f"badges/{badge.public_id}/edit", "organisation",
                "links", "people", "keys",
            )),
        ],
        "ozz": [
            "/operator/issuers/issuer/", f"/operator/issuers/issuer/{issuer.pk}/change/",
            "/operator/awards/abusereport/",
        ],
    }  # fmt: skip
    clients = {"nobody": Client(), "eve": signed_in(eve), "ada": signed_in(world.ada), "ozz": signed_in(ozz)}
    found = 0
    for who, paths in pages.items():
        for path in paths:
            answer = clients[who].get(path)
            assert answer.status_code == 200, (who, path, answer.status_code)
            html = answer.content.decode()
            assert [
                one for one in what_runs(html) if "canary" in one or "/static/" not in one
            ] == [] or who == "ozz", path
            assert not [one for one in what_runs(html) if "canary" in one], path
            assert "4562973847" not in html, path
            found += "canary(1)" in html or "73819*61813" in html
    assert found >= 15, "the words do stand on the pages, as text"


# D27


HIDDEN = {
    "turned round": "AIPMM\u202eEVIL",
    "isolated": "AIP\u2066MM\u2069",
    "zero width": "AI\u200bPMM\ufeff",
    "line break": "AIPMM\u2028EVIL\x0b",
    "tags": "AIPMM\U000e0041\U000e0042",
}


@pytest.mark.parametrize("name", HIDDEN.values(), ids=HIDDEN)
def test_no_name_turns_or_hides_what_stands_beside_it(world: World, name: str) -> None:
    """D27: names, titles, labels; letters that need joiners keep them."""
    bad = re.compile("[\u200b\u202a-\u202e\u2066-\u2069\ufeff\u2028\x0b\U000e0000-\U000e007f]")
    form = IssuerForm(
        {"name": name, "url": "https://a.example", "email": "a@a.example", "short_name": name[:24]}
    )
    assert form.is_valid()
    assert not bad.search(form.cleaned_data["name"] + form.cleaned_data["short_name"])
    link = LinkForm({"group": "work", "label": name, "url": "https://a.example"})
    assert link.is_valid()
    assert not bad.search(link.cleaned_data["label"])
    path = f"/manage/{world.issuer.slug}/awards/new"
    signed_in(world.ben).post(
        path, {"badge": world.badge.public_id, "name": name, "address": EVE, "note": "", "press": new_id()}
    )
    assert not bad.search(Award.objects.get(address=EVE).name)


def test_a_name_of_nothing_visible_is_refused(world: World) -> None:
    """D27, with its control."""
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}/awards/new"
    for name in ("\u200b\u200d", "\u202e", "\u2060 \ufeff", "کامران‌نژاد"):
        form = {"badge": world.badge.public_id, "name": name, "address": EVE, "note": "", "press": new_id()}
        client.post(path, form)
    assert Award.objects.get(address=EVE).name == "کامران‌نژاد"


# D18


SLOW = {
    "stars": "*" * 50_000,
    "underscores": "_a_ " * 12_000,
    "brackets": "[" * 50_000,
    "links": "[a](" * 12_000,
    "quotes": ">" * 50_000,
    "lists": "- " * 25_000,
    "ticks": "`a" * 25_000,
    "references": "[a]: x\n" * 7_000,
    "entities": "&#x" * 16_000,
    "angles": "<a " * 16_000,
    "autolinks": "<https://" * 5_000,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_criteria_that_were_made_to_be_slow_are_not(text: str) -> None:
    """D18. The bound is loose: a quadratic reader would need minutes."""
    start = time.process_time()
    criteria_html(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "address",
    [
        "a@" + "a." * 50_000,
        "a@" + "é" * 50_000,
        "a" * 100_000 + "@a.example",
        "@" * 50_000,
        "a@" + "-" * 50_000,
    ],
)
def test_addresses_that_were_made_to_be_slow_are_refused_quickly(address: str) -> None:
    """D18."""
    start = time.process_time()
    with pytest.raises(AddressRefused):
        address_form(address)
    assert time.process_time() - start < 5


def test_forms_refuse_them_too(site: object) -> None:
    """D18: over HTTP, before anybody is known."""
    start = time.process_time()
    for path, field in (
        ("/accounts/login/", "login"),
        ("/accounts/signup/", "email"),
        ("/accounts/password/reset/", "email"),
    ):
        assert Client().post(path, {field: "a@" + "é." * 30_000}).status_code == 200
    assert time.process_time() - start < 10


# E3


def doors(award: Award) -> dict[str, str]:
    base = f"/c/{award.public_id}"
    page = f"/i/{award.issuer.slug}/c/{award.public_id}"
    return {
        "page": page,
        "question": f"{page}/is-it",
        "permanent": base,
        "json": f"{base}.json",
        "png": f"{base}.png",
        "svg": f"{base}.svg",
        "qr": f"{base}/qr.svg",
        "card": f"{base}/card-{'0' * 12}.png",
    }


def bare(answer: Any, award: Award, unknown: str) -> tuple[Any, ...]:
    """What anybody can tell of an answer, apart from its own number and the address asked for."""
    text = re.sub(
        r'<span class="mono">\w+</span>|Token" value="\w+"|token" value="\w+"', "", answer.content.decode()
    )
    text = text.replace(award.public_id, "ID").replace(unknown, "ID")
    kept = {k: v for k, v in answer.headers.items() if k not in {"X-Request-Id", "Content-Length"}}
    location = kept.pop("Location", "").replace(award.public_id, "ID").replace(unknown, "ID")
    return answer.status_code, text, kept, location


STATES = (
    "private",
    "queued",
    "waiting",
    "declined",
    "withdrawn",
    "removed while private",
    "taken back by its mailbox",
)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "image/png"])
def test_every_door_of_what_is_not_shown_is_the_door_of_nothing(
    world: World, eve: User, sam: User, state: str, accept: str
) -> None:
    """E3, B18, J38: the same bytes and headers as for an id that never was; and nobody keeps a copy."""
    award = world.award(sign=state != "queued")
    if state in {"private", "removed while private"}:
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
        assert Client().get(doors(award)["json"]).status_code == 200, "the control"
        keeping.set_visibility(award, eve, "only_me")
    if state == "removed while private":
        keeping.remove(award, eve)
    if state == "declined":
        claiming.decline(award, actor="test")
    if state == "withdrawn":
        revoking.withdraw(award, by=world.ben)
    if state == "taken back by its mailbox":
        claiming.accept(award, eve, visibility="public", trust_issuer=False)
        claiming.give_back(eve, EVE)
    unknown = new_id()
    for name, path in doors(award).items():
        for client in (Client(), signed_in(sam)):
            for method in ("get", "head", "post") if name == "question" else ("get", "head"):
                send = getattr(client, method)
                one = send(path, {"address": EVE} if method == "post" else {}, headers={"Accept": accept})
                other = send(
                    path.replace(award.public_id, unknown),
                    {"address": EVE} if method == "post" else {},
                    headers={"Accept": accept},
                )
                assert bare(one, award, unknown) == bare(other, award, unknown), (name, method)
                if name != "question" or method == "post":
                    assert one.status_code == 404, (name, method)
                    assert "no-store" in one["Cache-Control"]
                    assert "Access-Control-Allow-Origin" not in one


def test_what_was_removed_is_gone_and_kept_by_nobody(world: World, eve: User) -> None:
    """E3, J29: 410 on every door, no file, no picture."""
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    keeping.remove(award, eve)
    for name, path in doors(award).items():
        if name == "question":
            continue
        answer = Client().get(path)
        assert answer.status_code == 410, name
        assert "no-store" in answer["Cache-Control"]
        assert "text/html" in answer["Content-Type"]


def test_its_earners_own_view_of_a_private_one_is_kept_by_nobody(world: World, eve: User) -> None:
    """D24: the next person at the same machine does not find it."""
    award = world.award()
    claiming.accept(award, eve, visibility="only_me", trust_issuer=False)
    client = signed_in(eve)
    for name, path in doors(award).items():
        if name in {"question", "card"}:
            continue
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in {200, 302}, name
        assert "no-store" in answer["Cache-Control"], name
        assert "Cookie" in answer["Vary"], name


# E1


def test_no_public_page_or_file_holds_anybodys_address(world: World) -> None:
    """E1: twelve earners, everything public that there is, looked through for every address and account name."""
    addresses = [f"earner.{n}.{new_id()[:6]}@people.example" for n in range(12)]
    badge = world.badge_like("Everybody's", repeat="again")
    awards = [world.award(address, badge=badge, note="hello", sign=False) for address in addresses]
    run_worker()
    for number, award in enumerate(awards):
        award.refresh_from_db()
        claiming.accept_with_new_account(
            award, visibility="public" if number % 2 else "link", trust_issuer=True
        )
    revoking.revoke(awards[0], reason="Wrong", by=world.ben)
    run_worker()
    slug = world.issuer.slug
    status_list = world.issuer.status_lists.get()
    paths = [
        "/", "/help/", f"/i/{slug}/", f"/i/{slug}/b/{badge.public_id}/", f"/i/{slug}/how-to-claim/",
        f"/issuers/{world.issuer.public_id}/did.json", f"/status/{status_list.public_id}", f"/b/{badge.public_id}/v1",
        f"/b/{badge.public_id}/v1.png", f"/b/{badge.public_id}/v1.svg",
    ]  # fmt: skip
    for award in awards:
        paths += [
            path for name, path in doors(Award.objects.get(pk=award.pk)).items() if name not in {"question"}
        ]
    read = 0
    for path in paths:
        answer = Client().get(path, follow=True)
        assert answer.status_code == 200, path
        content = answer.content.lower() + str(dict(answer.headers)).lower().encode()
        read += 1
        for address in (*addresses, world.ada.email, world.ben.email):
            assert address.encode() not in content, (path, address)
            assert address.partition("@")[0].encode() not in content or "@people" not in address, (
                path,
                address,
            )
    assert read > 80


# E7


def test_no_token_and_no_address_is_logged(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E7: a whole claim, with every kind of refusal that Django logs by its path."""
    filtered = SecretPaths()
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Keep(level=logging.DEBUG)
    handler.addFilter(filtered)
    logging.getLogger().addHandler(handler)
    try:
        award = world.award()
        token = invitations.token(award)
        undo = new_id()
        client, strict = Client(), Client(enforce_csrf_checks=True)
        for path in (f"/claim/{token}/code", f"/claim/{token}/address", f"/claim/{token}/decline"):
            assert client.get(path).status_code == 405
            assert strict.post(path).status_code == 403
        assert client.post(f"/claim/{token}", {"visibility": "link"}).status_code == 302
        assert Client().get(f"/claim/{token}").status_code == 404
        for path in (f"/account/undo/{undo}", f"/issuers/join/{undo}", f"/u/{undo}"):
            assert Client().get(path).status_code == 404
        run_worker()
    finally:
        logging.getLogger().removeHandler(handler)
    text = "\n".join(lines)
    assert "/claim/…" in text, "the refusals are logged"
    for secret in (token, token.split("-")[1], undo, EVE):
        assert secret not in text


def test_the_servers_own_log_has_that_filter(settings: Any) -> None:
    """E7."""
    assert settings.LOGGING["handlers"]["stderr"]["filters"] == ["secret_paths", "refused"]
    assert settings.LOGGING["root"]["handlers"] == ["stderr"]


def test_what_a_stranger_did_wrong_is_one_line_and_what_we_did_is_told_in_full() -> None:
    """Nobody fills a disk with tracebacks by asking wrongly (D21)."""
    for name, is_told in (("django.security.RequestDataTooBig", False), ("django.request", True)):
        try:
            raise ValueError("here")
        except ValueError:
            record = logging.getLogger(name).makeRecord(name, logging.ERROR, "", 1, "no", (), sys.exc_info())
        assert Refused().filter(record)
        assert ("Traceback" in logging.Formatter().format(record)) is is_told


# K7


@pytest.mark.parametrize(
    ("environment", "starts"),
    [
        ({"PLAUDIT_DEBUG": "yes", "BASE_URL": "https://badges.example.org"}, False),
        ({"BASE_URL": "http://badges.example.org"}, False),
        ({"BASE_URL": "https://badges.example.org@evil.test"}, False),
        ({"BASE_URL": "https://192.0.2.7"}, False),
        ({"PLAUDIT_DEBUG": "yes"}, True),
        ({"BASE_URL": "https://badges.example.org"}, True),
    ],
    ids=["debug in public", "no https", "another host in front", "a number", "debug at home", "a real site"],
)
def test_what_would_be_unsafe_does_not_start(
    tmp_path: Path, environment: dict[str, str], starts: bool
) -> None:
    """K7."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    show = (
        "import plaudit_site.settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, len(s.SECRET_KEY) >= 50)"
    )
    done = subprocess.run(
        [sys.executable, "-c", show],
        env={
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "PLAUDIT_DATA_DIR": str(tmp_path / "data"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode == 0) == starts, done.stderr[-400:]
    if starts:
        secure = environment.get("BASE_URL", "").startswith("https")
        assert done.stdout.split() == [str(secure), str(secure), "True"]
    else:
        assert "ImproperlyConfigured" in done.stderr


def test_counters_of_guesses_are_not_pushed_out(settings: Any) -> None:
    """B19, J41: Django's own table of 300 rows is emptied by anybody who asks 300 things."""
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000


# D9, D10: logos


def test_a_logo_carries_nothing_but_its_pixels(world: World) -> None:
    """D9, D10: metadata gone, polyglots cut, and bombs refused."""
    from io import BytesIO

    from PIL import Image, PngImagePlugin

    from plaudit_site.issuers import logos

    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret-note")
    out = BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, "PNG", pnginfo=notes, exif=b"Exif\x00\x00secret-exif")
    clean = logos.reencode(out.getvalue() + b"<script>canary(1)</script>PK\x03\x04")
    assert clean.startswith(b"\x89PNG")
    assert not [mark for mark in (b"secret", b"canary", b"PK\x03\x04", b"tEXt", b"eXIf") if mark in clean]
    wide = BytesIO()
    Image.new("1", (4097, 8)).save(wide, "PNG")
    for bad in (
        wide.getvalue(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 50,
        b"",
        out.getvalue()[:60],
    ):
        with pytest.raises(logos.LogoRefused):
            logos.reencode(bad)
