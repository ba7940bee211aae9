"""`/@name` and `/collection/<id>`: what a person shows of what they earned (J31). Private and unknown are the same."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.awards.models import Collection
from plaudit_site.awards.sharing import Sight
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.models import Profile
from plaudit_site.public import codes, collection_papers, people
from plaudit_site.public.views import answers
from plaudit_site.showing.context import FROZEN


def find_profile(name: str) -> tuple[Profile, str]:
    found, current = profiles.find(name)
    if found is None:
        raise Http404
    return found, current


@anyone
@require_safe
def profile(request: HttpRequest, name: str) -> HttpResponseBase:
    """A name it had before, or one in capitals, leads to the one it has."""
    found, current = find_profile(name)
    if name != current:
        return redirect("public_profile", current)
    listed = profiles.listed(found)
    # A copy has one page: nobody is there to be asked for the next.
    on_a_page = len(listed) if FROZEN in request.META else people.PER_PAGE
    page = Paginator(listed, max(1, on_a_page)).get_page(request.GET.get("page"))
    badges = people.on_profile(page)
    response = render(
        request,
        "public/profile.html",
        {
            "profile": found,
            "person": found.user,
            "name": current,
            "url": profiles.url_of(current),
            "links": [
                (link, link.removeprefix("https://").removeprefix("www.").rstrip("/")) for link in found.links
            ],
            "badges": badges,
            "whole": page.paginator.count,
            "more_url": f"?page={page.next_page_number()}" if page.has_next() else "",
            "collections": [
                (one, collecting.url_of(one), people.in_collection(one)[:4]) for one in _featured(found)
            ],
            "about": people.described(found.user, current, badges) if found.may_be_found else "",
            "owner": found.user_id == request.user.pk,
        },
    )
    return _kept(response, Sight.ANYONE, may_be_found=found.may_be_found)


def _featured(found: Profile) -> list[Collection]:
    return profiles.collections(found)


@anyone
@require_safe
def profile_qr(request: HttpRequest, name: str, ending: str = "svg") -> HttpResponse:
    _found, current = find_profile(name)
    return _code(request, profiles.url_of(current), Sight.ANYONE, ending)


def find_collection(request: HttpRequest, public_id: str) -> tuple[Collection, Sight]:
    found, sight = collecting.look_up(public_id, request.user)
    if found is None:
        raise Http404
    return found, sight


@anyone
@require_safe
def collection(request: HttpRequest, public_id: str) -> HttpResponse:
    found, sight = find_collection(request, public_id)
    owner = found.owner
    shown_profile, name = profiles.find(profiles.name_of(owner) or "-")
    response = render(
        request,
        "public/collection.html",
        {
            "collection": found,
            "person": owner,
            "profile_url": profiles.url_of(name) if shown_profile else "",
            "badges": people.in_collection(found),
            "url": collecting.url_of(found),
            "owner": owner.pk == request.user.pk,
            "only_owner": sight is Sight.OWNER,
        },
    )
    return _kept(response, sight)


@anyone
@require_safe
def collection_paper(request: HttpRequest, public_id: str) -> HttpResponse:
    """The collection on paper, each badge with the address where it is checked."""
    found, sight = find_collection(request, public_id)
    size = request.GET.get("paper", "a4")
    content = collection_papers.draw(found, people.in_collection(found), size)
    return answers.document(
        request,
        content,
        "application/pdf",
        keep=answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE,
        everywhere=False,
        name=f"{slugify(found.name)[:60].strip('-') or 'collection'}-{found.public_id[:6]}.pdf",
    )


@anyone
@require_safe
def collection_qr(request: HttpRequest, public_id: str, ending: str = "svg") -> HttpResponse:
    found, sight = find_collection(request, public_id)
    return _code(request, collecting.url_of(found), sight, ending)


def _code(request: HttpRequest, address: str, sight: Sight, ending: str) -> HttpResponse:
    keep = answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE
    code, media_type = codes.qr(address, ending), codes.MEDIA_TYPES[ending]
    return answers.document(request, code, media_type, keep=keep, everywhere=False)


def _kept(response: HttpResponse, sight: Sight, *, may_be_found: bool = False) -> HttpResponse:
    if not may_be_found:
        response["X-Robots-Tag"] = "noindex"
    if sight is Sight.OWNER:
        response["Cache-Control"] = answers.PRIVATE
    else:
        patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response
