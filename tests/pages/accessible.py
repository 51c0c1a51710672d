"""What axe-core finds on a page that a blind, shaky or colour-blind reader could not use."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


def grave_violations(page: Page) -> list[str]:
    """The serious and critical ones, a line each: the rule, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {'; '.join(node['html'] for node in each['nodes'][:3])}"
        for each in found
        if each["impact"] in GRAVE
    ]
