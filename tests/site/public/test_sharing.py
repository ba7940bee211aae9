"""The share panel: the card as others see it, and what each button hands on (J30)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, sharing
from plaudit_site.awards.models import Award, Visibility
from tests.people import World
from tests.site.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.journey("J30")]


@pytest.fixture(params=["/badges/{}/manage", "/badges?new={}"], ids=["manage", "just accepted"])
def panel(request: pytest.FixtureRequest, award: Award, eve: User) -> str:
    return signed_in(eve).get(request.param.format(award.public_id)).content.decode()


def test_the_panel_shows_the_very_card_that_the_certificate_names(
    panel: str, award: Award, client: Client
) -> None:
    shown = re.search(r'<figure class="preview"><img ([^>]+)>', panel)
    assert shown
    told = dict(re.findall(r'([a-z]+)="([^"]*)"', shown[1]))
    assert (told["width"], told["height"], told["loading"]) == ("1200", "630", "lazy")
    assert unescape(told["alt"]) == f"{award.title}, awarded to {award.name}"
    certificate = client.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()
    named = re.search(r'<meta property="og:image" content="([^"]+)">', certificate)
    assert named
    assert client.get(told["src"])["Location"] == named[1].removeprefix(settings.BASE_URL)


def test_what_nobody_else_sees_has_no_card_to_show(world: World, eve: User) -> None:
    private = world.award(badge=world.badge_like("Another"))
    claiming.accept(private, eve, visibility=Visibility.ONLY_ME, trust_issuer=False)
    page = signed_in(eve).get(f"/badges/{private.public_id}/manage").content.decode()
    assert "/card-" not in page


def test_a_remembered_mastodon_server_is_told_the_channel_too(panel: str, award: Award) -> None:
    assert f'data-mastodon="{sharing.certificate_url(award)}?via=ma"' in panel


def test_the_systems_own_sharing_gets_the_title_and_our_picture(
    panel: str, award: Award, client: Client
) -> None:
    button = re.search(r"<button[^>]*data-system[^>]*>", panel)
    assert button
    told = dict(re.findall(r'(data-[a-z]+)="([^"]*)"', button[0]))
    assert unescape(told["data-title"]) == award.title
    assert told["data-url"] == sharing.certificate_url(award)
    assert client.get(told["data-picture"])["Content-Type"] == "image/png"


def test_codes_to_paste_name_the_holder_alike_in_panel_and_oembed(
    panel: str, award: Award, client: Client
) -> None:
    said = f'title="{award.title}, awarded to {award.name}"'
    assert said in unescape(unescape(panel))
    assert said in unescape(client.get("/oembed", {"url": sharing.permanent_url(award)}).json()["html"])


def test_a_name_that_was_not_signed_is_in_no_code_to_paste(award: Award, eve: User) -> None:
    Award.objects.filter(pk=award.pk).update(name="Somebody Else")
    page = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    assert "Somebody Else" not in page
    assert "awarded to" not in unescape(page).split("<iframe", 1)[1].split("</iframe>")[0]
