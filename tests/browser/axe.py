"""axe-core's accessibility rules against a page as it stands."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.2 AA, with the levels and versions below it.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page, within: str | None = None) -> list[str]:
    """What axe finds, one line per rule and element; empty when all is well. within: a selector, else all of it."""
    response = Axe().run(page, context=within, options=RULES).response
    found = [(violation["id"], node["html"]) for violation in response["violations"] for node in violation["nodes"]]
    return [f"{rule}: {html[:200]}" for rule, html in found]
