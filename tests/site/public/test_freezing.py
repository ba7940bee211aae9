"""A static copy that was stopped and goes on says the same everywhere: on pages, in frames, in status lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from plaudit.status import StatusBits
from plaudit_site.accounts.models import User
from plaudit_site.awards import downloads, revoking, suspending
from plaudit_site.awards.models import Award
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import SigningKey
from plaudit_site.public import freezing
from tests.people import World
from tests.site.public.doors import connections_stay_open
from tests.site.public.test_states import kept

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The copy asks as a web server does, whose requests end with their connection; the test's is to outlive them."""
    with connections_stay_open():
        yield


class Stopped(Exception):
    pass


def stop_after(number: int) -> Callable[[int, int], None]:
    def told(done: int, _whole: int) -> None:
        if done == number:
            raise Stopped

    return told


@pytest.fixture
def target(tmp_path: Path, settings: Any) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")
    return tmp_path / "public"


@pytest.fixture
def awards(world: World, eve: User) -> list[Award]:
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    return [kept(world, eve, badge=world.badge_like(f"Badge {number}")) for number in range(5)]


def forms_answered(award: Award) -> set[str]:
    """Endings at which the site itself still has something."""
    path = f"/c/{award.public_id}"
    return {ending for ending in downloads.ENDINGS if Client().get(f"{path}.{ending}").status_code == 200}


def page_in(copy: Path, award: Award) -> Path:
    return copy / "c" / award.public_id / "index.html"


def forms_in(copy: Path, award: Award) -> set[str]:
    """Endings of the files that stand beside its page."""
    names = (copy / "c").glob(f"{award.public_id}.*")
    return {path.name.partition(".")[2] for path in names} & downloads.ENDINGS.keys()


def is_set(copy: Path, award: Award) -> bool:
    """In one of the lists that its file names."""
    document = json.loads((copy / "c" / f"{award.public_id}.json").read_text())
    found = []
    for entry in document["credentialStatus"]:
        name = entry["statusListCredential"].rpartition("/")[2]
        bits = StatusBits.decode(
            json.loads((copy / "status" / name).read_text())["credentialSubject"]["encodedList"]
        )
        found.append(bits.get(int(entry["statusListIndex"])))
    return any(found)


@pytest.mark.any_database
def test_what_changed_between_two_runs_is_written_anew(
    world: World, awards: list[Award], target: Path
) -> None:
    revoked, suspended, reinstated, same, later = awards
    suspending.suspend(reinstated, reason="The fee", by=world.ada)
    with pytest.raises(Stopped):
        freezing.Copy(target, timezone.now()).write(stop_after(4))
    part = target.with_name("public.part")
    before = page_in(part, same).stat().st_mtime_ns
    assert "This badge is authentic" in page_in(part, revoked).read_text()
    assert "suspended" in page_in(part, reinstated).read_text()
    assert not page_in(part, later).exists()
    assert forms_in(part, revoked) == forms_in(part, suspended) == set(downloads.ENDINGS)

    revoking.revoke(revoked, reason="Copied", by=world.ada)
    suspending.suspend(suspended, reason="The fee", by=world.ada)
    suspending.reinstate(reinstated, by=world.ada)
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)

    for award, said in ((revoked, "revoked"), (suspended, "suspended")):
        assert f"and later {said} by" in page_in(target, award).read_text()
        assert said in (target / "embed" / award.public_id / "index.html").read_text()
        assert is_set(target, award)
        assert forms_in(target, award) == forms_answered(award)
        assert not forms_in(target, award) & downloads.NO_OLDER, (
            "a hosted badge is what stands at its address"
        )
    for award in (reinstated, same, later):
        assert "This badge is authentic" in page_in(target, award).read_text()
        assert not is_set(target, award)
        assert forms_in(target, award) == set(downloads.ENDINGS)
    assert page_in(target, same).stat().st_mtime_ns == before, "what is as it was is not made again"
    assert not (target / freezing.STATES).exists()


@pytest.mark.any_database
def test_what_is_revoked_while_the_copy_is_made_is_so_in_all_of_it(
    world: World, awards: list[Award], target: Path
) -> None:
    def told(done: int, whole: int) -> None:
        if done == whole:
            revoking.revoke(awards[0], reason="Copied", by=world.ada)

    freezing.Copy(target, timezone.now()).write(told)
    assert "This badge was revoked" in page_in(target, awards[0]).read_text()
    assert is_set(target, awards[0])
    assert forms_in(target, awards[0]) == forms_answered(awards[0])
    assert not forms_in(target, awards[0]) & downloads.NO_OLDER


