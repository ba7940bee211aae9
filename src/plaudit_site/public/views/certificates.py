"""The Certificate of Authenticity, its permanent address, and the files behind it."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from plaudit_site.accounts import throttling
from plaudit_site.accounts.guards import anyone
from plaudit_site.awards import counting, downloads, sharing
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import Sight
from plaudit_site.belongings import profiles
from plaudit_site.public import cards, certificates, checking, codes, files, papers, people, typesetting
from plaudit_site.public.views import answers
from plaudit_site.showing.context import FROZEN

ASKS = 10  # of J41, for each visitor and certificate in ten minutes
ASKS_SECONDS = 600
KEPT_STATES = checking.GOOD | {checking.State.EXPIRED, checking.State.UNVOUCHED}
_ALL_BUT_JSON = frozenset(downloads.ENDINGS) - {downloads.JSON.ending}


class Gone(Exception):
    """Its earner took it away."""


def seen(request: HttpRequest, public_id: str) -> tuple[Award, Sight]:
    """The award, for somebody who may see it; Http404 for private and unknown alike, Gone for a removed one."""
    award, sight = sharing.look_up(public_id, request.user)
    if sight is Sight.GONE:
        raise Gone
    if award is None:
        raise Http404
    return award, sight


def stays_here(request: HttpRequest) -> bool:
    """Whoever is signed in stays where the session is, and a copy of the site where it is made (freezing.py)."""
    return request.user.is_authenticated or FROZEN in request.META


def gone(request: HttpRequest) -> HttpResponse:
    response = render(request, "410.html", status=410)
    response["Cache-Control"] = answers.PRIVATE
    return response


@anyone
@require_safe
@gzip_page  # a third of the bytes; no secret is on it for a stranger, and Django pads it for the others
def certificate(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """The page. An older slug of the issuer, or another issuer's, leads to the right one."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if award.issuer.host and sight is Sight.ANYONE and not stays_here(request):
        return redirect(_as_shared(request, sharing.certificate_url(award)))
    if slug != award.issuer.slug:
        return redirect(_as_shared(request, reverse("certificate", args=[award.issuer.slug, public_id])))
    _count(request, award, sight)
    return _page(request, award, sight)


def _as_shared(request: HttpRequest, address: str) -> str:
    """On the way to the page, where it is counted, the channel stays."""
    return sharing.via(address, request.GET.get("via", ""))


def _count(request: HttpRequest, award: Award, sight: Sight) -> None:
    """A person opened it: not its owner, no program, and not the same one pressing “Check again”."""
    if request.method != "GET" or sight is not Sight.ANYONE or "fresh" in request.GET:
        return
    said = request.META.get
    if counting.is_program(said("HTTP_USER_AGENT", ""), said("HTTP_SEC_PURPOSE", "")):
        return
    if award.earner_id is None or award.earner_id != request.user.pk:
        counting.note(award, request.GET.get("via", ""))


def _page(
    request: HttpRequest, award: Award, sight: Sight, *, asked: str = "", answer: str = "", status: int = 200
) -> HttpResponse:
    verdict = checking.check(award, timezone.now(), fresh="fresh" in request.GET)
    page = certificates.page(award, verdict)
    found = sight is Sight.ANYONE and profiles.may_be_found(award)
    missing = files.not_offered(verdict)
    response = render(
        request,
        "public/certificate.html",
        {
            "may_be_found": found,
            "about": people.described_certificate(page, award, with_person=found)
            if verdict.state in KEPT_STATES and page.badge_title
            else "",
            "page": vars(page),  # a template asks a mapping first, and an object only after that failed
            "award": award,
            "issuer": award.issuer,
            "owner": award.earner_id is not None and award.earner_id == request.user.pk,
            "only_owner": sight is Sight.OWNER,
            "state": page.state,
            "has_paper": page.state in papers.SHOWN,
            "downloads": downloads.offered(missing if page.is_trusted else _ALL_BUT_JSON),
            "older": downloads.older(award, but=missing),
            "files": sharing.permanent_url(award),
            "oembed": f"{settings.BASE_URL}/oembed?{urlencode({'url': sharing.certificate_url(award)})}",
            "command": certificates.command(award, is_trusted=page.is_trusted),
            "asked": asked,
            "answer": answer,
        },
        status=status,
    )
    if not found:
        response["X-Robots-Tag"] = "noindex"
    if sight is Sight.OWNER:
        response["Cache-Control"] = answers.PRIVATE
    else:
        patch_cache_control(response, private=True, no_cache=True)
        if verdict.state in KEPT_STATES and not asked:
            answers.may_keep(request, checking.good_until(award, verdict))
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return answers.linked(response, award)


