"""A passkey is made, named, used to sign in, and taken away; the pages of somebody who has one are for everybody."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.harness import sign_in_as

pytestmark = pytest.mark.browser
# What a phone has within itself: it knows its holder, and keeps who they are here.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_a_device(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def is_for_everybody(page: Page) -> None:
    looking.is_for_everybody(page)
    page.reload()  # its words are longer now


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_pages_of_somebody_with_a_passkey(page: Page, made: dict[str, Any]) -> None:
    give_a_device(page)
    sign_in_as(page, made["pia"], made["password"])
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    heading(page, "Recovery codes")
    is_for_everybody(page)

    page.goto("/accounts/2fa/")
    is_for_everybody(page)
    page.get_by_role("link", name="See your passkeys").click()
    expect(page.get_by_role("heading", name="My phone")).to_be_visible()
    is_for_everybody(page)
    page.get_by_role("link", name="Rename My phone").click()
    heading(page, "Rename this passkey")
    is_for_everybody(page)
    page.get_by_label("Name").fill("The old phone")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="The old phone")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove The old phone").click()
    heading(page, "Remove this passkey?")
    is_for_everybody(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="The old phone")).to_have_count(0)


def test_who_signs_in_with_a_password_is_asked_for_the_passkey_too(page: Page, made: dict[str, Any]) -> None:
    give_a_device(page)
    sign_in_as(page, made["pia"], made["password"])
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("My key")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    code = page.get_by_label("Codes not used yet").input_value().split()[0]

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_text("Use a password").click()
    form = page.locator("form", has=page.locator("input[name=password]"))
    form.locator("input[name=login]").fill(made["pia"])
    form.locator("input[name=password]").fill(made["password"])
    form.get_by_role("button", name="Sign in").click()
    heading(page, "One more step")
    is_for_everybody(page)
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Code").fill(code)
    page.locator("details").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url and "authenticate" not in url)
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
