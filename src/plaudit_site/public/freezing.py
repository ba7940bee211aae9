"""The public side as plain files, which any web server shows when the site itself is gone (ADR 0033).

Each page is asked for as a stranger would, and then made to stand alone: links that lead to what is not copied become
words, forms go, and a line says of which day it is. What programs read stands at the address that was signed, and once
more with an ending, so that a server knows what it is.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.awards import downloads, statuslists
from plaudit_site.awards.models import Award, Collection, StatusList, Visibility
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import profiles
from plaudit_site.belongings.models import ProfileName
from plaudit_site.ids import LENGTH
from plaudit_site.issuers.models import Issuer, IssuerSlug
from plaudit_site.public import unlisting
from plaudit_site.public.written_states import Written
from plaudit_site.showing.context import FROZEN

MARK = "plaudit-copy.json"
# In what state each award was when it was written; there only while the copy is made.
STATES = "plaudit-copy-states"
STANDING = (
    "/", "/help/", "/help/open-badges/", "/help/checking/", "/help/addresses", "/terms/", "/privacy/",
    "/accessibility/", "/verify/", "/verify/in-your-browser",
)  # fmt: skip
# What belongs to the pages of people, by how their addresses begin.
CODES = ("/qr.svg", "/qr.png")
FILES = {
    "/@": (".pdf", "/card.png", *CODES),
    "/c": (".pdf", ".json", "/card.png", *CODES),
    "/s": ("/file", "/picture.png", *CODES),
}
Told = Callable[[int, int], None]


class CopyRefused(Exception):
    """Nothing was written; the text says what to do."""


class Copy:
    """One copy, of one moment, in a directory that takes its place when it is whole."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.target, self.parts = directory, directory.with_name(f"{directory.name}.part")
        self.old = directory.with_name(f"{directory.name}.old")
        self._handler = WSGIHandler()
        self._check()
        self.parts.mkdir(parents=True, exist_ok=True)
        self.at = self._begun() or now
        self._write(MARK, json.dumps({"at": self.at.isoformat(), "of": settings.BASE_URL}).encode())
        self.shown = set(_shown().values_list("public_id", flat=True))
        self.issuers = list(Issuer.objects.order_by("pk"))
        self.hosts = {issuer.host: issuer for issuer in self.issuers if issuer.host}
        self.people = set(_of_people())
        self.files = {path + part for path in self.people for part in FILES[path[:2]]}
        self.pages = {*STANDING, *self._issuer_pages(), *self.people}

    def write(self, told: Told) -> None:
        """Everything; `told` hears how many awards of how many are done. A second run goes on where one broke off."""
        for path in sorted(self.pages - self.people):
            self.page(path)
        self._static()
        self._documents()
        self._awards(told)
        self._status_lists()
        # What was revoked meanwhile is in the lists and not on its page, or the other way round.
        while self._awards(lambda _number, _whole: None):
            self._status_lists()
        # Last, and anew in each run: these name awards, and who has them changes them.
        for path in sorted(self.people):
            self.page(path)
        for path in sorted(self.files):
            self._file(path)
        self._maps()
        self._former_names()
        self._remove_what_is_no_longer_shown()
        unlisting.unlist(self.parts)
        self._take_its_place()

    def page(self, path: str) -> bytes | None:
        """A page as everybody sees it, standing alone; None where there is none."""
        status, html = self._ask(path, accept="text/html")
        if status != 200:
            self._unlink(_file_of(path))
            return None
        alone = self._alone(html.decode()).encode()
        self._write(_file_of(path), alone)
        return alone

    # What there is

    def _issuer_pages(self) -> Iterator[str]:
        for issuer in self.issuers:
            yield from (f"/i/{issuer.slug}/{part}" for part in ("", "how-to-claim/", "how-to-check/"))
        shown = Achievement.objects.filter(current__isnull=False).exclude(state=Achievement.State.DRAFT)
        for slug, badge in shown.values_list("issuer__slug", "public_id"):
            yield f"/i/{slug}/b/{badge}/"

    def _is_copied(self, path: str) -> bool:
        """Whether an address has a file of its own in the copy."""
        if path in self.pages or path in self.files or path.startswith("/static/"):
            return True
        found = re.fullmatch(r"/(?:i/[^/]+/)?(?:c|embed)/([0-9a-z]{26})((?:[./].*)?)", path)
        if found:
            return found[1] in self.shown and found[2] != "/is-it"
        return bool(re.fullmatch(r"/(?:b|status|issuers|own)/[0-9a-z]{26}.*|/i/[^/]+/logo\.png", path))

    def _awards(self, told: Told) -> int:
        """Those that are not written yet, or not as they are now; how many these were."""
        written = 0
        rows = _shown().select_related("issuer", "revocation", "suspension")
        with Written(self.parts / STATES) as states:
            for number, award in enumerate(_in_pieces(rows), 1):
                is_there = (self.parts / "c" / award.public_id / "index.html").exists()
                now = states.of(award)
                if not is_there or not states.are(award, now):
                    self._award(award)
                    states.note(award, now)
                    written += 1
                told(number, len(self.shown))
        return written

    def _award(self, award: Award) -> None:
        """The files first, the page last: it says that the award is done."""
        here = f"/c/{award.public_id}"
        for ending in downloads.ENDINGS:
            self._file(f"{here}.{ending}")
        for code in CODES:
            self._file(f"{here}{code}")
        self.page(f"/embed/{award.public_id}")
        page = self.page(f"/i/{award.issuer.slug}{here}")
        if page is None:
            return
        card = re.search(rf"{re.escape(here)}/card-[0-9a-f]{{12}}\.png", page.decode())
        if card:
            self._file(card[0])
        for look in re.findall(
            r"/i/[^/\"]+/(?:certificate|signature)-[0-9a-f]{12}\.(?:css|png)", page.decode()
        ):
            if not (self.parts / look[1:]).exists():
                self._file(look)
        self._write(f"c/{award.public_id}/index.html", page)

    def _documents(self) -> None:
        for issuer in self.issuers:
            self._file(f"/issuers/{issuer.public_id}/did.json")
            if issuer.own_identifiers.exists():
                self._file(f"/own/{issuer.public_id}/did.json")
            self._file(f"/issuers/{issuer.public_id}.ob2.json")
            self._file(f"/i/{issuer.slug}/logo.png")
        versions = Version.objects.exclude(achievement__state=Achievement.State.DRAFT).select_related(
            "achievement"
        )
        for version in _in_pieces(versions.defer("picture_png", "picture_svg")):
            here = f"/b/{version.achievement.public_id}/v{version.number}"
            for ending in ("png", "svg", "ob2.json"):
                self._file(f"{here}.{ending}")
            status, document = self._ask(here, accept="application/ld+json")
            if status != 200:
                continue
            # With other languages below it the address is a directory, and only the one with an ending is left.
            names = [f"{here[1:]}.json"] if version.translations else [here[1:], f"{here[1:]}.json"]
            for name in names:
                self._write(name, document)
            for language in version.translations:
                self._file(f"{here}/{language}", accept="application/ld+json")

    def _status_lists(self) -> None:
        for status_list in StatusList.objects.select_related("issuer").iterator():
            content = statuslists.frozen(status_list, self.at)
            for name in (f"status/{status_list.public_id}", f"status/{status_list.public_id}.json"):
                self._write(name, content)

    def _maps(self) -> None:
        """What search engines ask for; each address in it is one of the copy's."""
        self._file("/robots.txt")
        index = self._file("/sitemap.xml") or b""
        for address in re.findall(r"<loc>([^<]*)</loc>", index.decode()):
            self._file(address.removeprefix(settings.BASE_URL))

    def _static(self) -> None:
        """Style sheets, scripts and fonts, by the names that pages have for them."""
        source = Path(settings.STATIC_ROOT)
        for path in source.rglob("*"):
            name = path.relative_to(source)
            if (
                path.is_file()
                and path.suffix not in {".gz", ".br"}
                and name.parts[0] not in {"admin", ".collected"}
            ):
                self._write(f"static/{name}", path.read_bytes())
        self._file("/verify/known.json")

    def _former_names(self) -> None:
        """A link with a name that an issuer, or a person, had before leads on."""
        for row in _former_names():
            self._write(f"@{row.name}/index.html", unlisting.leads_to(f"/@{profiles.name_of(row.user)}/"))
        now = {issuer.pk: issuer.slug for issuer in self.issuers}
        for slug, issuer in IssuerSlug.objects.values_list("slug", "issuer_id"):
            if slug == now[issuer]:
                continue
            self._write(f"i/{slug}/index.html", unlisting.leads_to(f"/i/{now[issuer]}/"))
            for award in _shown().filter(issuer_id=issuer).values_list("public_id", flat=True).iterator():
                self._write(f"i/{slug}/c/{award}/index.html", unlisting.leads_to(f"/c/{award}/"))

    # How it is written

    def _ask(self, path: str, *, accept: str = "*/*") -> tuple[int, bytes]:
        """What the site answers a stranger at its own host."""
        host = settings.SITE_HOST
        environ = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
            "SERVER_NAME": host.partition(":")[0], "SERVER_PORT": host.partition(":")[2] or "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host, "HTTP_ACCEPT": accept,
            "HTTP_X_FORWARDED_PROTO": urlsplit(settings.BASE_URL).scheme, "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
            "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False, FROZEN: self.at,
        }  # fmt: skip
        begun: list[Any] = []
        answer = self._handler(environ, lambda *said: begun.append(said[0]))  # type: ignore[arg-type]
        body = b"".join(answer)
        answer.close()
        return int(begun[0][:3]), body

    def _file(self, path: str, *, accept: str = "*/*") -> bytes | None:
        status, content = self._ask(path, accept=accept)
        if status != 200:
            self._unlink(path[1:])
            return None
        self._write(path[1:], content)
        return content

    def _unlink(self, name: str) -> None:
        """What an earlier run, or an earlier round of this one, wrote, and what nobody is given any more."""
        path = self.parts / name
        if path.is_file():
            path.unlink()

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all."""
        path = self.parts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(content)
        beside.replace(path)

    def _alone(self, html: str) -> str:
        # The check in one's own browser is a form too, but one that is never sent.
        html = re.sub(r"(?s)<form\b(?![^>]*\bdata-check\b).*?</form>", "", html)
        html = re.sub(r'<link rel="alternate" type="[a-z/+]*oembed"[^>]*>', "", html)
        html = re.sub(r'(?s)<a\b([^>]*?)\bhref="([^"]*)"([^>]*)>(.*?)</a>', self._link, html)
        return re.sub(r'\b(src|href)="([^"]+)"', lambda found: f'{found[1]}="{self._here(found[2])}"', html)

    def _here(self, address: str) -> str:
        """An address of this site, or of an issuer's host here, as a path of the copy; any other as it is."""
        if address.startswith(f"{settings.BASE_URL}/"):
            return address.removeprefix(settings.BASE_URL)
        parts = urlsplit(address)
        return parts.path if parts.netloc in self.hosts and parts.path.startswith("/c/") else address

    def _link(self, found: re.Match[str]) -> str:
        address = self._here(found[2])
        path, mark, rest = address.partition("#")
        if not path.startswith("/"):
            return found[0]
        path = path.partition("?")[0]
        if not self._is_copied(unquote(path)):
            return re.sub(r'(?s)<svg class="i\b.*?</svg>', "", found[4])  # an arrow that leads nowhere
        before, after = found[1], found[3]
        # Behind the mark stands the address of a file, for the check in one's own browser: as it was signed.
        return f'<a{before}href="{path}{mark}{rest}"{after}>{found[4]}</a>'

    # Beginning and end

    def _check(self) -> None:
        if not Path(settings.STATIC_ROOT, "staticfiles.json").exists():
            raise CopyRefused("this site was never started, so there is nothing to copy")
        if self.target.exists() and (not self.target.is_dir() or not self._is_ours(self.target)):
            raise CopyRefused(
                f"{self.target} holds something else than a copy of this site; name another directory"
            )
        for beside in (self.parts, self.old):
            if beside.exists() and not self._is_ours(beside):
                raise CopyRefused(f"{beside} is in the way; remove it")

    def _is_ours(self, directory: Path) -> bool:
        return not any(directory.iterdir()) or _mark(directory).get("of") == settings.BASE_URL

    def _begun(self) -> datetime | None:
        at = _mark(self.parts).get("at") if self.parts.exists() else None
        return datetime.fromisoformat(at) if at else None

    def _remove_what_is_no_longer_shown(self) -> None:
        """An award may have become private while the copy was made, or between its two runs."""
        shown = set(_shown().values_list("public_id", flat=True))
        for folder in (self.parts / "c", self.parts / "embed", *self.parts.glob("i/*/c")):
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.name[:LENGTH] not in shown:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        people = {*_of_people(), *(f"/@{row.name}" for row in _former_names())}
        for path in (*self.parts.glob("collection/*"), *self.parts.glob("shown/*"), *self.parts.glob("@*")):
            here = f"/{path.relative_to(self.parts).with_suffix('')}"
            if here not in people:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _take_its_place(self) -> None:
        """A run that was killed in here leaves the copy before it as `.old`; the next one goes on."""
        (self.parts / STATES).unlink(missing_ok=True)
        if self.target.exists():
            if self.old.exists():
                shutil.rmtree(self.old)
            self.target.rename(self.old)
        self.parts.rename(self.target)
        if self.old.exists():
            shutil.rmtree(self.old)


