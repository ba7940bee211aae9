"""How much a certificate page is for those who open it on the way (UX 30). How soon it shows: bench/public.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import harness
from tests.browser.harness import LiveSite

pytestmark = pytest.mark.browser
KB = 1000

SLOWER = 4  # a phone of some years ago: pages that arrive in parts show what moves
IN_ORDER = (
    """() => [...document.querySelectorAll(".certgrid > *")].map((one) => one.getBoundingClientRect().top)"""
)
SIZES = """() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
    .map((one) => [one.name, one.transferSize])"""


@pytest.mark.journey("J37")
def test_a_certificate_page_is_light_and_holds_still(site: LiveSite, new_page: Callable[..., Page]) -> None:
    whole = 0
    for path in site.demo["certificates"].values():
        page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(path, wait_until="load", timeout=60_000)
        found = page.evaluate(harness.PAINTED)
        sizes = {name: size for name, size in page.evaluate(SIZES) if "/b/" not in name}
        assert all(sizes.values()), sizes
        assert sum(sizes.values()) <= 150 * KB, sizes
        assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 15 * KB
        assert found["largest"] > 0, "nothing was painted"
        assert found["moved"] < 0.05
        tops = page.evaluate(IN_ORDER)
        whole += len(tops) == 3  # one of the demo's is gone
        assert tops == sorted(tops), (
            "what comes later in the page stands above, and pushes down what was read"
        )
    assert whole >= 3


SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 1.6 * 1024 * 1024 / 8,
}
TRIES = 5  # this machine has other things to do: the best of them is what the page can
SOON = 1500


@pytest.mark.journey("J37")
def test_a_phone_on_slow_4g_shows_the_certificate_within_a_second_and_a_half(
    site: LiveSite, new_page: Callable[..., Page]
) -> None:
    path = next(iter(site.demo["certificates"].values()))
    new_page().goto(path)  # whoever comes first waits for what is made once
    found = []
    for _try in range(TRIES):
        page = new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW_4G)
        page.goto(path, wait_until="load", timeout=60_000)
        seen = page.evaluate(harness.PAINTED)
        assert seen["largest"] > 2 * SLOW_4G["latency"] / 2, "the network was not slow"
        assert seen["moved"] < 0.05
        found.append(seen["largest"])
        if min(found) <= SOON:
            break
    assert min(found) <= SOON, found
