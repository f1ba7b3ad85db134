"""A visitor at a screen: a desktop in the light theme or a phone in the dark one. SCREENSHOTS=FOLDER saves pictures."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.sync_api import BrowserContext, Dialog, Locator, Page, expect

from tests import people

CHECKED = re.compile("/import/checked/[0-9a-f]{32}/$")
IMPORT = re.compile("/imports/[0-9a-f]{40}/$")


class Screen(NamedTuple):
    """Pixels, and what its owner prefers."""

    width: int
    theme: Literal["light", "dark"]


DESK, PHONE = Screen(1280, "light"), Screen(390, "dark")


def drop_file(page: Page, name: str, content: str | bytes) -> None:
    """Drops a file of this name and content onto the page, where nothing waits for one."""
    carried = page.evaluate_handle(
        """([name, content]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(content)], name));
            return carried;
        }""",
        [name, list(content.encode() if isinstance(content, str) else content)],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("footer", event, {"dataTransfer": carried})


class Visitor:
    """A browser page and what people do with it."""

    def __init__(self, context: BrowserContext, server: str, screen: Screen, journey: str) -> None:
        self.context, self.server, self.screen, self.journey = context, server, screen, journey
        self.page: Page = context.new_page()
        self.page.on("dialog", Dialog.dismiss)
        self._pictures = 0

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def goes_to(self, address: str) -> None:
        self.page.goto(f"{self.server}{address}")

    def takes_picture(self, of: str) -> None:
        """Only where somebody wants to look at them."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self._pictures += 1
            name = f"journey-{self.journey}-{self._pictures}-{of}-{self.screen.width}-{self.screen.theme}.png"
            self.page.screenshot(path=Path(folder) / name)

    def signs_in(self, name: str = "Alice", password: str = people.PASSWORD) -> None:
        self.goes_to("/login/")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.main.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda address: "/login/" not in address)

    def navigates(self, name: str) -> None:
        """By the navigation that this screen shows: at its top, or at its bottom."""
        links = self.page.locator("header, nav").get_by_role("link", name=name, exact=True)
        links.and_(self.page.locator(":visible")).first.click()

    def drops(self, name: str, content: str | bytes) -> None:
        drop_file(self.page, name, content)

    def imports(self, name: str, content: str) -> str:
        """Gives a file, says yes, and waits for the result, whose address it returns."""
        self.goes_to("/import/")
        self.drops(name, content)
        self.page.wait_for_url(CHECKED)
        self.page.get_by_role("button", name=re.compile("^Import")).first.click()
        self.page.wait_for_url(IMPORT)
        expect(self.heading).to_contain_text("new", timeout=30_000)
        return self.page.url

    def opens_filters(self) -> None:
        """They stand behind one button."""
        box = self.page.locator(".filterbox")
        if box.get_attribute("open") is None:
            box.locator("summary").click()


def as_text(wanted: dict[str, Any]) -> str:
    return json.dumps(wanted, ensure_ascii=False)
