"""A user at a screen: a desktop in the light theme or a phone in the dark one. SCREENSHOTS=FOLDER saves pictures."""

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
    """The width of a screen in pixels, and its preferred theme."""

    width: int
    theme: Literal["light", "dark"]


DESK, PHONE = Screen(1280, "light"), Screen(390, "dark")


def drop_file(page: Page, name: str, content: str | bytes) -> None:
    """Drops a file with this name and content onto the page, outside the upload field."""
    transfer = page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(content)], name));
            return transfer;
        }""",
        [name, list(content.encode() if isinstance(content, str) else content)],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("footer", event, {"dataTransfer": transfer})


class Visitor:
    """A browser page with the actions of a user."""

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

    def go_to(self, address: str) -> None:
        self.page.goto(f"{self.server}{address}")

    def take_picture(self, of: str) -> None:
        """Saves a screenshot if SCREENSHOTS is set."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self._pictures += 1
            name = f"journey-{self.journey}-{self._pictures}-{of}-{self.screen.width}-{self.screen.theme}.png"
            self.page.screenshot(path=Path(folder) / name)

    def sign_in(self, name: str = "Alice", password: str = people.PASSWORD) -> None:
        self.go_to("/login/")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.main.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda address: "/login/" not in address)

    def navigate(self, name: str) -> None:
        """Follows a link of the visible navigation, which is at the top or bottom of the screen."""
        links = self.page.locator("header, nav").get_by_role("link", name=name, exact=True)
        links.and_(self.page.locator(":visible")).first.click()

    def drop(self, name: str, content: str | bytes) -> None:
        drop_file(self.page, name, content)

    def import_file(self, name: str, content: str) -> str:
        """Uploads and imports a file; returns the address of its result."""
        self.go_to("/import/")
        self.drop(name, content)
        self.page.wait_for_url(CHECKED)
        self.page.get_by_role("button", name=re.compile("^Import")).first.click()
        self.page.wait_for_url(IMPORT)
        expect(self.heading).to_contain_text("new", timeout=30_000)
        return self.page.url

    def open_filters(self) -> None:
        """Opens the filters unless they are open."""
        box = self.page.locator(".filterbox")
        if box.get_attribute("open") is None:
            box.locator("summary").click()


def to_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