@pytest.mark.any_database
def test_what_a_key_signed_that_is_found_out_while_the_copy_is_made_is_not_made_anew_in_it(
    awards: list[Award], target: Path
) -> None:
    """SECURITY B6: no token and no paper is left of what nobody can trust."""

    def told(done: int, whole: int) -> None:
        if done == whole:
            for key in SigningKey.objects.filter(issuer=awards[0].issuer):
                keys.mark_compromised(key, by="tests")

    freezing.Copy(target, timezone.now()).write(told)
    for award in awards:
        assert forms_in(target, award) == forms_answered(award)
        assert "jwt" not in forms_in(target, award)


def test_no_question_is_open_while_a_page_is_asked_for(
    awards: list[Award], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute a request closes its connection, which is this one: on PostgreSQL a cursor went with it."""
    opened: list[int] = []
    iterator, ask = QuerySet.iterator, freezing.Copy._ask

    def watched(rows: Any, *given: Any, **more: Any) -> Iterator[Any]:
        opened.append(1)
        try:
            yield from iterator(rows, *given, **more)
        finally:
            opened.pop()

    def asked(copy: freezing.Copy, path: str, **more: Any) -> Any:
        assert not opened, path
        return ask(copy, path, **more)

    monkeypatch.setattr(QuerySet, "iterator", watched)
    monkeypatch.setattr(freezing.Copy, "_ask", asked)
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)
    assert page_in(target, awards[0]).exists()


def served(target: Path, path: str) -> str:
    """As a web server that knows nothing but files answers, without a list of what lies in a folder."""
    page = target / path.strip("/") / "index.html"
    return page.read_text() if page.exists() else ""


@pytest.mark.any_database
def test_no_folder_of_a_copy_is_listed(awards: list[Award], target: Path) -> None:
    """E1: whoever asks for /c/ is not given the addresses of everybody's badges that only a link leads to."""
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)  # over the one before
    folders = [target, *(path for path in target.rglob("*") if path.is_dir())]
    slug = awards[0].issuer.slug
    assert {target / "c", target / "i", target / f"i/{slug}/c", target / "embed", target / "status"} <= {
        *folders
    }
    assert [path for path in folders if not (path / "index.html").exists()] == []
    assert len(list(target.glob("collection/*"))) + len(list(target.glob("shown/*"))) <= 2
    for path in ("/c/", "/i/", f"/i/{slug}/c/", "/embed/", "/status/", "/static/", "/b/", "/issuers/"):
        said = served(target, path)
        assert "Nothing is listed here" in said, path
        assert 'href="/"' in said, path
        assert not [award for award in awards if award.public_id in said], path
    for award in awards:
        assert "This badge is authentic" in page_in(target, award).read_text()


@pytest.mark.any_database
def test_a_copy_says_where_a_badge_can_be_checked_now(awards: list[Award], target: Path) -> None:
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)
    said = served(target, "/verify/")
    assert "needs the site" in said
    assert 'href="/verify/in-your-browser"' in said
    assert "plaudit verify" in said
    assert "<form" not in said
    for path in ("/help/checking/", f"/i/{awards[0].issuer.slug}/how-to-check/", "/verify/in-your-browser"):
        assert re.search(r'href="/verify/"[^>]*>[^<]*Verify a badge</a>', served(target, path)), path


@pytest.mark.any_database
def test_the_help_of_a_copy_promises_nothing_that_needs_the_site(awards: list[Award], target: Path) -> None:
    freezing.Copy(target, timezone.now()).write(lambda _done, _whole: None)
    slug = awards[0].issuer.slug
    for path in (
        "/",
        "/help/",
        "/help/addresses",
        "/help/checking/",
        f"/i/{slug}/how-to-claim/",
        f"/i/{slug}/how-to-check/",
    ):
        said = served(target, path)
        assert said, path
        for promise in (
            "Press “Save and Share”", "confirm it with the code", "mail you six digits", "in Manage",
            "Yours are kept here", "Type an e-mail address", "checks the badge at that moment",
            "We check it all the same", "we mail six digits", "Choose who can see it",
        ):  # fmt: skip
            assert promise not in said, (path, promise)
    assert "A copy has no accounts" in served(target, "/help/")
