"""What programs read: key documents, status lists, badges as data and pictures."""

from __future__ import annotations

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.awards import credentials, hosting, own_documents
from plaudit_site.awards.models import StatusList
from plaudit_site.issuers import designing_certificates as designs
from plaudit_site.issuers import keys, own_identifiers
from plaudit_site.issuers.models import Issuer, OwnIdentifier
from plaudit_site.public.views import answers

FIVE_MINUTES = "public, max-age=300, no-transform"
FOR_EVER = "public, max-age=31536000, immutable, no-transform"


def as_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


@anyone
@require_safe
def did_document(request: HttpRequest, public_id: str) -> HttpResponse:
    issuer = Issuer.objects.filter(public_id=public_id).first()
    if issuer is None:
        raise Http404
    media_type = answers.chosen(request, answers.KEYS)
    return answers.document(request, as_json(keys.document(issuer)), media_type, keep=FIVE_MINUTES)


@anyone
@require_safe
def own_did_document(request: HttpRequest, public_id: str) -> HttpResponse:
    """Of the identifier under the host that is asked; at the site's own, for copies of it, of the last (ADR 0055)."""
    if host := getattr(request, "host_name", ""):
        own = own_identifiers.of_host(host, public_id)
    else:
        own = OwnIdentifier.objects.filter(issuer__public_id=public_id).select_related("issuer").last()
    if own is None:
        raise Http404
    media_type = answers.chosen(request, answers.KEYS)
    return answers.document(
        request, as_json(keys.document(own.issuer, own.identifier)), media_type, keep=FIVE_MINUTES
    )


@anyone
@require_safe
def status_list(request: HttpRequest, public_id: str) -> HttpResponse:
    found = StatusList.objects.filter(public_id=public_id).select_related("issuer").first()
    if found is None:
        raise Http404
    media_type = answers.chosen(request, answers.CREDENTIAL)
    return answers.document(request, own_documents.list_content(found), media_type, keep=FIVE_MINUTES)


def find_version(public_id: str, number: int) -> Version:
    found = (
        Version.objects.select_related("achievement__issuer")
        .filter(achievement__public_id=public_id, number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found


def keep_of(version: Version) -> str:
    """A published version never changes again (DECISIONS 9); a draft does."""
    draft = version.achievement.state == Achievement.State.DRAFT
    return answers.REVALIDATE if draft else FOR_EVER


@anyone
@require_safe
def badge(
    request: HttpRequest, public_id: str, number: int, language: str = "", is_file: bool = False
) -> HttpResponse:
    """A version of a badge, in one of its languages, as the standard's Achievement; a browser is led to its page.

    `is_file`: with an ending it is that document for everybody (DECISIONS 28).
    """
    version = find_version(public_id, number)
    if language and language not in version.translations:
        raise Http404
    draft = version.achievement.state == Achievement.State.DRAFT
    if not is_file and answers.wants_page(request, answers.LINKED) and not draft:
        return redirect("badge_page", version.achievement.issuer.slug, public_id)
    content = {"@context": list(credentials.CONTEXTS), **credentials.achievement(version, language)}
    if version.translations:
        content["related"] = credentials.related(version, language)
    content["creator"] = credentials.profile(version.achievement.issuer)
    return answers.document(request, as_json(content), answers.chosen(request, answers.LINKED))


@anyone
@require_safe
def badge_class(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """The same version in the words of Open Badges 2.0."""
    version = find_version(public_id, number)
    if version.achievement.state == Achievement.State.DRAFT:
        raise Http404
    content = as_json(hosting.badge_class(version))
    return answers.document(request, content, hosting.MEDIA_TYPE, keep=FOR_EVER)


@anyone
@require_safe
def issuer_profile(request: HttpRequest, public_id: str) -> HttpResponse:
    """The issuer in the words of Open Badges 2.0."""
    issuer = Issuer.objects.filter(public_id=public_id).first()
    if issuer is None:
        raise Http404
    content = as_json(hosting.issuer_profile(issuer))
    return answers.document(request, content, hosting.MEDIA_TYPE, keep=FIVE_MINUTES)


@anyone
@require_safe
def picture(request: HttpRequest, public_id: str, number: int, ending: str) -> HttpResponse:
    version = find_version(public_id, number)
    if ending == "png":
        return answers.document(request, bytes(version.picture_png), "image/png", keep=keep_of(version))
    if not version.picture_svg:
        raise Http404
    return answers.document(request, version.picture_svg.encode(), "image/svg+xml", keep=keep_of(version))


@anyone
@require_safe
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    issuer = Issuer.objects.filter(slug=slug).first()
    if issuer is None or not issuer.logo:
        raise Http404
    return answers.document(request, bytes(issuer.logo), "image/png", keep=FIVE_MINUTES)


def _design(slug: str, version: str) -> designs.Look:
    """The design of now; an older version is not there any more."""
    issuer = Issuer.objects.select_related("certificate_design").filter(slug=slug).first()
    look = designs.look_of(issuer) if issuer is not None else None
    if look is None or look.version != version:
        raise Http404
    return look


@anyone
@require_safe
def design_style(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    content = designs.style(_design(slug, version).colour).encode()
    return answers.document(request, content, "text/css", keep=FOR_EVER, everywhere=False)


@anyone
@require_safe
def signature(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """The picture of a hand's signature, an ornament of the sheet."""
    look = _design(slug, version)
    if not look.signature:
        raise Http404
    return answers.document(request, look.signature, "image/png", keep=FOR_EVER, everywhere=False)
