"""`/@name` and `/collection/<id>`: what a person shows of what they earned (J31). Private and unknown are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.awards.models import Collection
from plaudit_site.awards.sharing import Sight
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.models import Profile
from plaudit_site.public import cards, codes, collection_papers, people, records
from plaudit_site.public.views import answers
from plaudit_site.showing.context import FROZEN
from plaudit_site.showing.slugs import slug_of


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
    search = people.Search.of(request.GET, listed)
    matching = search.among(listed)
    # A copy has one page: nobody is there to be asked for the next.
    on_a_page = len(matching) if FROZEN in request.META else people.PER_PAGE
    page = Paginator(matching, max(1, on_a_page)).get_page(request.GET.get("page"))
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
            "whole": len(listed),
            "search": search if len(listed) >= people.WORTH_A_SEARCH and FROZEN not in request.META else None,
            "matching": len(matching),
            "more_url": f"?{search.query(page=page.next_page_number())}" if page.has_next() else "",
            "card": f"{profiles.url_of(current)}/card.png?v={_card_version(found, listed)}",
            "collections": [
                (one, collecting.url_of(one), people.in_collection(one)[:4]) for one in _featured(found)
            ],
            "about": people.described(found.user, current, badges) if found.may_be_found else "",
            "owner": found.user_id == request.user.pk,
        },
    )
    return _kept(response, Sight.ANYONE, may_be_found=found.may_be_found)


def _card_version(found: Profile, listed: Sequence[profiles.Listed]) -> str:
    """Changes with what the card shows, so that previews made elsewhere are fetched anew."""
    shown = [found.user.name, found.line, str(len(listed)), *(one.public_id for one in listed[:1])]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:12]


@anyone
@require_safe
def profile_card(request: HttpRequest, name: str) -> HttpResponse:
    """The picture that other sites show beside a link to the profile."""
    found, current = find_profile(name)
    listed = profiles.listed(found)
    return _card(
        request,
        found.user.name or f"@{current}",
        found.line,
        people.on_profile(listed[:1]),
        len(listed),
        seed=profiles.url_of(current),
    )


def _card(
    request: HttpRequest,
    title: str,
    line: str,
    badges: Sequence[people.Shown],
    number: int,
    *,
    seed: str,
    sight: Sight = Sight.ANYONE,
) -> HttpResponse:
    award = next((one.award for one in badges if one.award is not None and one.look.tone == "ok"), None)
    content = cards.draw(
        title=title,
        holder="",
        issuer=line,
        note=cards.note_on_page(number),
        seed=seed,
        picture=bytes(award.version.picture_png) if award is not None else b"",
        svg=award.version.picture_svg if award is not None and award.version.design else "",
        tone="ok",
    )
    keep = answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE
    return answers.document(request, content, "image/png", keep=keep, everywhere=False)


@anyone
@require_safe
def profile_paper(request: HttpRequest, name: str) -> HttpResponse:
    """The profile on paper, each badge with the address where it is checked."""
    found, current = find_profile(name)
    badges = people.on_profile(profiles.listed(found))
    content = collection_papers.draw(
        collection_papers.of_profile(found, current), badges, request.GET.get("paper", "a4")
    )
    return answers.document(request, content, "application/pdf", everywhere=False, name=f"{current}.pdf")


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
    badges = people.in_collection(found)
    shown_profile, name = profiles.find(profiles.name_of(owner) or "-")
    response = render(
        request,
        "public/collection.html",
        {
            "collection": found,
            "person": owner,
            "profile_url": profiles.url_of(name) if shown_profile else "",
            "badges": badges,
            "records": _record_numbers(request, badges),
            "url": collecting.url_of(found),
            "card": f"{collecting.url_of(found)}/card.png?v={_version_of(found, badges)}",
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
    content = collection_papers.draw(
        collection_papers.of_collection(found), people.in_collection(found), size
    )
    return answers.document(
        request,
        content,
        "application/pdf",
        keep=answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE,
        everywhere=False,
        name=f"{_file_name(found)}.pdf",
    )


@anyone
@require_safe
def collection_record(request: HttpRequest, public_id: str) -> HttpResponse:
    """The collection as a learner record (CLR 2.0), or a part of it where it is too long for one."""
    found, sight = find_collection(request, public_id)
    parts = records.parts(people.in_collection(found))
    number = request.GET.get("part", "1")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:6]) <= len(parts):
        raise Http404
    part = int(number[:6])
    content = records.make(found, parts[part - 1], timezone.now())
    return answers.document(
        request,
        content,
        answers.chosen(request, answers.CREDENTIAL),
        keep=answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE,
        everywhere=False,
        name=f"{_file_name(found)}{f'-{part}' if len(parts) > 1 else ''}.json",
    )


def _record_numbers(request: HttpRequest, badges: Sequence[people.Shown]) -> range:
    """A copy of the site has one file at an address, and so no record in parts."""
    number = len(records.parts(badges))
    return range(1, 1 if FROZEN in request.META and number > 1 else number + 1)


def _file_name(found: Collection) -> str:
    return f"{slug_of(found.name, 60, without='collection')}-{found.public_id[:6]}"


def _version_of(found: Collection, badges: Sequence[people.Shown]) -> str:
    said = [found.name, found.owner.name, str(len(badges)), *(one.url + one.state for one in badges[:4])]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


@anyone
@require_safe
def collection_card(request: HttpRequest, public_id: str) -> HttpResponse:
    found, sight = find_collection(request, public_id)
    badges = people.in_collection(found)
    return _card(
        request, found.name, found.owner.name, badges, len(badges), seed=collecting.url_of(found), sight=sight
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