@anyone
@csrf_exempt  # it changes nothing, and so the page needs no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def is_it(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """J41: “is it really this person?” Yes or no against the signed hash; the address is not kept."""
    if request.method != "POST":
        return redirect("certificate", slug, public_id)
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    key = f"is-it:{public_id}:{throttling.client_of(get_adapter().get_client_ip(request))}"
    if throttling.too_often(key, most=ASKS, seconds=ASKS_SECONDS):
        return render(request, "429.html", status=429)
    asked = request.POST.get("address", "").strip()[:254]
    verdict = checking.check(award, timezone.now())
    if "@" not in asked:
        return _page(request, award, sight, asked=asked, answer="unreadable", status=400)
    found = checking.belongs_to(verdict, asked)
    return _page(request, award, sight, asked=asked, answer="yes" if found else "no")


@anyone
@require_safe
def permanent(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/c/<id>`: leads a browser to the page and gives a program the signed document (J34)."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    wanted = answers.wanted_form(request)
    if wanted is None and hasattr(request, "host_issuer"):
        return _at_its_own_host(request, award, sight)
    if wanted is None:
        own = not award.issuer.host or stays_here(request)
        here = reverse("certificate", args=[award.issuer.slug, public_id])
        address = here if own else sharing.certificate_url(award)
        response: HttpResponse = redirect(_as_shared(request, address))
        response["Cache-Control"] = "no-cache" if sight is Sight.ANYONE else answers.PRIVATE
        patch_vary_headers(response, ["Accept", "Cookie"])
        return answers.linked(response, award)
    return _file(request, award, sight, wanted)


@gzip_page
def _at_its_own_host(request: HttpRequest, award: Award, sight: Sight) -> HttpResponse:
    """There the permanent address is the page's own: one address, two languages."""
    _count(request, award, sight)
    response = _page(request, award, sight)
    patch_vary_headers(response, ["Accept"])
    return response


@anyone
@require_safe
def file(request: HttpRequest, public_id: str, ending: str) -> HttpResponse:
    """One form of the award, at an address of its own (downloads.FORMS)."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    return _file(request, award, sight, ending)


def _file(request: HttpRequest, award: Award, sight: Sight, ending: str) -> HttpResponse:
    size = request.GET.get("paper", "a4")
    paper = size if size in typesetting.SIZES else "a4"
    try:
        content = files.content(award, ending, timezone.now(), paper=paper)
    except files.NotOffered as missing:
        raise Http404 from missing
    except files.Withdrawn as withdrawn:
        return answers.withdrawn(withdrawn.document)
    media_type = downloads.ENDINGS[ending].media_type
    if ending == downloads.JSON.ending:
        media_type = answers.chosen(request, answers.CREDENTIAL)
    public = sight is Sight.ANYONE
    response = answers.document(
        request,
        content,
        media_type,
        keep=answers.REVALIDATE if public else answers.PRIVATE,
        everywhere=public and ending != downloads.PDF.ending,
        name=certificates.file_name(award, ending, is_trusted=_is_trusted(award))
        if "download" in request.GET
        else "",
    )
    return answers.linked(response, award)


def _is_trusted(award: Award) -> bool:
    return checking.check(award, timezone.now()).state is not checking.State.INVALID


@anyone
@require_safe
def qr(request: HttpRequest, public_id: str, ending: str = "svg") -> HttpResponse:
    """The permanent address as a QR code, always dark on white."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    public = sight is Sight.ANYONE
    return answers.document(
        request,
        codes.qr(sharing.via(sharing.permanent_url(award), "qr"), ending),
        codes.MEDIA_TYPES[ending],
        keep=answers.REVALIDATE if public else answers.PRIVATE,
        everywhere=False,
    )


@anyone
@require_safe
def card(request: HttpRequest, public_id: str, version: str) -> HttpResponse:
    """The preview picture, at an address that changes when the certificate's state does."""
    award, sight = sharing.look_up(public_id, request.user)
    if sight is Sight.GONE:
        return gone(request)
    if award is None or sight is not Sight.ANYONE:
        raise Http404
    verdict = checking.check(award, timezone.now())
    current = certificates.card_version(award, verdict)
    if version != current:
        response: HttpResponse = redirect("card", public_id, current)
        response["Cache-Control"] = "no-cache"
        return response
    page = certificates.page(award, verdict)
    is_good = page.look.tone == "ok"
    content = cards.draw(
        title=page.badge_title or page.heading,
        holder=page.holder,
        issuer=award.issuer.name if page.badge_title else "",
        note=cards.note_on(award, verdict.state) if is_good else page.verdict_words,
        seed=certificates.verdict_seed(award),
        picture=bytes(award.version.picture_png) if page.picture_url else b"",
        svg=award.version.picture_svg if page.picture_url and award.version.design else "",
        tone=page.look.tone,
    )
    return answers.document(request, content, "image/png")