def _in_pieces(rows: Any) -> Iterator[Any]:
    """By their keys. A page that is asked for in between may close the connection, and an open cursor with it."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for begin in range(0, len(keys), 200):
        yield from rows.filter(pk__in=keys[begin : begin + 200]).order_by("pk")


def _shown() -> Any:
    """What everybody with the link may see."""
    return Award.objects.filter(
        state=Award.State.ACCEPTED,
        visibility__in=[Visibility.LINK, Visibility.PUBLIC],
        credential__isnull=False,
    ).order_by("pk")


def _of_people() -> Iterator[str]:
    """What people show of themselves. Limited links are not copied: they have an end, and an off switch."""
    here = {"user__is_active": True, "user__profile__is_on": True}
    for name in ProfileName.objects.filter(is_current=True, **here).values_list("name", flat=True):
        yield f"/@{name}"
    collections = Collection.objects.filter(owner__is_active=True).exclude(visibility=Visibility.ONLY_ME)
    for public_id in collections.values_list("public_id", flat=True):
        yield f"/collection/{public_id}"
    shown = Imported.objects.filter(removed_at__isnull=True).exclude(visibility=Visibility.ONLY_ME)
    for public_id in shown.values_list("public_id", flat=True):
        yield f"/shown/{public_id}"


def _former_names() -> Any:
    here = {"user__is_active": True, "user__profile__is_on": True}
    return ProfileName.objects.filter(is_current=False, **here).select_related("user")


def _mark(directory: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((directory / MARK).read_text())
    except (OSError, ValueError):
        return {}
    return found


def _file_of(path: str) -> str:
    """Where a page lies: what has no ending is a directory with an index."""
    return f"{path.strip('/')}/index.html".lstrip("/")
