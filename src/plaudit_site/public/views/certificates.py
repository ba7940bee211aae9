"""The Certificate of Authenticity, its permanent address, and the files behind it."""

from __future__ import annotations

from datetime import datetime

from allauth.account.adapter import get_adapter
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
from plaudit_site.public import cards, certificates, checking, codes, facts, files, typesetting, visible
from plaudit_site.public.facts import Facts
from plaudit_site.public.views import answers
from plaudit_site.public.visible import Whose
from plaudit_site.showing.context import FROZEN

ASKS = 10  # of J41, for each visitor and certificate in ten minutes
ASKS_SECONDS = 600


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
    at_once = request.META.get(answers.AT_ONCE)
    rows = request.META.get(answers.ROWS, at_once)
    asked = None if FROZEN in request.META else facts.Asked.at(slug, public_id, rows)
    # Whoever asked for the rows keeps the whole page.
    may_keep = answers.ROWS not in request.META
    known = None
    if asked is not None and may_keep and "fresh" not in request.GET:
        known = asked.known(timezone.now())
    if asked is not None and known is not None:
        whose = visible.whose(asked.rows)
        _count(request, whose, Sight.ANYONE)
        return _answer(request, whose, Sight.ANYONE, known)
    if at_once is not None:
        return HttpResponse(status=answers.NOT_AT_ONCE)
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if award.issuer.host and sight is Sight.ANYONE and not stays_here(request):
        return redirect(_as_shared(request, sharing.certificate_url(award)))
    if slug != award.issuer.slug:
        return redirect(_as_shared(request, reverse("certificate", args=[award.issuer.slug, public_id])))
    _count(request, award, sight)
    now = timezone.now()
    if sight is not Sight.ANYONE or _is_taken_back(award):  # since its rows were read
        asked = None
    found = _facts(request, award, sight, now, asked)
    if asked is not None and may_keep:
        asked.keep(found, now)
    return _answer(request, award, sight, found)


def _is_taken_back(award: Award) -> bool:
    return getattr(award, "revocation", None) is not None or getattr(award, "suspension", None) is not None


def _as_shared(request: HttpRequest, address: str) -> str:
    """On the way to the page, where it is counted, the channel stays."""
    return sharing.via(address, request.GET.get("via", ""))


def _count(request: HttpRequest, award: Award | Whose, sight: Sight) -> None:
    """A person opened it: not its owner, no program, and not the same one pressing “Check again”."""
    if request.method != "GET" or sight is not Sight.ANYONE or "fresh" in request.GET:
        return
    said = request.META.get
    if counting.is_program(said("HTTP_USER_AGENT", ""), said("HTTP_SEC_PURPOSE", "")):
        return
    if award.earner_id is None or award.earner_id != request.user.pk:
        counting.note(award.pk, request.GET.get("via", ""))


def _facts(
    request: HttpRequest, award: Award, sight: Sight, now: datetime, asked: facts.Asked | None = None
) -> Facts:
    rows = asked.rows if asked is not None else None
    around = visible.around(rows) if rows is not None else None
    verdict = checking.check(award, now, fresh="fresh" in request.GET, around=around)
    return facts.of(award, verdict, by_anyone=sight is Sight.ANYONE, rows=rows)


def _answer(
    request: HttpRequest,
    award: Award | Whose,
    sight: Sight,
    found: Facts,
    *,
    asked: str = "",
    answer: str = "",
    status: int = 200,
) -> HttpResponse:
    owner = award.earner_id is not None and award.earner_id == request.user.pk
    of_this_visit = {"owner": owner, "only_owner": sight is Sight.OWNER, "asked": asked, "answer": answer}
    response = render(request, "public/certificate.html", {**found.shown, **of_this_visit}, status=status)
    if not found.may_be_found:
        response["X-Robots-Tag"] = "noindex"
    if sight is Sight.OWNER:
        response["Cache-Control"] = answers.PRIVATE
    else:
        patch_cache_control(response, private=True, no_cache=True)
        if found.until is not None and not asked:
            answers.may_keep(request, found.until)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    response["Link"] = found.links
    return response


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
    now = timezone.now()
    said = _facts(request, award, sight, now)
    if "@" not in asked:
        return _answer(request, award, sight, said, asked=asked, answer="unreadable", status=400)
    fits = checking.belongs_to(checking.check(award, now), asked)
    return _answer(request, award, sight, said, asked=asked, answer="yes" if fits else "no")


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
    response = _answer(request, award, sight, _facts(request, award, sight, timezone.now()))
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
