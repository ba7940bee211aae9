"""Every state of a certificate, loaded once, wide and narrow, light and dark; `make screenshots` writes pictures."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, assert_accessible, no_sideways_scroll

pytestmark = pytest.mark.browser
SHEETS = harness.SCREENSHOTS / "states"
WIDE, NARROW, HEIGHT = 1280, 390, 900
GAP = 20
HEADINGS = {
    "authentic": "Certificate of Authenticity",
    "expiring": "Certificate of Authenticity",
    "expired": "Certificate, expired",
    "revoked": "Certificate, no longer valid",
    "replaced": "Certificate, no longer valid",
    "suspended": "Certificate, no longer valid",
    "invalid": "This file can’t be trusted",
    "unknown": "Certificate, not fully checked",
    "unvouched": "Certificate, issuer not approved",
    "private": "",
    "removed": "",
}


@pytest.fixture
def certificates(own_site: LiveSite) -> dict[str, str]:
    return own_site.told_by("tests.browser.every_state")


@pytest.mark.journey("J38")
def test_each_state_is_told_at_a_glance(
    browser: Browser, own_site: LiveSite, certificates: dict[str, str]
) -> None:
    assert certificates.keys() == HEADINGS.keys()
    sheets: dict[str, list[bytes]] = {state: [] for state in certificates}
    with harness.new_page(browser, own_site) as page:
        for state, address in certificates.items():
            answer = page.goto(address)
            assert answer
            assert answer.status == {"private": 404, "removed": 410}.get(state, 200), state
            if HEADINGS[state]:
                expect(page.get_by_role("heading", level=1)).to_have_text(HEADINGS[state])
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                for width in (WIDE, NARROW):
                    page.set_viewport_size({"width": width, "height": HEIGHT})
                    assert_accessible(page)
                    if os.environ.get("PLAUDIT_SCREENSHOTS"):
                        sheets[state].append(page.screenshot(full_page=True))
                no_sideways_scroll(page)
    if os.environ.get("PLAUDIT_SCREENSHOTS"):
        SHEETS.mkdir(parents=True, exist_ok=True)
        for state, shots in sheets.items():
            side_by_side(shots).save(SHEETS / f"{state}.webp", quality=70, method=6)


def side_by_side(shots: list[bytes]) -> Image.Image:
    """The whole page: wide and narrow in light, wide and narrow in dark, at half their size."""
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    width = sum(one.width for one in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(one.height for one in pictures)), "#8b8983")
    left = 0
    for one in pictures:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    return sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS)
